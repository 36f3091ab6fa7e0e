"""Two people mark by hand in nbgrader's formgrader, each with a Jupyter server of their own."""

import http.cookiejar
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.by_hand import read_by_hand
from autograder.classroom.database import without_password
from autograder.classroom.gradebook import write_gradebook
from autograder.classroom.settings import SETTINGS
from autograder.nbgrader_course.folder import CONFIG, CONFIG_TEXT
from tests.autograder.classroom import postgres_server
from tests.autograder.classroom.full_gradebook import SLUG, results, with_points
from tests.autograder.nbgrader_course.formgrader import serve

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # nbgrader's own warnings

CODE = Path(__file__).resolve().parents[3]
CLASS = [f"learner {n:02}" for n in range(12)]
CELLS = {"ch99_double_test": "double", "ch99_written": "written"}


class Marker:
    """A person's browser, as far as the formgrader can tell."""

    def __init__(self, address):
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.ask("api/status")

    def ask(self, path, **fields):
        """Get something, or save it when there are fields."""
        request = urllib.request.Request(f"{self.address}/{path}")
        if fields:
            request.method, request.data = "PUT", json.dumps(fields).encode()
            (token,) = [one.value for one in self.cookies if one.name == "_xsrf"]
            request.add_header("X-XSRFToken", token)
        with self.opener.open(request, timeout=60) as answer:
            return answer.read().decode()

    def grade(self, book, learner, cell):
        """Open a learner's page, and give what it holds of a cell."""
        with Gradebook(book) as gradebook:
            found = gradebook.find_submission_notebook(SLUG, SLUG, learner).id
        grades = json.loads(self.ask(f"api/grades?submission_id={found}"))
        return next(one for one in grades if one["name"] == cell)

    def save(self, shown, **changed):
        """Leave a field: the page sends the points and the extra credit that it shows."""
        fields = {name: shown[name] for name in ("manual_score", "extra_credit")}
        return json.loads(self.ask(f"api/grade/{shown['id']}", **fields | changed))


@pytest.fixture(scope="module")
def graded(server, begun_on_server, small):
    book = server.database(begun_on_server)
    write_gradebook(book, small, results(small, CLASS))
    return book


@pytest.fixture(scope="module")
def markers(graded, tmp_path_factory):
    """Two markers of one course folder; the password is in a variable and in no file."""
    root = tmp_path_factory.mktemp("markers") / "a course"
    root.mkdir()
    address = without_password(graded).render_as_string()
    (root / SETTINGS).write_text(f'database = "{address}"\n')
    (root / CONFIG).write_text(CONFIG_TEXT)
    homes = [tmp_path_factory.mktemp("home") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack, ThreadPoolExecutor() as pool:
        patch.delenv("COURSE_DATABASE", raising=False)
        patch.setenv("PGPASSWORD", postgres_server.PASSWORD)
        served = pool.map(lambda home: stack.enter_context(serve(root, home, CODE)), homes)
        yield [Marker(address) for address in served]


def test_of_marks_saved_at_once_none_is_lost(graded, markers, small):
    """Each marks one exercise of everybody; a regrade goes on between them."""
    shown = [
        [marker.grade(graded, learner, cell) for learner in CLASS]
        for marker, cell in zip(markers, CELLS, strict=True)
    ]

    def mark(marker, grades, points):
        for n, grade in enumerate(grades):
            marker.save(grade, manual_score=points + n)

    lowered = [with_points(one, 20.0) for one in results(small, CLASS)]
    with ThreadPoolExecutor() as pool:
        done = [pool.submit(mark, *one) for one in zip(markers, shown, (30, 3), strict=True)]
        write_gradebook(graded, small, lowered)
        write_gradebook(graded, small, results(small, CLASS))
    assert [one.result() for one in done] == [None, None]
    entries = read_by_hand(graded, small)
    assert {name: entries[name]["double"].points for name in CLASS} == {
        name: 30 + n for n, name in enumerate(CLASS)
    }
    assert {name: entries[name]["written"].points for name in CLASS} == {
        name: 3 + n for n, name in enumerate(CLASS)
    }


def test_of_two_marks_for_one_answer_the_later_counts(graded, markers, small):
    first, second = markers
    shown = [marker.grade(graded, "learner 00", "ch99_largest_test") for marker in markers]
    assert first.save(shown[0], manual_score=11)["manual_score"] == 11
    assert second.save(shown[1], manual_score=22)["manual_score"] == 22
    assert read_by_hand(graded, small)["learner 00"]["largest"].points == 22
    assert first.grade(graded, "learner 00", "ch99_largest_test")["manual_score"] == 22


def test_a_page_that_was_open_before_sends_its_empty_field_too(graded, markers, small):
    """The other's mark is gone and nobody is told: nbgrader saves all that a page shows."""
    first, second = markers
    shown = [marker.grade(graded, "learner 01", "ch99_largest_test") for marker in markers]
    first.save(shown[0], manual_score=11)
    # Until it saves something, its server may think that it knows the row, and write less.
    second.save(second.grade(graded, "learner 02", "ch99_largest_test"), manual_score=1)
    second.save(shown[1], extra_credit=2)
    entry = read_by_hand(graded, small)["learner 01"]["largest"]
    assert (entry.points, entry.extra) == (None, 2)


def test_no_page_shows_the_password(markers):
    page = markers[0].ask("manage_assignments")
    assert "psycopg://postgres@127.0.0.1" in page, "the formgrader shows its settings"
    assert postgres_server.PASSWORD not in page


def test_a_formgrader_must_be_started_again_when_the_server_was(server, begun_on_server):
    """Its session stays broken; `course` connects anew for each command."""
    book = server.database(begun_on_server)
    with Gradebook(book) as gradebook:
        assert gradebook.students == []
        server.tell(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{book.database}'"
        )
        for _ in range(2):
            with pytest.raises(Exception, match=r"terminat|invalid transaction"):
                list(gradebook.students)
