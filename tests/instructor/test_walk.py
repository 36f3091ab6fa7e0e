"""From an empty folder to published marks, as the guide says, in a terminal and a real browser.

Each step takes a picture; `book/howto/pictures` holds them for the guide. To renew them, run this
file and copy what `_build/howto` then holds.
"""

import csv
import json
import zipfile

import pytest
from nbgrader.api import Gradebook

from tests.autograder.nbgrader_course.formgrader import local_page, open_submission, save, serve
from tests.instructor.downloads import N_LEARNERS, make
from tests.instructor.guide import named_pictures
from tests.instructor.school import ROOT, Pictures, School

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),  # nbgrader's, SQLAlchemy's and Jupyter's about another
]

SLUG = "ch02_self_attention"
WRITTEN = "ch02_written"
COMMENT = "Well argued. Which experiment would tell the two apart?"
ADA, BELA = "ada_100", "bela-1_101"


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A course folder with the server of its formgrader, and a browser."""
    school = School(tmp_path_factory.mktemp("school"))
    code, said = school.course("init", "my-course", "--chapter", "ch02")
    assert code == 0, said
    folder = school.desk / "my-course"
    with (
        serve(folder, tmp_path_factory.mktemp("home"), school.code) as formgrader,
        local_page(viewport={"width": 1024, "height": 640}) as page,
    ):
        pictures = Pictures(page, ROOT / "_build" / "howto")
        pictures.of_terminal("init", "course init my-course --chapter ch02", said)
        yield Walk(school, folder, formgrader, page, pictures)


class Walk:
    """What the steps share."""

    def __init__(self, school, folder, formgrader, page, pictures):
        self.school, self.folder, self.formgrader = school, folder, formgrader
        self.page, self.pictures = page, pictures

    def course(self, *words, picture="", shown=""):
        code, said = self.school.course(*words)
        if picture:
            command = shown or f"course {' '.join(map(str, words))}"
            self.pictures.of_terminal(picture, command, said)
        return code, said

    def marks(self):
        with open(self.folder / SLUG / "marks.csv", newline="") as file:
            return {row["learner"]: row for row in csv.DictReader(file)}

    def feedback(self, learner):
        return (self.folder / SLUG / "feedback" / f"{learner}.html").read_text()

    def set(self, text):
        path = self.folder / "course.toml"
        path.write_text(path.read_text().replace("seed = 0", "seed = 2026") + text)

    def mark_the_rest(self):
        """Give the other written answers their points, as the formgrader does."""
        with Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as gradebook:
            for submission in gradebook.find_assignment(SLUG).submissions:
                grade = gradebook.find_grade(WRITTEN, SLUG, SLUG, submission.student.id)
                if grade.needs_manual_grade and grade.manual_score is None:
                    grade.manual_score, grade.needs_manual_grade = 5.0, False
            gradebook.db.commit()


def test_a_new_instructor_gets_from_an_empty_folder_to_published_marks(walk):
    """One test, for each step stands on the one before."""
    release(walk)
    paths, expected = make(walk.school.desk)
    grade(walk, paths, expected)
    mark_two_answers(walk)
    regrade(walk, paths)
    publish(walk)
    assert set(walk.pictures.taken) == named_pictures(), "the guide shows what was made, all of it"


def release(walk):
    walk.set(f'\n[chapters.{SLUG}]\nsolutions = "hidden"\n')
    code, said = walk.course("init", "my-course", "--chapter", "ch02")
    assert (code, said.count("unchanged")) == (0, 4)
    notebook = json.loads((walk.folder / "release" / SLUG / f"{SLUG}.ipynb").read_text())
    assert notebook == json.loads((ROOT / "notebooks" / f"{SLUG}.ipynb").read_text())
    walk.page.goto(f"{walk.formgrader}/manage_assignments")
    walk.page.locator("td", has_text=SLUG).first.wait_for()
    walk.page.wait_for_load_state("networkidle")
    walk.page.locator("td", has_text=SLUG).first.evaluate("one => one.scrollIntoView(false)")
    walk.page.evaluate("window.scrollBy(0, 60)")
    walk.pictures.of_page("release", height=640)


def grade(walk, paths, expected):
    words = ["grade", *(path.name for path in paths), "--out", "my-course"]
    code, said = walk.course(*words, picture="grade")
    assert code == 1, "one file is cut off, and the exit code says so"
    assert f"{N_LEARNERS} submissions" in said
    marks = walk.marks()
    assert set(marks) == set(expected)
    told = {name: points for name, points in expected.items() if points is not None}
    assert {name: float(marks[name]["points"]) for name in told} == told
    assert "It was handed in several times" in walk.feedback(ADA)
    walk.page.goto((walk.folder / SLUG / "report.html").as_uri())
    walk.pictures.of_page("report")


def mark_two_answers(walk):
    for learner, points in ((ADA, "8"), (BELA, "6")):
        open_submission(walk.page, walk.formgrader, SLUG, learner)
        save(walk.page, f"#{WRITTEN}", points)
        save(walk.page, f"#{WRITTEN}-comment", COMMENT)
        if learner == ADA:
            walk.page.evaluate("document.body.style.zoom = 0.75")
            rubric = walk.page.locator("strong", has_text="How this answer is marked").first
            rubric.evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY)")
            walk.page.evaluate("window.scrollBy(0, -110)")
            walk.pictures.of_page("mark")


def regrade(walk, paths):
    """Find the item that most learners miss, let everybody have it, and grade again."""
    before = walk.marks()
    missed = {}
    for path in (walk.folder / SLUG / "results").glob("*.json"):
        for verdict in json.loads(path.read_text())["result"]["verdicts"]:
            for item in verdict["items"]:
                if not item["passed"] and not verdict["reason"] and item["example"]:
                    missed[item["name"]] = missed.get(item["name"], 0) + 1
    item = max(missed, key=missed.get)
    walk.school.let_pass(SLUG, item)
    words = ["grade", *(path.name for path in paths), "--out", "my-course"]
    code, said = walk.course(*words)
    assert code == 1, said
    assert "known from before" not in said, "a check has changed, and everything runs again"
    after = walk.marks()
    gained = [name for name in after if float(after[name]["total"]) > float(before[name]["total"])]
    assert len(gained) > 2, item
    assert after[ADA]["written"] == "8.0"
    assert after[BELA]["written"] == "6.0"
    assert all(float(after[name]["points"]) >= float(before[name]["points"]) for name in after)
    code, said = walk.course(*words, picture="regrade")
    assert f"{N_LEARNERS} known from before" in said, "and now nothing has changed"
    assert walk.marks() == after


def publish(walk):
    code, said = walk.course("publish", "my-course")
    assert code == 1
    assert "await marking" in said
    walk.mark_the_rest()
    assert "The course&#39;s answer" not in walk.feedback(BELA)
    path = walk.folder / "course.toml"
    path.write_text(path.read_text().replace('"hidden"\n', '"released"\n'))
    code, said = walk.course("publish", "my-course", picture="publish")
    assert code == 0, said
    marks = walk.marks()
    assert all(row["awaiting_marking"] == "0.0" for row in marks.values())
    assert float(marks[ADA]["total"]) == 98.0
    page = walk.feedback(ADA)
    assert "98 of 100 points" in page
    assert COMMENT in page
    assert "The course's answer" in page
    with zipfile.ZipFile(walk.folder / SLUG / "feedback.zip") as archive:
        assert sorted(archive.namelist()) == sorted(f"{name}.html" for name in marks)
        assert archive.read(f"{ADA}.html").decode() == page
    walk.page.goto((walk.folder / SLUG / "feedback" / f"{BELA}.html").as_uri())
    walk.pictures.of_page("feedback")
    table = (walk.folder / SLUG / "marks.csv").read_text().split("\n")[:5]
    command = f"cut -d, -f1,10- my-course/{SLUG}/marks.csv | head -5"
    shown = [",".join([line.split(",")[0], *line.split(",")[9:]]) for line in table]
    walk.pictures.of_terminal("marks", command, "\n".join(shown))
