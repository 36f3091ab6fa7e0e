import pytest
import torch

from course_lib.models.recall_mixers import MixingLayer, MixingReader, build_mixer

B, T, D, N = 2, 7, 8, 4


def mixer(kind, n_states=N):
    built, generator = build_mixer(kind, D, n_states), torch.Generator().manual_seed(0)
    for parameter in built.parameters():
        torch.nn.init.normal_(parameter, std=0.5, generator=generator)
    return built


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", ["attention", "linear", "scan"])
def test_later_positions_do_not_matter(kind):
    layer = MixingLayer(D, mixer(kind))
    x = rand(B, T, D)
    before = layer(x)
    x[:, -1] = 9.0 * rand(B, D, seed=1)
    after = layer(x)
    torch.testing.assert_close(before[:, :-1], after[:, :-1])
    assert not torch.allclose(before[:, -1], after[:, -1])


def test_a_scan_is_a_loop_over_channels_and_numbers():
    scan, x = mixer("scan"), rand(B, T, D)
    heard, gate = scan.to_parts(x).chunk(2, dim=-1)
    into, out_of = scan.to_B_and_C(x).chunk(2, dim=-1)
    delta = torch.log1p(scan.to_delta(x).exp())
    read = torch.zeros_like(x)
    for b in range(B):
        for d in range(D):
            for n in range(N):
                h = 0.0
                for t in range(T):
                    h = h * torch.exp(-delta[b, t, d] * scan.log_rates[d, n].exp())
                    h = h + delta[b, t, d] * into[b, t, n] * heard[b, t, d]
                    read[b, t, d] = read[b, t, d] + out_of[b, t, n] * h
    want = scan.to_out((read + scan.skip * heard) * gate * gate.sigmoid())
    torch.testing.assert_close(scan(x), want)


def test_the_number_of_parameters_of_linear_attention_does_not_depend_on_its_state():
    sizes = {sum(p.numel() for p in mixer("linear", n).parameters()) for n in (1, 2, 4, 8)}
    assert len(sizes) == 1


def test_a_reader_repeats_with_the_seed():
    first, second, other = (
        MixingReader(
            ("linear", "scan"),
            vocab_size=9,
            n_answers=3,
            d_model=D,
            n_states=N,
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (1, 1, 2)
    )
    token_ids = torch.randint(9, (B, T), generator=torch.Generator().manual_seed(0))
    assert first(token_ids).shape == (B, 3)
    assert torch.equal(first(token_ids), second(token_ids))
    assert not torch.equal(first.table, other.table)


def test_heads_fit_the_stream():
    with pytest.raises(ValueError, match="not a multiple"):
        build_mixer("linear", D, 3)
