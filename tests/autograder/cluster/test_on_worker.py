import io
import os
import stat
import zipfile

import pytest

from autograder.cluster.on_worker import FOLDER, digest_of, put_in_place
from autograder.cluster.shipping import pack

FILES = {"course/a.py": b"A = 1\n", "course/deep/b.json": b"{}"}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / FOLDER


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_course_lies_under_its_hash_for_everybody_to_read(cache, tmp_path):
    before = os.umask(0o077)
    try:
        folder = put_in_place(*pack(FILES), str(tmp_path))
    finally:
        os.umask(before)
    assert folder == str(cache / pack(FILES)[1])
    assert contents(cache / folder) == FILES
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (cache / folder).rglob("*")}
    assert modes == {"course": 0o755, "deep": 0o755, "a.py": 0o644, "b.json": 0o644}


def test_it_is_unpacked_once(cache, tmp_path):
    archive, digest = pack(FILES)
    folder = cache / put_in_place(archive, digest, str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert put_in_place(b"no archive", digest, str(tmp_path)) == str(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("damage", ["changed", "removed", "added"])
def test_what_was_changed_there_is_put_right(cache, tmp_path, damage):
    folder = cache / put_in_place(*pack(FILES), str(tmp_path))
    path = folder / "course" / ("c.py" if damage == "added" else "a.py")
    path.unlink(missing_ok=True)
    if damage != "removed":
        path.write_text("A = 2\n")
    put_in_place(*pack(FILES), str(tmp_path))
    assert contents(folder) == FILES


def test_an_archive_that_holds_something_else_is_refused(cache, tmp_path):
    other, _ = pack({**FILES, "course/a.py": b"A = 2\n"})
    with pytest.raises(RuntimeError, match="arrived damaged"):
        put_in_place(other, pack(FILES)[1], str(tmp_path))


def test_a_cache_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = put_in_place(*pack(FILES), str(tmp_path / "scratch"))
    assert folder == str(tmp_path / "scratch" / FOLDER / pack(FILES)[1])
    with pytest.raises(RuntimeError, match="cannot be unpacked"):
        put_in_place(*pack(FILES), str(tmp_path / "file"))


def test_the_hash_is_of_names_and_contents_in_any_order():
    files = [("a", b"1"), ("b", b"2")]
    assert digest_of(files) == digest_of(reversed(files))
    assert len({digest_of(files), digest_of([("a", b"2"), ("b", b"1")]), digest_of(files[:1])}) == 3
    assert digest_of([("a", b"1\n1 b 1\n2")]) != digest_of(files)


def test_an_archive_is_the_same_for_the_same_files():
    archive, digest = pack(FILES)
    assert (archive, digest) == pack(dict(reversed(FILES.items())))
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == sorted(FILES)
