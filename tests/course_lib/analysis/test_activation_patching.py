import pytest
import torch

from course_lib.analysis.activation_patching import (
    PatchEffects,
    logit_difference,
    patch_heads,
    patch_stream,
)
from course_lib.analysis.module_inputs import module_inputs
from course_lib.analysis.residual_stream import residual_stream
from tests.course_lib.test_decoder import decoder, tokens

TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def pair(changed=2):
    """Texts, and the same texts with another token at one place."""
    clean = tokens()
    corrupt = clean.clone()
    corrupt[:, changed] = (clean[:, changed] + 1) % decoder().cfg.vocab_size
    return clean, corrupt


def gap(clean):
    """Each text has answers of its own."""
    B, V = len(clean), decoder().cfg.vocab_size
    return logit_difference(torch.arange(B) % V, (torch.arange(B) + 3) % V)


def patched_by_hook(model, clean, corrupt, score, layer, position):
    """The score when the stream in front of a block is patched by a hook on that block."""
    given = residual_stream(model, clean)[layer]

    def patch(_, inputs):
        x = inputs[0].clone()
        x[:, position] = given[:, position]
        return (x, *inputs[1:])

    handle = model.blocks[layer].register_forward_pre_hook(patch)
    try:
        with torch.no_grad():
            return score(model(corrupt).logits[:, -1]).mean()
    finally:
        handle.remove()


class TestPatchEffects:
    def test_shares_count_from_the_corrupt_end(self):
        effects = PatchEffects(15.0, -15.0, torch.tensor([[9.0, -15.0], [15.0, 18.0]]))
        torch.testing.assert_close(effects.shares, torch.tensor([[0.8, 0.0], [1.0, 1.1]]))

    def test_without_a_difference_there_are_no_shares(self):
        with pytest.raises(ValueError, match=r"the same score, 2\.0"):
            _ = PatchEffects(2.0, 2.0, torch.zeros(1, 1)).shares


def test_logit_difference_asks_each_text_for_its_own_answers():
    score = logit_difference(torch.tensor([1, 2]), torch.tensor([0, 1]))
    assert score(torch.tensor([[1.0, 4.0, 2.0], [0.0, 3.0, 5.0]])).tolist() == [3, 2]


class TestStream:
    def test_every_place_is_patched_as_by_a_hook(self):
        model, (clean, corrupt) = decoder(), pair()
        score = gap(clean)
        found = patch_stream(model, clean, corrupt, score).patched
        for layer in range(model.cfg.n_layers):
            for position in range(clean.shape[1]):
                want = patched_by_hook(model, clean, corrupt, score, layer, position)
                torch.testing.assert_close(found[layer, position], want, **TIGHT)

    def test_ends_are_the_scores_of_the_texts(self):
        model, (clean, corrupt) = decoder(), pair()
        score = gap(clean)
        found = patch_stream(model, clean, corrupt, score)
        with torch.no_grad():
            wanted = [score(model(text).logits[:, -1]).mean().item() for text in (clean, corrupt)]
        assert [found.clean, found.corrupt] == pytest.approx(wanted, rel=1e-12)

    def test_only_the_changed_place_counts_in_front_and_only_the_last_one_behind(self):
        model, (clean, corrupt) = decoder(), pair(changed=2)
        shares = patch_stream(model, clean, corrupt, gap(clean)).shares
        front, behind = torch.zeros_like(shares[0]), torch.zeros_like(shares[0])
        front[2] = behind[-1] = 1
        torch.testing.assert_close(shares[0], front, rtol=0, atol=1e-10)
        torch.testing.assert_close(shares[-1], behind, rtol=0, atol=1e-10)
        assert shares.shape == (model.cfg.n_layers + 1, clean.shape[1])
        assert (shares[1, :2] == 0).all()  # what comes before the change knows nothing of it
        assert (shares[1, 2:].abs() > 1e-6).all()

    def test_texts_of_other_lengths_are_refused(self):
        clean, corrupt = pair()
        for patch in (patch_stream, patch_heads):
            with pytest.raises(ValueError, match="each pair needs the same number of tokens"):
                patch(decoder(), clean, corrupt[:, :-1], gap(clean))


class TestHeads:
    def test_every_head_is_patched_as_its_part_of_the_layers_sum_is_exchanged(self):
        model, (clean, corrupt) = decoder(), pair()
        score, width = gap(clean), model.cfg.d_head
        found = patch_heads(model, clean, corrupt, score)
        names = [f"blocks.{layer}.attention.to_out" for layer in range(model.cfg.n_layers)]
        handed = [module_inputs(model, names, text) for text in (clean, corrupt)]
        for layer, name in enumerate(names):
            change = handed[0][layer] - handed[1][layer]  # B T HDh
            for head in range(model.cfg.n_heads):
                columns = slice(head * width, (head + 1) * width)
                weight = model.get_submodule(name).weight[:, columns]
                added = change[..., columns] @ weight.T
                hook = model.get_submodule(name).register_forward_hook(
                    lambda _, __, out, added=added: out + added
                )
                with torch.no_grad():
                    want = score(model(corrupt).logits[:, -1]).mean()
                hook.remove()
                torch.testing.assert_close(found.patched[layer, head], want, **TIGHT)
        assert found.patched.unique().numel() == found.patched.numel()

    def test_heads_are_patched_in_the_layer_and_place_that_the_table_says(self):
        model, (clean, corrupt) = decoder(), pair()
        with torch.no_grad():
            for head in (0, 2):  # of the second layer only the second head is heard
                columns = slice(head * model.cfg.d_head, (head + 1) * model.cfg.d_head)
                model.blocks[1].attention.to_out.weight[:, columns] = 0
        found = patch_heads(model, clean, corrupt, gap(clean))
        changed = (found.patched - found.corrupt).abs() > 1e-9
        assert changed.tolist() == [[True] * 3, [False, True, False]]

    def test_all_that_a_single_layer_says_goes_through_its_heads(self):
        # The change is far back, so the last place hears of it through the heads of the one layer
        # alone, and without a feed-forward layer their effects add up in front of the norm.
        model, (clean, corrupt) = decoder(), pair(changed=1)
        model.blocks = model.blocks[:1]
        with torch.no_grad():
            model.blocks[0].feed_forward.to_out.weight.zero_()
            model.blocks[0].feed_forward.to_out.bias.zero_()
        model.final_norm = torch.nn.Identity()
        sizes = model.cfg
        object.__setattr__(sizes, "n_layers", 1)
        found = patch_heads(model, clean, corrupt, gap(clean))
        assert found.patched.shape == (1, 3)
        assert found.shares.sum().item() == pytest.approx(1, rel=1e-9)

    def test_the_model_stays_as_it_is(self):
        model, (clean, corrupt) = decoder(), pair()
        before = model(corrupt).logits
        patch_heads(model, clean, corrupt, gap(clean))
        patch_stream(model, clean, corrupt, gap(clean))
        assert torch.equal(model(corrupt).logits, before)
        assert not any(module._forward_pre_hooks for module in model.modules())
