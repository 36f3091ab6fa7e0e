import errno
import subprocess
import sys

import pytest

from autograder.files import (
    COURSE,
    appendix_slugs,
    chapter_slugs,
    executed_slugs,
    load_exercises,
    remove_temporary,
    unfinished,
    write_if_changed,
    write_in_one_step,
)
from tests.autograder.small_course import SLUG, make_course


def test_the_course_stands_in_this_repository():
    assert (COURSE.root / "pyproject.toml").is_file()
    assert COURSE.solutions.is_dir()
    assert COURSE.chapters.parent == COURSE.book
    assert COURSE.executed.is_relative_to(COURSE.root / "_build")


def test_exercises_are_loaded_by_slug():
    for slug in chapter_slugs():
        assert load_exercises(slug).slug == slug


def test_slugs_are_sorted_and_other_files_left_out(tmp_path):
    course = make_course(tmp_path)
    for name in ("capstone_a.md", "ch02_b.md", "notes.md", "ch1_a.md"):
        (course.solutions / name).write_text("")
    assert chapter_slugs(course) == ["ch02_b", SLUG, "capstone_a"]


def test_live_pages_are_executed_after_the_chapters(tmp_path):
    course = make_course(tmp_path)
    assert executed_slugs(course) == [SLUG]
    course.live.mkdir()
    for name in ("b.md", "a.md", "data.json"):
        (course.live / name).write_text("")
    assert executed_slugs(course) == [SLUG, "a", "b"]
    assert chapter_slugs(course) == [SLUG]


def test_appendices_are_executed_last(tmp_path):
    course = make_course(tmp_path)
    assert appendix_slugs(course) == []
    for folder, name in ((course.appendices, "a"), (course.appendices, "0"), (course.live, "z")):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text("")
    assert appendix_slugs(course) == ["0", "a"]
    assert executed_slugs(course) == [SLUG, "z", "0", "a"]


def test_listing_chapters_does_not_wait_for_torch():
    code = "import sys, autograder.files as f; f.chapter_slugs(); print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_a_file_that_says_the_same_is_left_alone(tmp_path):
    path = tmp_path / "new" / "file"
    assert write_if_changed(path, "é\n")
    before = path.stat().st_mtime_ns
    assert not write_if_changed(path, "é\n")
    assert path.stat().st_mtime_ns == before
    assert write_if_changed(path, "e\n")
    assert path.read_text() == "e\n"


def test_nothing_is_left_when_writing_fails(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_if_changed(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_file_in_one_step_in_a_new_folder_and_nothing_beside_it(tmp_path):
    path = tmp_path / "deep" / "book.pdf"
    for data in (b"first", b"\r\n\xff"):
        write_in_one_step(path, data)
        assert path.read_bytes() == data
        assert path.stat().st_mode & 0o777 == 0o644
        assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "book.pdf"
    path.write_bytes(b"old")
    monkeypatch.setattr("os.chmod", full)  # when the data are written, before the name is given
    with pytest.raises(OSError, match="No space left"):
        write_in_one_step(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_who_write_the_same_file_do_not_meet(tmp_path):
    path = tmp_path / "marks.csv"
    with unfinished(path, b"first") as first, unfinished(path, b"second") as second:
        assert first != second
        assert not path.exists()
        assert (first.read_bytes(), second.read_bytes()) == (b"first", b"second")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    for name in (".ada.json.x3.tmp", "ada.json", "ada.tmp", ".ada"):
        (tmp_path / name).write_text("half")
    remove_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ada", "ada.json", "ada.tmp"]
    remove_temporary(tmp_path / "nowhere")
