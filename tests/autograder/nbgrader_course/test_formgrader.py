"""nbgrader's formgrader in a real browser: a person marks an answer in words, and it stays."""

from pathlib import Path

import pytest

from autograder.nbgrader_course import folder as course_folder
from tests.autograder.nbgrader_course import nbgrader_folder as folders
from tests.autograder.nbgrader_course.formgrader import local_page, save, serve
from tests.autograder.nbgrader_course.formgrader import open_submission as open_page
from tests.autograder.nbgrader_course.nbgrader_folder import SLUG, autograde, marks, solution
from tests.autograder.small_chapter import REFERENCE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),
]

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = "ch99_written"
CONFIG = (
    f"{course_folder.CONFIG_TEXT}\nc.Transplant.chapter = c.JudgedExecute.chapter = {REFERENCE!r}\n"
)
EVIL = "<script>document.title = 'taken'</script> ![now](/formgrader?path=submitted/eve/ch99_small)"


@pytest.fixture(scope="module")
def root(tmp_path_factory, worker):
    """A course folder with two graded submissions."""
    root = folders.make_course(tmp_path_factory.mktemp("formgrader") / "a course")
    (root / course_folder.CONFIG).write_text(CONFIG)
    folders.hand_in(root, "ada", solution())
    folders.hand_in(root, "eve", solution(written=EVIL))
    with folders.lend(worker):
        autograde(root)
    return root


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    with serve(root, tmp_path_factory.mktemp("home"), ROOT) as address:
        yield address


@pytest.fixture
def page():
    with local_page() as page:
        yield page


def test_a_mark_by_hand_is_given_beside_the_rubric_and_stays(root, server, page):
    open_page(page, server, SLUG, "ada")
    rubric = page.locator("li", has_text="Gives an example")
    assert rubric.inner_text() == "3 points: Gives an example"
    assert page.locator(f"#{WRITTEN}").bounding_box()["y"] > rubric.bounding_box()["y"]
    save(page, f"#{WRITTEN}", "7")
    save(page, f"#{WRITTEN}-comment", "Well said.")
    assert marks(root)["ada"][WRITTEN] == (None, 7, False)

    # The marker's own button: all is graded again, by the server.
    page.goto(f"{server}/manage_submissions/{SLUG}")
    row = page.locator("tr", has_text="ada")
    with page.expect_response("**/autograde", timeout=120_000) as answer:
        row.locator(".autograde a").click()
    assert answer.value.json()["success"], answer.value.text()
    assert marks(root)["ada"][WRITTEN] == (None, 7, False)
    open_page(page, server, SLUG, "ada")
    assert page.locator(f"#{WRITTEN}-comment").input_value() == "Well said."


def test_nothing_in_an_answer_acts_in_the_markers_browser(server, page):
    open_page(page, server, SLUG, "eve")
    assert "document.title = 'taken'" in page.locator(".nbgrader_cell").last.inner_text()
    assert page.title() == SLUG
    assert not [url for url in page.asked if "formgrader?path" in url]
