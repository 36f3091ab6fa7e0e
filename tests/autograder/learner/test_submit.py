import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.errors import CourseError
from autograder.learner.submit import ReadyToHandIn, look_over, own_name, pack
from autograder.submissions.collect import collect
from tests.autograder.small_chapter import SOLUTIONS


@pytest.fixture
def mine(tmp_path, hand_in):
    def write(edit=None, **changes):
        path = tmp_path / "mine.ipynb"
        path.write_bytes(hand_in(edit, **changes))
        return path

    return write


def test_nothing_is_missing_from_what_is_answered(small, mine):
    ready = look_over(mine(), small)
    assert (ready.missing, ready.repairs) == ((), ())
    assert ready.data == mine().read_bytes()


def test_what_was_left_as_handed_out_or_emptied_is_missing(small, mine):
    stubs = {name: small.by_grade_id[f"ch99_{name}"].source for name in SOLUTIONS}
    assert look_over(mine(**stubs), small).missing == ("Double", "Largest", "In words")
    assert look_over(mine(double="\n"), small).missing == ("Double",)


def test_extra_credit_is_never_missing(mine, small, monkeypatch):
    monkeypatch.setattr(small.chapter.exercise("double"), "bonus", True)
    assert look_over(mine(double=""), small).missing == ()


def test_what_the_grader_will_mend_is_said(small, mine):
    def lose(notebook):
        notebook.cells = [c for c in notebook.cells if c.id != "ch99_double"]

    ready = look_over(mine(lose), small)
    assert ready.missing == ("Double",)
    assert ready.repairs == (
        "The cell of double is missing; any code cell that defines double does in its place.",
    )


def test_what_the_grader_cannot_read_is_not_packed(small, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(CourseError, match=r"cannot be handed in\. The file is a zip archive"):
        look_over(path, small)
    with pytest.raises(CourseError, match="cannot be handed in"):
        look_over(tmp_path / "none.ipynb", small)


def test_another_chapters_notebook_is_not_packed(small, mine):
    def exchange(notebook):
        notebook.cells = [new_code_cell("1", metadata={"nbgrader": {"grade_id": "ch02_embed"}})]

    with pytest.raises(CourseError, match=r"cannot be handed in\. This is a notebook of ch02, not"):
        look_over(mine(exchange), small)


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(CourseError, match="out is a file; give a folder with --out"):
        pack(ReadyToHandIn(b"{}", (), ()), "ch99_small", "ada", tmp_path / "out")


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "Zoë", "Zoe\u0308", "ch99_small"])
def test_the_grader_takes_the_archive_for_the_learners(small, mine, tmp_path, name):
    ready = look_over(mine(), small)
    path = pack(ready, small.slug, name, tmp_path / "out")
    assert path.parent == tmp_path / "out"
    (handed_in,) = collect([path], small.slug)
    assert handed_in.data == ready.data
    assert handed_in.problem == ""
    assert Path(handed_in.learner).name == handed_in.learner
    again = path.read_bytes()
    assert pack(ready, small.slug, name, tmp_path / "out").read_bytes() == again
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("name", ["../ada", "a/b", "", ".ada", "x" * 100])
def test_a_name_that_is_none_for_a_file_is_refused(tmp_path, name):
    with pytest.raises(CourseError, match="cannot name a file everywhere"):
        pack(ReadyToHandIn(b"{}", (), ()), "ch99_small", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_several_archives_in_a_folder_unpacked_stay_apart(small, mine, tmp_path):
    ready = look_over(mine(), small)
    for name in ("ada", "bob"):
        with zipfile.ZipFile(pack(ready, small.slug, name, tmp_path)) as archive:
            archive.extractall(tmp_path / "class")
    assert collect([tmp_path / "class"], small.slug).learners == ("ada", "bob")


def test_what_cannot_be_read_back_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.submissions.collect.collect", lambda paths, slug: [])
    with pytest.raises(CourseError, match="could not be read back"):
        pack(ReadyToHandIn(b"{}", (), ()), "ch99_small", "ada", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert own_name() == "ada"

    def nobody():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    with pytest.raises(CourseError, match="give one with --name"):
        own_name()
