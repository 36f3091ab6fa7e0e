import asyncio
import io
import os
import stat
import threading
import zipfile
from operator import methodcaller
from types import SimpleNamespace

import pytest

from autograder.cluster import on_worker
from autograder.cluster.on_worker import FOLDER, Judge, digest_of, put_in_place
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


class Process:
    """Stands for a judging process: it answers, but to "wait", and ends once."""

    trouble = ""

    def __init__(self):
        self.asked, self.ended = threading.Event(), threading.Event()

    def ask(self, request):
        self.asked.set()
        if request == "wait":
            assert self.ended.wait(20)
            raise EOFError("It ended.")
        return [{"kind": "end", "text": request}]

    def close(self):
        assert not self.ended.is_set()
        self.ended.set()


def tell(judge, what, worker):
    """Call the judge as Dask does, by the name of what it is to do."""
    return methodcaller(what, worker)(judge)


class TestJudge:
    @pytest.fixture
    def started(self):
        return []

    @pytest.fixture
    def worker(self, tmp_path):
        return SimpleNamespace(address="tcp://worker", local_directory=str(tmp_path))

    @pytest.fixture
    def set_up(self, started, worker, monkeypatch):
        def start(paths, *, unconfined):
            started.append(Process())
            return started[-1]

        def make(**seconds):
            for name, value in seconds.items():
                monkeypatch.setattr(on_worker, name, value)
            judge = Judge(b"", "", "/home/course", unconfined=False)
            asyncio.run(tell(judge, "setup", worker))
            return judge

        monkeypatch.setattr(on_worker, "put_in_place", lambda *_: "/cache/course")
        module = SimpleNamespace(JudgingProcess=start)
        monkeypatch.setattr(on_worker, "_module", lambda _: module)
        return make

    def test_a_message_names_the_folder_at_home(self, set_up, worker):
        judge = set_up()
        assert judge.judge("File /cache/course/a.py") == {
            "address": "tcp://worker",
            "events": '[{"kind": "end", "text": "File /home/course/a.py"}]',
        }
        tell(judge, "teardown", worker)

    def test_a_process_that_nobody_has_ever_asked_ends_too(self, set_up, started):
        set_up(IDLE_S=0.1)
        assert started[0].ended.wait(20)

    def test_one_that_was_asked_ends_and_another_one_is_started(self, set_up, started, worker):
        judge = set_up(IDLE_S=0.1)
        for n in range(2):
            assert "events" in judge.judge("at once")
            assert started[-1].ended.wait(20)
            assert len(started) <= n + 2
        assert len(started) >= 2
        tell(judge, "teardown", worker)

    def test_one_that_has_lost_its_way_is_ended(self, set_up, started, worker):
        judge = set_up(STUCK_S=0.1)
        assert judge.judge("wait") == {"address": "tcp://worker", "died": "It ended."}
        assert "events" in judge.judge("at once")
        assert [one.ended.is_set() for one in started] == [True, False]
        tell(judge, "teardown", worker)

    def test_when_the_run_ends_so_does_what_is_at_work(self, set_up, started, worker):
        judge, said = set_up(), []
        thread = threading.Thread(target=lambda: said.append(judge.judge("wait")))
        thread.start()
        assert started[0].asked.wait(20)
        tell(judge, "teardown", worker)
        thread.join(20)
        assert [one["died"] for one in said] == ["It ended."]
        assert judge.judge("at once")["died"] == "Worker tcp://worker was told to end."
        assert len(started) == 1
