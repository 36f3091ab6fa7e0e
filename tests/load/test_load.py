"""A mixed class gets its marks in one go; killed at any moment and resumed, it gets the same.

All of it takes minutes; a sample of it is in the quick run.
"""

import csv
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import pytest
from nbgrader.api import Gradebook

from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.small_chapter import CHAPTER, REFERENCE
from tests.load.kill import grade, grade_until, interrupt
from tests.load.mixed_class import Member, changed, mixed_class

pytestmark = pytest.mark.slow

SEED = 20
N_FIRST, N_BY_HAND = 6, 4
# Just before these, on their nth call, lies what a kill could tear apart: a marked notebook without
# its result, results without their marks in the gradebook, half of the marks, marks without pages.
DELICATE = (
    ("autograder.classroom.runner:keep", 2),
    ("autograder.classroom.kept:write_if_changed", 1),
    ("autograder.files:os.replace", 4),
    ("autograder.classroom.gradebook:write_gradebook", 1),
    ("autograder.classroom.gradebook_rows:_Book.add_submissions", 1),
    ("autograder.classroom.gradebook_rows:_Book._bring", 2),
    ("autograder.classroom.gradebook_rows:_Book._remember", 1),
    ("autograder.classroom.class_run:feedback_page", 3),
    ("autograder.classroom.class_run:class_report", 1),
    ("autograder.classroom.class_run:class_table", 1),
)


@dataclass(frozen=True)
class Course:
    """A class and where it is graded; it hands in twice, with marks by hand in between."""

    folder: Path
    members: list[Member]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def arguments(self) -> list[str]:
        given = ["grade", self.folder / "class", "--chapter", REFERENCE, "--out", self.out]
        return [str(one) for one in (*given, "--jobs", 2)]

    def begin(self) -> None:
        """Grade the first few, mark some by hand, and let all hand in, one of these again."""
        for member in self.members[:N_FIRST]:
            member.hand_in(self.folder / "class")
        assert grade(self.arguments) in (0, 1)
        with Gradebook(f"sqlite:///{self.out / 'gradebook.db'}") as gradebook:
            for number, member in enumerate(self.members[:N_BY_HAND]):
                where = ("ch99_written", CHAPTER.slug, CHAPTER.slug, member.name)
                mark = gradebook.find_grade(*where)
                mark.manual_score, mark.needs_manual_grade = number + 0.5, False
                gradebook.find_comment(*where).manual_comment = f"Well said, {member.name}."
            gradebook.db.commit()
        for member in self.members:
            member.hand_in(self.folder / "class")
        self.handed_in_again.hand_in(self.folder / "class")

    def copied_to(self, folder: Path) -> "Course":
        """Go on elsewhere from where this one stands."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Course(folder, self.members)

    @property
    def handed_in_again(self) -> Member:
        """The first of those marked by hand whose file can be replaced."""
        return changed(next(one for one in self.members if f"{one.name}.ipynb" in one.files))

    def finish(self) -> None:
        """Run to the end."""
        assert grade(self.arguments) == 1  # some of the files cannot be read


def results_of(course: Course) -> dict[str, bytes]:
    """Each result's bytes; of the hostile ones not what they printed, which may hold a time."""
    honest = {one.name for one in course.members if one.honest}
    found = {}
    for path in (course.out / "ch99_small" / "results").glob("*.json"):
        kept = json.loads(path.read_bytes())
        if path.stem in honest:
            found[path.stem] = path.read_bytes()
        else:
            kept["result"].pop("cells")
            points = [(one["exercise"], one["points"]) for one in kept["result"]["verdicts"]]
            kept["result"]["verdicts"] = points
            found[path.stem] = json.dumps(kept, sort_keys=True).encode()
    return found


def same(one: Course, other: Course) -> None:
    """Require that two classes have come to the same end."""
    assert results_of(one) == results_of(other)
    for name in ("ch99_small/marks.csv", "ch99_small/class.json"):
        assert (one.out / name).read_bytes() == (other.out / name).read_bytes()
    assert contents_of(one.out / "gradebook.db") == contents_of(other.out / "gradebook.db")
    for folder in ("ch99_small/feedback/*.html", "autograded/*/*/*.ipynb", "ch99_small/results/*"):
        pages = [
            sorted(str(path.relative_to(course.out)) for path in course.out.glob(folder))
            for course in (one, other)
        ]
        assert pages[0] == pages[1]
    left = [path for path in one.out.rglob("*.tmp")]
    assert left == []


def test_a_sample_gets_its_marks_and_survives_kills(tmp_path):
    begun, whole = _undisturbed(tmp_path, 24)
    _require_marks(whole)
    killed = begun.copied_to(tmp_path / "killed")
    _kill_at_moments(killed, 2)
    assert (
        grade(killed.arguments, ("autograder.classroom.gradebook_rows:_Book._bring", 2)) == -SIGKILL
    )
    killed.finish()
    same(killed, whole)


def test_ctrl_c_in_a_terminal_is_one_sentence_and_leaves_nobody(tmp_path):
    course = Course(tmp_path, mixed_class(24, SEED))
    for member in course.members:
        member.hand_in(tmp_path / "class")
    code, complaints, left = interrupt(course.arguments, course.out / "ch99_small" / "results")
    assert code == 130
    assert complaints == "course: stopped. What is done is kept; the same command goes on.\n"
    assert left == []


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    return _undisturbed(tmp_path_factory.mktemp("load"), 300)


@pytest.mark.load
class TestAll:
    def test_every_mark_is_right(self, courses):
        _require_marks(courses[1])

    def test_killed_at_ten_moments_and_resumed(self, courses, tmp_path):
        begun, whole = courses
        killed = begun.copied_to(tmp_path / "killed")
        _kill_at_moments(killed, 10)
        killed.finish()
        same(killed, whole)

    def test_killed_where_it_hurts_most(self, tmp_path):
        begun, whole = _undisturbed(tmp_path, 24)
        killed = begun.copied_to(tmp_path / "killed")
        for place in DELICATE:
            assert grade(killed.arguments, place) == -SIGKILL, place
        killed.finish()
        same(killed, whole)


def _undisturbed(folder: Path, size: int) -> tuple[Course, Course]:
    """Give a class when all have handed in, and another that has been graded since."""
    begun = Course(folder / "begun", mixed_class(size, SEED))
    begun.begin()
    whole = begun.copied_to(folder / "undisturbed")
    whole.finish()
    return begun, whole


def _require_marks(course: Course) -> None:
    stated = {one.name: one.points for one in course.members}
    stated[course.handed_in_again.name] = course.handed_in_again.points
    about = {one.name: one.about for one in course.members}
    with open(course.out / "ch99_small" / "marks.csv", newline="") as file:
        given = {row["learner"]: float(row["points"]) for row in csv.DictReader(file)}
    assert given.keys() == stated.keys()
    wrong = {
        f"{name}, {about[name]}": f"{given[name]:g} in place of {stated[name]:g}"
        for name in stated
        if given[name] != stated[name]
    }
    assert wrong == {}


def _kill_at_moments(course: Course, n_kills: int) -> None:
    draw, size = random.Random(SEED), len(course.members)
    for n_results in sorted(draw.sample(range(N_FIRST, size), n_kills)):
        results = course.out / "ch99_small" / "results"
        left = grade_until(course.arguments, results, n_results, draw.uniform(0, 0.5))
        assert left == [], "processes outlived the grader"
