import pytest

from autograder.errors import CourseError
from autograder.files import COURSE, Course
from autograder.learner import workspace
from autograder.learner.workspace import Workspace, default_folder


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
