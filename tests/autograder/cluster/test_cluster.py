"""A class judged by real workers, processes of their own that know nothing of the repository."""

import functools
import importlib
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest
from distributed import Client

from autograder.classroom.class_run import grade_and_write
from autograder.classroom.folder import ClassFolder
from autograder.cluster import connection
from autograder.cluster.places import places_on
from autograder.errors import CourseError
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder import small_chapter
from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.cluster.processes import Processes

pytestmark = pytest.mark.slow
SLUG = small_chapter.CHAPTER.slug
SEED = 5
SLEEPER = "import time\ntime.sleep({})\ndef double(x):\n    return 2 * x"


def grade(chapter, submissions, out, address="", jobs=None, **more):
    """Grade a class here, or on a cluster."""
    with places_on(address, chapter.reference, unconfined=False) as places:
        return grade_and_write(
            chapter,
            HandedInClass.of(submissions),
            out,
            seed=SEED,
            jobs=jobs or (places.jobs if places else 1),
            elsewhere=places and places.make,
            **more,
        )


def files(out):
    """Everything that a run wrote, by name, but what tells when it was and what it took."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and path.suffix not in (".times", ".jsonl", ".db")
        and path.name not in ("report.html", ".lock")
    }


def results(out):
    return sorted(path.stem for path in out.glob(f"{SLUG}/results/*.json"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Processes(tmp_path_factory.mktemp("cluster")) as processes:
        processes.workers = [processes.worker(name) for name in ("one", "two")]
        yield processes


@pytest.fixture
def lonely(tmp_path):
    """Make a cluster that a test may break."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with Processes(folder, allowed_failures=0) as processes:
        yield processes


@pytest.fixture
def mixed(hand_in):
    """Right, wrong, hostile and unreadable submissions."""
    answers = {
        "ada": small_chapter.SOLUTIONS["double"],
        "bob": "def double(x):\n    return x * x",
        "cyd": "import os\nos._exit(0)",
        "dan": "from course_lib.attention import nothing_of_this_name",
        "eve": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('ünï')\ndouble = None",
        "fay": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    }
    handed_in = [HandedIn(name, hand_in(double=text)) for name, text in answers.items()]
    return [*handed_in, HandedIn("gus", b"{"), HandedIn("hal", b"", "A link.")]


def test_marks_are_those_of_the_local_run_byte_for_byte(cluster, small, mixed, tmp_path):
    local, remote = tmp_path / "local", tmp_path / "remote"
    grade(small, mixed, local)
    run = grade(small, mixed, remote, cluster.address)
    assert [one.result.points for one in run.graded] == [90.0, 30.0, *[30.0] * 4, 0.0, 0.0]
    there = files(remote)
    assert {f"{SLUG}/results/{one.learner}.json" for one in mixed} < set(there)
    assert there == files(local)
    assert contents_of(remote / "gradebook.db") == contents_of(local / "gradebook.db")
    text = (remote / SLUG / "results" / "ada.times").read_text()
    assert f'"host": "{os.uname().nodename}"' in text
    # The marked notebook and the result are known to a local run too, and nothing is left behind.
    assert not any(one.fresh for one in grade(small, mixed, remote).graded)
    assert [psutil.Process(worker.pid).children() for worker in cluster.workers] == [[], []]


def test_a_changed_exercise_is_judged_as_changed(cluster, hand_in, tmp_path, monkeypatch):
    source = Path(small_chapter.__file__).read_text()
    changed = source.replace("learner.double(number), 2 *", "learner.double(number), 3 *")
    assert changed != source
    module = tmp_path / "tripled.py"
    module.write_text(changed.replace("tests.autograder.small_chapter:", "tripled:"))
    monkeypatch.syspath_prepend(tmp_path)
    chapter = importlib.import_module("tripled").assignment()
    answer = "def double(x):\n    return 3 * x if isinstance(x, int) else 2 * x"
    submissions = [HandedIn("ada", hand_in(double=answer))]
    (graded,) = grade(chapter, submissions, tmp_path / "out", cluster.address).graded
    assert graded.result.points == 90.0


def test_ctrl_c_ends_what_is_at_work_there(cluster, small, hand_in, tmp_path):
    submissions = [HandedIn(f"slow-{i}", hand_in(double=SLEEPER.format(600))) for i in range(3)]
    with Client(cluster.address, set_as_default=False) as client:
        main = threading.main_thread().ident

        def press():
            _until(lambda: sum(map(len, client.processing().values())) == 3)
            signal.pthread_kill(main, signal.SIGINT)

        pressing = threading.Thread(target=press)
        pressing.start()
        with pytest.raises(KeyboardInterrupt):
            grade(small, submissions, tmp_path, cluster.address)
        pressing.join()
        _until(lambda: not any(client.processing().values()))
    assert [psutil.Process(worker.pid).children() for worker in cluster.workers] == [[], []]
    assert results(tmp_path) == []


def test_what_a_lost_worker_had_is_done_elsewhere(lonely, small, hand_in, tmp_path):
    first = lonely.worker("first")
    submissions = [HandedIn(f"l{i}", hand_in(double=SLEEPER.format(0.3))) for i in range(8)]
    with Client(lonely.address, set_as_default=False) as client:
        client.wait_for_workers(1)

        @functools.cache
        def replace_it():
            lonely.worker("second")  # which is compared when it sends its first result
            first.kill()

        run = grade(small, submissions, tmp_path, lonely.address, on_graded=lambda _: replace_it())
        assert len(client.nthreads()) == 1
    assert [one.result.points for one in run.graded] == [90.0] * 8
    assert not any(one.result.reason for one in run.graded)


def test_a_submission_that_ends_its_workers_is_given_up_and_stops_nobody(
    lonely, small, hand_in, tmp_path
):
    workers = {name: lonely.worker(name) for name in ("one", "two", "three")}
    quick = [HandedIn(f"l{i}", hand_in()) for i in range(4)]
    killer = HandedIn("killer", hand_in(double=SLEEPER.format(600)))
    with Client(lonely.address, set_as_default=False) as client:
        client.wait_for_workers(3)

        def at_work():
            return [address for address, keys in client.processing().items() if keys]

        def kill():
            _until(lambda: len(results(tmp_path)) == 4)
            for n_left in (2, 1):  # among others, then alone
                (address,) = _until(at_work)
                workers[client.scheduler_info()["workers"][address]["name"]].kill()
                _until(lambda n_left=n_left: len(client.nthreads()) == n_left)

        killing = threading.Thread(target=kill)
        killing.start()
        run = grade(small, [killer, *quick], tmp_path, lonely.address)
        killing.join()
    assert [one.result.points for one in run.graded] == [0.0, *[90.0] * 4]
    assert run.graded[0].result.reason.startswith("Every worker of the cluster that judged this")
    again = grade(small, [HandedIn("killer", hand_in()), *quick], tmp_path)
    assert [one.fresh for one in again.graded] == [True, *[False] * 4]


def test_a_lost_scheduler_is_one_sentence_and_the_next_run_goes_on(
    lonely, small, hand_in, tmp_path, capfd
):
    lonely.worker("one")
    submissions = [HandedIn(f"l{i}", hand_in(double=SLEEPER.format(0.5))) for i in range(6)]
    killed = functools.cache(lonely.scheduler.kill)
    with pytest.raises(CourseError, match=r"tcp://\S+ no longer answers\. What is done is kept"):
        grade(small, submissions, tmp_path, lonely.address, on_graded=lambda _: killed())
    assert capfd.readouterr() == ("", "")
    done = results(tmp_path)
    assert 1 <= len(done) < 6
    again = grade(small, submissions, tmp_path).graded
    assert sorted(one.result.learner for one in again if not one.fresh) == done
    assert [one.result.points for one in again] == [90.0] * 6


def test_when_no_worker_is_left_the_run_ends(lonely, small, hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "NO_WORKER_S", 3.0)
    worker = lonely.worker("one")
    submissions = [HandedIn(f"l{i}", hand_in(double=SLEEPER.format(0.5))) for i in range(3)]
    # As many deaths as it takes: those that are lost with it wait for another worker.
    killed = functools.cache(worker.kill)
    with pytest.raises(CourseError, match="has had no worker for 3 seconds"):
        grade(small, submissions, tmp_path, lonely.address, on_graded=lambda _: killed())


def test_a_scheduler_without_workers_is_told(lonely, small, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "FIRST_WORKER_S", 0.5)
    with pytest.raises(CourseError, match=r"The scheduler tcp://\S+ has no workers; start some"):
        grade(small, [], tmp_path, lonely.address)


def test_a_worker_that_cannot_confine_says_so(lonely, small, hand_in, tmp_path):
    lonely.worker("bare", PATH=str(tmp_path))
    submissions = [HandedIn("ada", hand_in())]
    with pytest.raises(CourseError, match=r"Worker tcp://\S+: .* bubblewrap is missing"):
        grade(small, submissions, tmp_path / "out", lonely.address)
    assert not ClassFolder(tmp_path / "out", SLUG).chapter.exists()


def test_other_versions_are_told_before_anything_runs(lonely, small, hand_in, tmp_path):
    fake = tmp_path / "older" / "torch-2.0.1.dist-info" / "METADATA"
    fake.parent.mkdir(parents=True)
    fake.write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.0.1\n")
    lonely.worker("older", PYTHONPATH=str(tmp_path / "older"))
    told = r"Worker tcp://\S+ has torch 2\.0\.1, and this machine has torch \d"
    with pytest.raises(CourseError, match=told):
        grade(small, [HandedIn("ada", hand_in())], tmp_path / "out", lonely.address)
    assert not (tmp_path / "cluster" / "cache").exists()


def _until(look, timeout_s=60.0):
    """Look again and again until there is something to see."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return seen
