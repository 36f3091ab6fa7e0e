"""The drills of the workshop on LoRA and quantization: answers pass, mistakes are named."""

import pytest

from tests.book.drill_page import DrillPage

PAGE = DrillPage("lora_and_quantization")
DRILLS = (
    "n_adapter_numbers",
    "merged_weight",
    "share_kept",
    "round_in_groups",
    "bits_a_weight",
    "training_bytes",
)

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES = {
    "n_adapter_numbers": [
        ("rank * (d_in + d_out)", "d_in * d_out", "of the matrices themselves"),
        ("rank * (d_in + d_out)", "rank * d_in * d_out", "the widths were multiplied"),
        ("(d_in + d_out)", "d_in", "only the matrices into the narrow place"),
        ("(d_in + d_out)", "d_out", "only the matrices out of the narrow place"),
        ("rank * (d_in + d_out)", "d_in + d_out", "the rank was left out"),
    ],
    "merged_weight": [
        ("change.mT", "change", "lies the wrong way round"),
        ("scale * (down @ up)", "down @ up", "the change was not scaled"),
        ("weight + change.mT", "weight", "the change was not added"),
        ("weight + change.mT", "weight.add_(change.mT)", "the argument itself was changed"),
    ],
    "share_kept": [
        (".square()", "", "length counts by their squares"),
        ("squares[:rank]", "squares[rank:]", "the share that is lost"),
        (" / squares.sum()", "", "not its share"),
        (").item()", ").sqrt().item()", "asked for is that of the squared length"),
    ],
    "round_in_groups": [
        ("(-1, n_per_scale)", "(1, -1)", "the whole row shared one scale"),
        ("(2 ** (n_bits - 1) - 1)", "2 ** (n_bits - 1)", "became 8"),
        ("(2 ** (n_bits - 1) - 1)", "(2**n_bits - 1)", "became 15"),
        ("(groups / step).round()", "(groups / step + 1e-4).floor()", "it was rounded down"),
        (".round() * step", ".round()", "these are the whole numbers"),
        ("(groups / step).round()", "(groups / step)", "nothing was rounded"),
        (".abs()", "", "take sizes"),
    ],
    "bits_a_weight": [
        (" / n_per_scale", "", "each weight was given a whole scale"),
        (" + scale_bits / n_per_scale", "", "the scales were left out"),
        (
            "n_bits + scale_bits / n_per_scale",
            "(n_bits + scale_bits) / n_per_scale",
            "the bits of the weight were shared out as well",
        ),
    ],
    "training_bytes": [
        (" / 8", "", "bits were taken for bytes"),
        ("n_frozen * frozen_bits / 8", "n_frozen * 16", "the frozen numbers were counted with"),
        ("16 * n_trained", "n_trained * frozen_bits / 8", "as if they were frozen"),
        (" + 16 * n_trained", "", "the trained numbers were left out"),
        ("16 * n_trained", "8 * 16 * n_trained", "16 bytes were turned into bits"),
    ],
}


def test_there_are_six_drills_and_each_has_typical_mistakes() -> None:
    assert tuple(PAGE.answers) == DRILLS
    assert all(len(MISTAKES[drill]) >= 3 for drill in DRILLS)


@pytest.mark.parametrize("drill", DRILLS)
def test_the_answer_passes(drill: str) -> None:
    assert PAGE.check(drill, PAGE.answers[drill]) == ""


@pytest.mark.parametrize("drill", DRILLS)
def test_the_stub_says_what_to_do(drill: str) -> None:
    with pytest.raises(NotImplementedError, match=f"^write {drill}, then run this cell"):
        PAGE.check(drill, PAGE.stub(drill))


@pytest.mark.parametrize(
    ("drill", "right", "wrong", "words"),
    [(drill, *mistake) for drill, found in MISTAKES.items() for mistake in found],
)
def test_a_mistake_is_named(drill: str, right: str, wrong: str, words: str) -> None:
    assert words in PAGE.check(drill, PAGE.with_mistake(drill, right, wrong))


@pytest.mark.parametrize("drill", DRILLS)
def test_a_drill_has_a_statement_with_two_folded_hints_and_is_named_at_the_top(drill: str) -> None:
    statement = PAGE.statement(drill)
    assert f"### Drill: `{drill}`" in statement
    assert statement.count(":::{dropdown} Hint 1") == statement.count(":::{dropdown} Hint 2") == 1
    assert PAGE.cells[0].source.count(f"`{drill}`") == 1


def test_the_answers_agree_with_the_library() -> None:
    names: dict[str, object] = {}
    drills = ("merged_weight", "n_adapter_numbers", "round_in_groups", "bits_a_weight")
    for code in (PAGE.cells[1].source, *(PAGE.answers[drill] for drill in drills), AGREEMENT):
        exec(code, names)


AGREEMENT = """
from course_lib.kernels.quantization import dequantize_int4, quantize_int4
from course_lib.training.low_rank import LowRankLinear

own = torch.Generator().manual_seed(0)
layer = LowRankLinear(nn.Linear(64, 8, bias=False), 3, 0.5, own)
layer.up.data = torch.randn(3, 8, generator=own)
merged = merged_weight(layer.base.weight, layer.down, layer.up, layer.scale)
torch.testing.assert_close(merged, layer.merged().weight)
assert n_adapter_numbers([(64, 8)], 3) == layer.down.numel() + layer.up.numel()

weight = torch.randn(8, 64, generator=own)
kept = quantize_int4(weight, 16)
torch.testing.assert_close(round_in_groups(weight, 4, 16), dequantize_int4(kept))
n_bits = 8 * (kept.packed.nbytes + kept.scale.nbytes)
assert n_bits == bits_a_weight(4, 16, 32) * weight.numel()
"""
