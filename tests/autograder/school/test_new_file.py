import errno

import pytest

from autograder.errors import CourseError
from autograder.school import new_file
from autograder.school.new_file import refuse_old, write_new, write_new_folder


def test_a_new_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "deep" / "marks.csv"
    write_new(path, b"\xef\xbb\xbfa\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbfa\r\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["marks.csv"]


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "marks.csv"
    path.write_bytes(b"old")
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "nowhere")
    for one in (path, link, tmp_path):
        with pytest.raises(CourseError, match="nothing is overwritten"):
            write_new(one, b"new")
        with pytest.raises(CourseError, match="nothing is overwritten"):
            write_new_folder(one, {})
    assert path.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.csv", "marks.csv"]
    refuse_old(tmp_path / "new.csv")


def test_a_file_that_comes_meanwhile_stays(tmp_path, monkeypatch):
    path = tmp_path / "marks.csv"
    monkeypatch.setattr(new_file, "refuse_old", lambda _: path.write_bytes(b"theirs"))
    with pytest.raises(CourseError, match="made by somebody else meanwhile"):
        write_new(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["marks.csv"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_links(tmp_path, monkeypatch, number):
    def no_links(*_):
        raise OSError(number, "no links")

    monkeypatch.setattr("os.link", no_links)
    path = tmp_path / "marks.csv"
    write_new(path, b"ours")
    assert path.read_bytes() == b"ours"
    with pytest.raises(CourseError, match="nothing is overwritten"):
        write_new(path, b"again")
    assert [one.name for one in tmp_path.iterdir()] == ["marks.csv"]


def test_a_file_that_cannot_be_finished_is_not_there(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.chmod", full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path / "marks.csv", b"ours")
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder(tmp_path):
    write_new_folder(tmp_path / "results", {"ada.json": b"1", "bob.json": b"2"})
    assert {one.name: one.read_bytes() for one in (tmp_path / "results").iterdir()} == {
        "ada.json": b"1",
        "bob.json": b"2",
    }
    assert [one.name for one in tmp_path.iterdir()] == ["results"]


def test_a_folder_that_cannot_be_finished_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_new_folder(tmp_path / "results", {"ada.json": b"1", "no/such/folder.json": b"2"})
    assert list(tmp_path.iterdir()) == []
