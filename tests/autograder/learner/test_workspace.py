import pytest

from autograder.errors import CourseError
from autograder.files import COURSE, Course
from autograder.learner import workspace
from autograder.learner.workspace import Chosen, Workspace, default_folder


def test_copies_every_notebook_and_never_over_what_is_there(tmp_path):
    folder = tmp_path / "mine"
    copied = Workspace(folder).make()
    assert all(one.is_new for one in copied)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in COURSE.notebooks.glob("*.ipynb"))
    for path in folder.iterdir():
        assert path.read_bytes() == (COURSE.notebooks / path.name).read_bytes()
    (folder / "ch02_self_attention.ipynb").write_text("my work")
    (folder / "ch01_why_attention.ipynb").unlink()
    again = {one.path.name: one.is_new for one in Workspace(folder).make()}
    assert [name for name, is_new in again.items() if is_new] == ["ch01_why_attention.ipynb"]
    assert (folder / "ch02_self_attention.ipynb").read_text() == "my work"


def test_a_notebook_is_the_learners_copy_or_the_courses_own(tmp_path):
    mine = Workspace(tmp_path)
    assert mine.notebook("ch02_x") == COURSE.notebooks / "ch02_x.ipynb"
    (tmp_path / "ch02_x.ipynb").touch()
    assert mine.notebook("ch02_x") == tmp_path / "ch02_x.ipynb"


class TestChosen:
    @pytest.fixture
    def mine(self, tmp_path):
        Workspace(tmp_path).make()
        return Workspace(tmp_path)

    def test_a_chapter_is_the_notebook_of_its_name(self, mine):
        path = mine.folder / "ch02_self_attention.ipynb"
        assert mine.chosen("ch02") == Chosen(path, "ch02_self_attention")
        assert mine.chosen("ch02_self_attention") == mine.chosen("ch02")

    def test_a_path_is_itself_whatever_it_is_called(self, mine, tmp_path):
        path = tmp_path / "müller, 2. versuch.ipynb"
        (mine.folder / "capstone_mini_gpt.ipynb").rename(path)
        assert mine.chosen(str(path)) == Chosen(path, "capstone")

    def test_a_path_without_ids_is_known_by_its_name(self, mine):
        path = mine.folder / "ch02_self_attention.ipynb"
        path.write_text('{"cells": [{"cell_type": "code", "source": "1"}], "nbformat": 4}')
        assert mine.chosen(str(path)) == Chosen(path, "ch02_self_attention")

    def test_copies_that_are_not_read_are_named(self, mine):
        for name in ("ch02_self_attention-Copy1", "ada_ch02"):
            (mine.folder / f"{name}.ipynb").touch()
        assert mine.chosen("ch02").remark == (
            f"Not read: ada_ch02.ipynb, ch02_self_attention-Copy1.ipynb in {mine.folder}. "
            "To have one read, give its path in place of the chapter."
        )
        assert mine.chosen("ch03").remark == ""

    def test_that_the_courses_own_notebook_is_read_is_said(self, mine):
        (mine.folder / "ch02_self_attention.ipynb").rename(mine.folder / "ch02_mine.ipynb")
        chosen = mine.chosen("ch02")
        assert chosen.path == COURSE.notebooks / "ch02_self_attention.ipynb"
        assert chosen.remark.startswith(
            f"There is no ch02_self_attention.ipynb in {mine.folder}; the one in "
            f"{COURSE.notebooks} is read. `course start` makes your own. Not read: ch02_mine.ipynb"
        )

    @pytest.mark.parametrize(
        ("what", "told"),
        [
            ("ch77", "There is no chapter 'ch77'; there are ch01, "),
            ("none.ipynb", r"^There is no none\.ipynb\.$"),
            ("pytorch_refresher", "is an appendix, without points"),
            ("there/pytorch_refresher.ipynb", "is an appendix, without points"),
        ],
    )
    def test_what_is_none_is_refused(self, mine, what, told):
        with pytest.raises(CourseError, match=told):
            mine.chosen(what)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", r"odd\.ipynb cannot be read\. The file is empty"),
            ("[", r"odd\.ipynb cannot be read\. The file is not valid JSON"),
            (
                '{"cells": [{"cell_type": "code", "source": "1"}], "nbformat": 4}',
                "does not say of which chapter it is",
            ),
        ],
    )
    def test_what_is_no_notebook_of_the_course_is_refused(self, mine, text, told):
        (mine.folder / "odd.ipynb").write_text(text)
        with pytest.raises(CourseError, match=told):
            mine.chosen(str(mine.folder / "odd.ipynb"))


def test_a_file_in_the_way_and_a_course_without_notebooks_are_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="file is a file; give another folder"):
        Workspace(tmp_path / "file").make()
    monkeypatch.setattr(workspace, "notebook_slugs", lambda: [])
    monkeypatch.setattr(workspace, "COURSE", Course(tmp_path))
    with pytest.raises(CourseError, match="no notebooks in"):
        Workspace(tmp_path / "folder").make()
    assert not (tmp_path / "folder").exists()
    assert default_folder() == tmp_path / "workspace"
