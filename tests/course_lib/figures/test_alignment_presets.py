"""The alignment explorer's buttons: found in its data."""

from course_lib.figures.alignment_explorer import STATE, AlignmentExplorer
from course_lib.figures.alignment_numbers import align
from course_lib.figures.alignment_presets import at_the_slip, in_two_plans, the_longest
from tests.course_lib.figures.test_alignment_explorer import THREE, TWO, small


def test_presets_are_found_in_the_data():
    presets = small().presets
    assert [each["label"] for each in presets] == [
        "Start",
        "3 letters",
        "A slip",
        "One reader, two plans",
    ]
    assert all(tuple(each["values"]) == STATE for each in presets)
    assert presets[2]["see"].startswith("Letter 2 is “a”, and “b” was due.")
    assert (presets[2]["values"]["example"], presets[2]["values"]["row"]) == (1, 1)
    # 0.625 against 1.0 at gap 4 is more than 0.5 against 0.75 at gap 8.
    assert (presets[3]["values"]["readers"], presets[3]["values"]["gap"]) == (["LSTM"], 4)
    assert "at a gap of 4: 0.63 with mixed, 1.00 with in order." in presets[3]["see"]


def test_what_is_not_in_the_data_has_no_preset():
    figure = AlignmentExplorer([TWO], {"LSTM": [(4, 0.5)]})
    assert [each["label"] for each in figure.presets] == ["Start"]


def test_the_longest_need_not_be_the_last():
    preset = the_longest([["a"], ["a", "b", "c"], ["a", "b"]])
    assert preset is not None
    assert preset.label == "3 letters"
    assert preset.values == {"example": 1, "row": 0}


def test_the_slip_is_the_first_of_the_longest_example_that_has_one():
    weights = THREE["weights"].numpy()
    expected = [["b", "a"], ["c", "b", "a"], ["d", "c", "b", "a"]]
    produced = [["a", "a"], ["c", "a", "b"], ["d", "c", "b", "a"]]
    numbers = [
        align(due, wrote, weights[: len(due), : len(due)])
        for due, wrote in zip(expected[:2], produced[:2], strict=True)
    ]
    numbers.append(align(expected[2], produced[2], weights.repeat(2, axis=0)[:4]))
    preset = at_the_slip(expected, produced, numbers)
    assert preset is not None
    assert preset.values == {"example": 1, "row": 1}


def test_plans_are_compared_at_gaps_that_both_have():
    lines = [
        {"reader": "A", "plan": "x", "points": [[4, 0.5], [8, 0.0]]},
        {"reader": "A", "plan": "y", "points": [[4, 0.75], [16, 1.0]]},
        {"reader": "B", "plan": "x", "points": [[4, 0.0]]},
    ]
    preset = in_two_plans(lines)
    assert preset is not None
    assert preset.values == {"readers": ["A"], "gap": 4}
    assert in_two_plans(lines[1:]) is None
