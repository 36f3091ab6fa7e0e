import pytest

from autograder.errors import CourseError
from autograder.school.filling import ABSENT, UNKNOWN, Filled, Notice
from autograder.school.told import MAX_ABSENT, finish, say, tell


def test_a_file_is_written_and_counted(tmp_path, capsys):
    out = tmp_path / "marks.csv"
    assert finish(Filled(b"a\r\n", 1, ()), out)
    assert out.read_bytes() == b"a\r\n"
    assert capsys.readouterr().out == f"1 mark: {out}\n"
    say(2, tmp_path / "[b]")
    assert capsys.readouterr().out == f"2 marks: {tmp_path / '[b]'}\n"


def test_a_mark_that_is_missing_is_told_apart_from_people_who_were_not_graded(tmp_path, capsys):
    people = Notice(ABSENT, ("Ada", "Bob"), left_out=False)
    assert finish(Filled(b"a", 1, (people,)), tmp_path / "one")
    assert capsys.readouterr().out.endswith(f"{ABSENT}: Ada, Bob.\n")
    assert not finish(Filled(b"a", 1, (Notice(UNKNOWN, ("eve",)), people)), tmp_path / "two")
    assert (tmp_path / "two").is_file()
    assert f"{UNKNOWN}: eve.\n" in capsys.readouterr().out


def test_a_file_without_a_mark_is_not_made(tmp_path, capsys):
    out = tmp_path / "marks.csv"
    with pytest.raises(CourseError, match=r"no mark to write, and .* was not made"):
        finish(Filled(b"a", 0, (Notice(UNKNOWN, ("eve",)),)), out)
    assert not out.exists()
    assert capsys.readouterr().out == f"{UNKNOWN}: eve.\n"


def test_all_learners_are_named_and_the_first_of_others(tmp_path, capsys):
    names = tuple(f"p{n}" for n in range(MAX_ABSENT + 3))
    finish(Filled(b"a", 1, (Notice(ABSENT, names, left_out=False),)), tmp_path / "one")
    assert f"p{MAX_ABSENT - 1}, and 3 more.\n" in capsys.readouterr().out
    finish(Filled(b"a", 1, (Notice(UNKNOWN, names),)), tmp_path / "two")
    assert f"p{MAX_ABSENT + 2}.\n" in capsys.readouterr().out


def test_a_name_is_text_on_one_line(capsys):
    tell("Of", ["[bold]Eve\nAda: 100[/]", "x" * 100])
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("Of: [bold]Eve")
    assert "x" * 61 not in said
