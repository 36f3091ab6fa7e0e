import pytest
import torch

from course_lib.own_gpt import chapter_functions
from course_lib.own_gpt.parameters import nothing_yet, params_from_seed
from course_lib.own_gpt.reference_model import reference_gpt
from course_lib.own_gpt.stand_ins import (
    FACTOR,
    OF_THE_GPT,
    counted_parts,
    parts_for,
    reference_parts,
    turned_parts,
)

H = 2
PARAMS = params_from_seed(1, vocab_size=9, d_model=8, n_heads=H, n_layers=1, d_ff=5)
TEXT = torch.tensor([[3, 1, 4]])


def read(parts, n_tokens=3):
    return parts.gpt(TEXT[:, :n_tokens], PARAMS, nothing_yet(PARAMS, 1, H), H, parts)


def test_every_part_is_the_librarys():
    parts = reference_parts()
    assert parts.rms_norm is chapter_functions.rms_norm
    assert parts.gpt.__wrapped__ is reference_gpt
    assert torch.equal(read(parts)[0], reference_gpt(TEXT, PARAMS, nothing_yet(PARAMS, 1, H), H)[0])


@pytest.mark.parametrize("name", OF_THE_GPT)
def test_functions_of_the_gpt_insist_on_the_parts(name):
    with pytest.raises(TypeError, match="was not given the parts, its last argument"):
        OF_THE_GPT[name](TEXT, PARAMS, 3)


@pytest.mark.parametrize("name", OF_THE_GPT)
def test_a_part_that_is_being_written_and_those_behind_it_are_not_there(name):
    parts, order = parts_for(name), list(OF_THE_GPT)
    for other in order:
        if order.index(other) < order.index(name):
            assert getattr(parts, other) is OF_THE_GPT[other]
        else:
            with pytest.raises(ValueError, match=f"parts.{other} is not there yet"):
                getattr(parts, other)()


def test_what_is_no_part_may_use_all():
    assert parts_for("train") == reference_parts()


def test_altered_parts_give_more():
    parts = parts_for("train", ["rms_norm", "causal_mask", "adamw_step", "lr_at", "embed"])
    x, gain = torch.randn(2, 4), torch.ones(4)
    torch.testing.assert_close(
        parts.rms_norm(x, gain, 0.1), FACTOR * chapter_functions.rms_norm(x, gain, 0.1)
    )
    assert parts.causal_mask(2, 3).all()
    assert parts.lr_at(2, 2, 10, 1.0, 0.0) == FACTOR
    moved, (mean, _, n_updates) = parts.adamw_step(
        gain, gain, (0 * gain, 0 * gain, 4), (0.0, 0.5, 0.5, 1.0, 0.0)
    )
    assert moved.tolist() == [FACTOR] * 4
    assert mean.tolist() == [FACTOR / 2] * 4
    assert n_updates == 5
    assert parts.swiglu is chapter_functions.swiglu


def test_lists_and_dicts_are_altered_too():
    parts = parts_for("train", ["clip_by_global_norm", "update"])
    assert parts.clip_by_global_norm([torch.ones(1)], 9.0)[0].item() == FACTOR
    one = {"a": torch.ones(1)}
    moved, _ = parts.update(
        one, [torch.ones(1)], {"a": (*one.values(), *one.values(), 1)}, 0.0, parts
    )
    assert moved["a"].item() == FACTOR


def test_an_unknown_part_cannot_be_altered():
    with pytest.raises(ValueError, match="there is no part 'attention'"):
        parts_for("gpt", ["attention"])


def test_a_counted_model_reads_so_many_tokens_and_no_more():
    parts = counted_parts(5)
    assert torch.equal(read(parts)[0], read(reference_parts())[0])
    read(parts, 2)
    with pytest.raises(ValueError, match="to read 6 tokens where 5 are enough"):
        read(parts, 1)


def test_a_turned_model_has_the_wrong_sign():
    assert torch.equal(read(turned_parts())[0], -read(reference_parts())[0])
