import pytest

from autograder.errors import CourseError
from autograder.learner.hints import next_hints
from autograder.learner.outline import find_exercise
from autograder.learner.progress import read_progress


def test_one_after_the_other_then_all_again(tmp_path):
    embed = find_exercise("embed")
    (first,) = next_hints(embed, tmp_path)
    assert (first.number, first.of, first.is_again) == (1, 2, False)
    assert "one-hot" in first.text
    (second,) = next_hints(embed, tmp_path)
    assert (second.number, second.is_again) == (2, False)
    assert second.text != first.text
    again = next_hints(embed, tmp_path)
    assert [one.text for one in again] == [first.text, second.text]
    assert all(one.is_again for one in again)
    kept = read_progress(tmp_path).chapters["ch02_self_attention"].exercises
    assert {name: one.hints for name, one in kept.items()} == {"embed": 2}


def test_a_written_answer_has_none(tmp_path):
    with pytest.raises(CourseError, match="in your own words and has no hints"):
        next_hints(find_exercise("ch02/written"), tmp_path)
    assert not (tmp_path / "progress.json").exists()
