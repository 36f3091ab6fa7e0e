import pytest

from autograder.errors import CourseError
from autograder.learner.hints import next_hints
from autograder.learner.outline import find_exercise
from autograder.learner.progress import read_progress


def test_one_after_the_other_then_all_again(tmp_path):
    embed = find_exercise("embed")
    (first,), note = next_hints(embed, tmp_path)
    assert note == ""
    assert (first.number, first.of, first.is_again) == (1, 2, False)
    assert "one-hot" in first.text
    (second,), _ = next_hints(embed, tmp_path)
    assert (second.number, second.is_again) == (2, False)
    assert second.text != first.text
    again, _ = next_hints(embed, tmp_path)
    assert [one.text for one in again] == [first.text, second.text]
    assert all(one.is_again for one in again)
    kept = read_progress(tmp_path).chapters["ch02_self_attention"].exercises
    assert {name: one.hints for name, one in kept.items()} == {"embed": 2}


def test_a_written_answer_has_none(tmp_path):
    with pytest.raises(CourseError, match="in your own words and has no hints"):
        next_hints(find_exercise("ch02/written"), tmp_path)
    assert not (tmp_path / "progress.json").exists()


def test_where_nothing_can_be_kept_all_are_shown_and_it_is_said(tmp_path, monkeypatch):
    def refused(path, text):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.learner.progress.write_if_changed", refused)
    hints, note = next_hints(find_exercise("embed"), tmp_path)
    assert [(one.number, one.is_again) for one in hints] == [(1, False), (2, False)]
    assert note.startswith(f"This could not be kept in {tmp_path} (Permission denied)")


def test_a_progress_that_cannot_be_read_is_moved_aside_and_it_is_said(tmp_path):
    (tmp_path / "progress.json").write_text("{")
    (first,), note = next_hints(find_exercise("embed"), tmp_path)
    assert first.number == 1
    assert "could not be read" in note
