import os
from datetime import datetime

import pytest

from autograder.submissions.collect import collect
from autograder.submissions.folder import read_folder, read_timestamp

SLUG = "ch99_small"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "submitted" / "ada" / SLUG
    made.mkdir(parents=True)
    return made


class TestNotebook:
    def test_the_one_with_the_chapters_name(self, folder):
        (folder / f"{SLUG}.ipynb").write_bytes(b"mine")
        (folder / "old.ipynb").write_bytes(b"old")
        found = read_folder(folder, SLUG)
        assert (found.learner, found.data, found.problem) == ("ada", b"mine", "")

    def test_the_only_one(self, folder):
        (folder / "final.ipynb").write_bytes(b"mine")
        (folder / ".hidden.ipynb").write_bytes(b"not this")
        found = read_folder(folder, SLUG)
        assert found.data == b"mine"
        assert found.note == f"The notebook was called final.ipynb, not {SLUG}.ipynb."

    def test_as_course_grade_finds_it(self, folder, tmp_path):
        (folder / "final.ipynb").write_bytes(b"mine")
        found = read_folder(folder, SLUG)
        (other,) = collect([tmp_path], SLUG)
        assert (found.learner, found.data, found.note) == (other.learner, other.data, other.note)

    def test_none_or_too_many(self, folder):
        assert "no notebook" in read_folder(folder, SLUG).problem
        for name in ("a.ipynb", "b.ipynb"):
            (folder / name).write_bytes(b"x")
        assert "several notebooks (a.ipynb, b.ipynb)" in read_folder(folder, SLUG).problem

    def test_links_pipes_and_folders_are_none(self, folder, tmp_path):
        secret = tmp_path / "secret.ipynb"
        secret.write_bytes(b"secret")
        path = folder / f"{SLUG}.ipynb"
        path.symlink_to(secret)
        assert "is a link" in read_folder(folder, SLUG).problem
        path.unlink()
        os.mkfifo(path)
        assert "not a plain file" in read_folder(folder, SLUG).problem
        path.unlink()
        path.mkdir()
        assert "no notebook in the folder" in read_folder(folder, SLUG).problem

    @pytest.mark.parametrize("link", ["the learner's folder", "the chapter's folder"])
    def test_a_folder_that_is_a_link_is_none(self, folder, tmp_path, link):
        (folder / f"{SLUG}.ipynb").write_bytes(b"ada's")
        stolen = tmp_path / "submitted" / "bob" / SLUG
        if link == "the learner's folder":
            stolen.parent.symlink_to(folder.parent)
        else:
            stolen.parent.mkdir()
            stolen.symlink_to(folder)
        found = read_folder(stolen, SLUG)
        assert (found.data, found.problem[:20]) == (b"", "The folder is a link")


class TestTimestamp:
    def test_is_read_as_nbgrader_does(self, folder):
        (folder / "timestamp.txt").write_text("2026-02-02 15:58:23.948203 UTC\n")
        assert read_timestamp(folder) == datetime(2026, 2, 2, 15, 58, 23, 948203)

    @pytest.mark.parametrize("text", [b"", b"soon", b"\xff", b"9" * 5000, b"99999-01-01"])
    def test_nonsense_is_none(self, folder, text):
        (folder / "timestamp.txt").write_bytes(text)
        assert read_timestamp(folder) is None

    def test_a_link_or_a_pipe_is_none_at_once(self, folder):
        assert read_timestamp(folder) is None
        (folder / "timestamp.txt").symlink_to("/dev/zero")
        assert read_timestamp(folder) is None
        (folder / "timestamp.txt").unlink()
        os.mkfifo(folder / "timestamp.txt")
        assert read_timestamp(folder) is None
