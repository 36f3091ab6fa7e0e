"""The residual stream of a decoder, part by part."""

import pytest
import torch

from course_lib.analysis.stream_trace import part_name, trace_stream
from course_lib.decoder import build_decoder

L, T, D, H, F, V = 3, 7, 12, 2, 20, 11  # all different, so that a swapped axis cannot pass


def decoder(positions="rotary"):
    model = build_decoder(
        vocab_size=V, d_model=D, n_heads=H, n_layers=L, d_ff=F, positions=positions, spread=0.4
    )
    return model.double()


def tokens():
    return torch.randint(V, (T,), generator=torch.Generator().manual_seed(1))


def by_hooks(model, token_ids, off):
    """Compute the logits with the parts in question replaced by zeros, from outside."""
    kinds = ("attention", "feed_forward")
    handles = []
    for part in off:
        module = getattr(model.blocks[part // 2], kinds[part % 2])
        handles.append(module.to_out.register_forward_hook(lambda _m, _i, out: out * 0))
    with torch.no_grad():
        logits = model(token_ids[None]).logits[0]
    for handle in handles:
        handle.remove()
    return logits


class TestStreams:
    @pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned", "rotary", "alibi"])
    def test_the_last_stage_gives_the_logits_of_the_decoder(self, positions):
        model, token_ids = decoder(positions), tokens()
        trace = trace_stream(model, token_ids)
        torch.testing.assert_close(
            trace.logits[-1], by_hooks(model, token_ids, ()), rtol=1e-12, atol=1e-12
        )
        assert trace.streams.shape == (2 * L + 1, T, D)
        assert trace.additions.shape == (2 * L, T, D)
        assert trace.logits.shape == (2 * L + 1, T, V)

    def test_each_part_adds_to_the_stage_before(self):
        model, token_ids = decoder(), tokens()
        trace = trace_stream(model, token_ids)
        assert torch.equal(trace.streams[0], model.embedding.weight[token_ids])
        steps = trace.streams[1:] - trace.streams[:-1]
        torch.testing.assert_close(steps, trace.additions, rtol=1e-12, atol=1e-12)
        assert trace.additions.norm(dim=-1).min() > 0

    def test_the_lens_reads_as_the_model_reads_its_last_stage(self):
        model, token_ids = decoder(), tokens()
        trace = trace_stream(model, token_ids)
        stage, place = 3, 5
        x = trace.streams[stage, place]
        centred = x - x.mean()
        normal = centred / (centred.square().mean() + model.final_norm.eps).sqrt()
        readable = normal * model.final_norm.gain + model.final_norm.bias
        want = torch.stack([readable @ row for row in model.embedding.weight])
        torch.testing.assert_close(trace.logits[stage, place], want, rtol=1e-12, atol=1e-12)


class TestCosines:
    def test_they_are_those_of_the_angles(self):
        trace = trace_stream(decoder(), tokens())
        part, place = 4, 2
        found, added = trace.streams[part, place], trace.additions[part, place]
        want = sum(a * b for a, b in zip(found.tolist(), added.tolist(), strict=True))
        want /= found.norm().item() * added.norm().item()
        assert trace.cosines()[part, place].item() == pytest.approx(want, abs=1e-12)

    def test_nothing_has_the_cosine_0(self):
        trace = trace_stream(decoder(), tokens(), off=[1])
        assert torch.equal(trace.cosines()[1], torch.zeros(T, dtype=torch.double))


class TestSwitchingOff:
    @pytest.mark.parametrize("off", [(0,), (3,), (5,), (0, 2, 4), (1, 3, 5)])
    def test_what_comes_out_is_what_a_decoder_without_them_says(self, off):
        model, token_ids = decoder(), tokens()
        trace = trace_stream(model, token_ids, off)
        torch.testing.assert_close(
            trace.logits[-1], by_hooks(model, token_ids, off), rtol=1e-12, atol=1e-12
        )
        for part in off:
            assert not trace.additions[part].any()
            assert torch.equal(trace.streams[part + 1], trace.streams[part])

    def test_nothing_changes_before(self):
        model, token_ids = decoder(), tokens()
        whole, without = trace_stream(model, token_ids), trace_stream(model, token_ids, (3,))
        assert torch.equal(whole.streams[:4], without.streams[:4])
        assert not torch.equal(whole.additions[4], without.additions[4])

    def test_without_all_attention_words_do_not_know_of_each_other(self):
        model, token_ids = decoder(), tokens()
        before = trace_stream(model, token_ids, (0, 2, 4)).logits[:, -1]
        changed = token_ids.clone()
        changed[:-1] = (changed[:-1] + 1) % V
        after = trace_stream(model, changed, (0, 2, 4)).logits[:, -1]
        torch.testing.assert_close(before, after, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("part", [-1, 6])
    def test_a_part_that_is_not_there(self, part):
        with pytest.raises(ValueError, match=f"no part {part}: the decoder has 6, counted from 0"):
            trace_stream(decoder(), tokens(), [2, part])


def test_names_count_blocks_from_1():
    assert [part_name(part) for part in range(4)] == [
        *("attention 1", "feed-forward 1", "attention 2", "feed-forward 2"),
    ]
