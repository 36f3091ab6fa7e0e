import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from autograder import cli
from autograder.classroom.settings import SETTINGS
from autograder.errors import CourseError
from autograder.files import COURSE, chapter_slugs
from autograder.nbgrader_course import folder as course_folder
from autograder.nbgrader_course.folder import Outcome, make_course_folder
from autograder.nbgrader_course.preprocessors import JudgedExecute
from autograder.submissions.assignment import load_assignment
from tests.autograder.nbgrader_course.nbgrader_folder import commands_on_path
from tests.autograder.small_course import SLUG, TEXT, chapter, make_course
from tests.sample_class.workshop import Workshop

# nbgrader, nbconvert and SQLAlchemy warn about one another; their warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

SOURCE, RELEASE = (f"{kind}/{SLUG}/{SLUG}.ipynb" for kind in ("source", "release"))
CONFIG = "nbgrader_config.py"
OWN = {SETTINGS: "unchanged"}  # written once, and the instructor's from then on


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, course):
    """A course folder as it comes out; making its gradebook takes seconds."""
    folder = tmp_path_factory.mktemp("made") / "my course, 2026"
    outcomes = make_course_folder(folder, course=course)
    assert outcomes == [Outcome(name, "written") for name in (SETTINGS, CONFIG, SOURCE, RELEASE)]
    return folder


@pytest.fixture
def folder(tmp_path, made):
    """A copy, under a name of its own."""
    return Path(shutil.copytree(made, tmp_path / "my course, 2026"))


def states(outcomes):
    return {one.path: one.state for one in outcomes}


def contents(database):
    """What a gradebook says about the chapter."""
    with Gradebook(database) as gradebook:
        notebook = gradebook.find_notebook(SLUG, SLUG)
        return (
            {cell.name: (cell.max_score, cell.cell_type) for cell in notebook.grade_cells},
            {cell.name for cell in notebook.solution_cells},
            {cell.name: (cell.cell_type, cell.locked) for cell in notebook.source_cells},
            notebook.kernelspec,
        )


class TestTheTree:
    def test_is_nbgraders_own(self, made):
        names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
        assert names == {SETTINGS, CONFIG, SOURCE, RELEASE, "gradebook.db", ".course.json"}
        assert (made / "submitted").is_dir()

    def test_the_source_is_solved_and_the_release_is_not(self, made):
        assert "the_other_half" in (made / SOURCE).read_text()
        assert "the_other_half" not in (made / RELEASE).read_text()

    def test_nbgraders_release_step_makes_the_same_bytes_and_enters_the_same_cells(self, folder):
        ours = (folder / RELEASE).read_bytes()
        entered = contents(f"sqlite:///{folder / 'gradebook.db'}")
        (folder / "gradebook.db").unlink()
        config = PyFileConfigLoader(CONFIG, str(folder)).load_config()
        config.CourseDirectory.root = str(folder)
        with commands_on_path():
            outcome = NbGraderAPI(config=config).generate_assignment(SLUG, force=True)
        assert outcome["success"], outcome.get("error", "") + outcome["log"]
        assert (folder / RELEASE).read_bytes() == ours
        assert contents(f"sqlite:///{folder / 'gradebook.db'}") == entered

    def test_the_settings_load_the_courses_grading(self, made):
        config = PyFileConfigLoader(CONFIG, str(made)).load_config()
        assert config.Autograde.autograde_preprocessors[0] is JudgedExecute
        assert "seed" not in config.JudgedExecute, "it stands in course.toml"


class TestAgain:
    def test_nothing_changes_when_nothing_has_changed(self, folder, course):
        before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.ipynb")}
        outcomes = make_course_folder(folder, course=course)
        assert set(states(outcomes).values()) == {"unchanged"}
        assert {p: p.stat().st_mtime_ns for p in folder.rglob("*.ipynb")} == before

    def test_what_the_instructor_changed_is_kept_and_the_rest_refreshed(self, folder, tmp_path):
        edited = make_course(tmp_path / "edited", TEXT.replace("That was all.", "Goodbye."))
        (folder / CONFIG).write_text(course_folder.CONFIG_TEXT + "# mine\n")
        outcomes = states(make_course_folder(folder, course=edited))
        assert outcomes == OWN | {CONFIG: "kept", SOURCE: "refreshed", RELEASE: "refreshed"}
        assert "# mine" in (folder / CONFIG).read_text()
        assert "Goodbye." in (folder / RELEASE).read_text()
        (folder / RELEASE).write_text("my own")
        outcomes = states(make_course_folder(folder, course=edited))
        assert outcomes == OWN | {CONFIG: "kept", SOURCE: "unchanged", RELEASE: "kept"}
        assert (folder / RELEASE).read_text() == "my own"

    def test_a_source_of_the_instructors_keeps_its_release(self, folder, tmp_path):
        edited = make_course(tmp_path / "edited", TEXT.replace("That was all.", "Goodbye."))
        (folder / SOURCE).write_text("my own")
        assert states(make_course_folder(folder, course=edited))[SOURCE] == "kept"
        assert "Goodbye." not in (folder / RELEASE).read_text()

    def test_the_release_and_the_gradebook_follow_the_settings_of_the_class(self, folder, course):
        (folder / SETTINGS).write_text("[chapters.ch07_doubling]\npoints = {written = 25}")
        assert states(make_course_folder(folder, course=course)) == OWN | {
            CONFIG: "unchanged",
            SOURCE: "refreshed",
            RELEASE: "refreshed",
        }
        for name in (SOURCE, RELEASE):
            assert "**25 points**, marked by a person." in (folder / name).read_text()
        assert contents(f"sqlite:///{folder / 'gradebook.db'}")[0]["ch07_written"][0] == 25.0
        (folder / SETTINGS).write_text("")
        make_course_folder(folder, course=course)
        assert contents(f"sqlite:///{folder / 'gradebook.db'}")[0]["ch07_written"][0] == 10.0

    def test_a_lost_file_is_written_again(self, folder, course):
        (folder / RELEASE).unlink()
        assert states(make_course_folder(folder, course=course))[RELEASE] == "written"

    def test_without_its_memory_it_takes_every_difference_for_the_instructors(
        self, folder, tmp_path
    ):
        edited = make_course(tmp_path / "edited", TEXT.replace("That was all.", "Goodbye."))
        (folder / ".course.json").write_text("{")
        outcomes = states(make_course_folder(folder, course=edited))
        assert outcomes == OWN | {CONFIG: "unchanged", SOURCE: "kept"}

    def test_other_cells_under_submissions_are_refused_before_anything_is_written(
        self, folder, tmp_path
    ):
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            gradebook.update_or_create_student("ada")
            gradebook.update_or_create_submission(SLUG, "ada")
        edited = make_course(tmp_path / "edited", TEXT.replace('"written"', '"why"'))
        double, words = edited.load(SLUG).exercises
        exercises = (double, replace(words, name="why"))
        edited = replace(edited, load=lambda slug: replace(chapter(), exercises=exercises))
        before = (folder / SOURCE).read_bytes()
        with pytest.raises(CourseError, match="has got other cells"):
            make_course_folder(folder, course=edited)
        assert (folder / SOURCE).read_bytes() == before


class TestRefused:
    def test_a_folder_with_other_contents(self, tmp_path, course):
        (tmp_path / "thesis.tex").write_text("")
        with pytest.raises(CourseError, match=r"holds other files \(thesis.tex\)"):
            make_course_folder(tmp_path, course=course)
        assert os.listdir(tmp_path) == ["thesis.tex"]

    def test_a_file(self, tmp_path, course):
        (tmp_path / "x").write_text("")
        with pytest.raises(CourseError, match="is a file"):
            make_course_folder(tmp_path / "x", course=course)

    def test_an_unknown_chapter(self, tmp_path, course):
        with pytest.raises(CourseError, match=f"no chapter 'ch77'; there are {SLUG}"):
            make_course_folder(tmp_path / "new", ["ch77"], course=course)
        assert not (tmp_path / "new").exists()

    def test_a_broken_chapter(self, tmp_path, folder):
        broken = make_course(tmp_path / "broken", TEXT.replace('"statement": "written"', ""))
        with pytest.raises(CourseError, match="has no cell with"):
            make_course_folder(folder, course=broken)

    def test_settings_that_cannot_be_loaded(self, folder, course):
        (folder / CONFIG).write_text("c = get_config(\n")
        with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be loaded"):
            make_course_folder(folder, course=course)


def test_the_gradebook_may_be_elsewhere(folder, course, tmp_path):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    text = f"{course_folder.CONFIG_TEXT}\nc.CourseDirectory.db_url = {url!r}\n"
    (folder / CONFIG).write_text(text)
    make_course_folder(folder, course=course)
    assert "ch07_double_test" in contents(url)[0]


@pytest.mark.slow
class TestTheCommand:
    """`course init`, then nbgrader's own commands in the folder, each as a process of its own."""

    SLUG = "ch02_self_attention"

    @pytest.fixture(scope="class")
    def folder(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("class") / "a course"
        cli.app(["init", str(folder), "--chapter", "ch02"], standalone_mode=False)
        shop = Workshop.of("ch02")
        for learner, data in {
            "ada": shop.edited(),
            "bob": shop.mistakes(0),
            "cyd": b"{",
            "dan": nbformat.writes(shop.assignment.notebook).encode(),
            "eve": shop.other_ways(0),
        }.items():
            path = folder / "submitted" / learner / self.SLUG / f"{self.SLUG}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(data)
        return folder

    def nbgrader(self, folder, *words):
        bin_folder = Path(sys.executable).parent
        path = os.pathsep.join([str(bin_folder), os.environ["PATH"]])
        done = subprocess.run(
            [bin_folder / "nbgrader", *words, self.SLUG],
            cwd=folder,
            env=os.environ | {"PATH": path, "HOME": str(folder.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def scores(self, database):
        with Gradebook(database) as gradebook:
            return {
                submission.student.id: {
                    grade.name: (grade.auto_score, grade.needs_manual_grade)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                for submission in gradebook.find_assignment(self.SLUG).submissions
            }

    def test_every_chapter_is_released_as_it_is_committed(self, folder):
        assert self.SLUG in chapter_slugs()
        released = folder / "release" / self.SLUG / f"{self.SLUG}.ipynb"
        committed = COURSE.notebooks / f"{self.SLUG}.ipynb"
        assert released.read_bytes() == committed.read_bytes()

    def test_both_ways_to_grade_give_the_same_marks(self, folder, tmp_path):
        self.nbgrader(folder, "autograde")
        with pytest.raises(SystemExit) as end:
            cli.main(["grade", str(folder), "--chapter", "ch02", "--out", str(tmp_path / "out")])
        assert end.value.code == 1, "one of the files cannot be read"
        by_nbgrader = self.scores(f"sqlite:///{folder / 'gradebook.db'}")
        assert by_nbgrader == self.scores(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}")
        full = sum(one.points for one in load_assignment("ch02").chapter.autograded)
        totals = {who: sum(s or 0 for s, _ in one.values()) for who, one in by_nbgrader.items()}
        assert (totals["ada"], totals["eve"]) == (full, full)
        assert 0 < totals["bob"] < full
        assert (totals["cyd"], totals["dan"]) == (0, 0)
        self.nbgrader(folder, "generate_feedback")
        page = folder / "feedback" / "bob" / self.SLUG / f"{self.SLUG}.html"
        assert "This looks like a mistake that many make" in page.read_text()
