import re

from autograder.exercises.ch06_training.written import exercise
from autograder.source import read_text_notebook
from course_lib.checkpoints.alignment_runs import recorded_curves


def test_the_rubric_has_three_to_five_criteria_worth_ten_points():
    assert 3 <= len(exercise.rubric) <= 5
    assert sum(criterion.points for criterion in exercise.rubric) == exercise.points == 10
    assert all(criterion.sentence.endswith(".") for criterion in exercise.rubric)


def test_the_model_answer_says_what_was_measured():
    answer = next(
        cell.source
        for cell in read_text_notebook("ch06_training").cells
        if "### BEGIN SOLUTION\nWanted was" in cell.source
    )
    free, short = recorded_curves(0.0), recorded_curves(0.5)

    [quoted] = re.findall(r"“([^”]+)”|\"([^\"]+)\"", answer)
    assert "".join(quoted) in [curve.example for curve in free]
    assert "from about −5 to about +7" in answer
    assert all(-7 < curve.reward[0] < -4 and 6 < curve.reward[-1] < 8 for curve in free)
    assert "from about 0.3 to 0.8 within the first ten rounds" in answer
    assert all(0.2 < curve.wanted[0] < 0.4 for curve in free)
    assert all(0.7 < max(curve.wanted[:10]) < 0.85 for curve in free)
    assert "to 0.27 in one run and to nothing in the other two" in answer
    assert sorted(round(curve.wanted[-1], 2) for curve in free) == [0, 0, 0.27]
    assert all(curve.wanted[-1] < curve.wanted[0] for curve in free)
    assert "less than five nats" in answer
    assert max(max(curve.kl) for curve in short) < 5
    assert "the score ends at about 4" in answer
    assert all(3 < curve.reward[-1] < 5 for curve in short)
    assert "0.55 to 0.68" in answer
    kept = sorted(round(curve.wanted[-1], 2) for curve in short)
    assert (kept[0], kept[-1]) == (0.55, 0.68)
