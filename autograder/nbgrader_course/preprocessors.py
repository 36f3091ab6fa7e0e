"""Steps that nbgrader's own `autograde` runs in place of its weak ones; see `nbgrader_config.py`.

`Transplant` replaces what nbgrader does to repair a submission (overwriting cells, dropping
duplicate ids), `JudgedExecute` its running of the notebook, and `SaveGrades` asks a person to look
again only where something has changed. The gradebook, the formgrader and the feedback remain
nbgrader's.
"""

import atexit
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool, Integer, Unicode

from autograder.classroom.adapted import class_assignment
from autograder.classroom.events import note, note_death, note_result
from autograder.classroom.gradebook_fields import set_off_fields
from autograder.classroom.kept import NEVER, content_key
from autograder.classroom.pool import WorkerPool
from autograder.classroom.runner import ATTEMPTS
from autograder.classroom.settings import SETTINGS, ClassSettings
from autograder.errors import UnreadableError, WorkerDiedError
from autograder.grading import Measurement, grade_transplanted, unreadable
from autograder.result import Result
from autograder.submissions.assignment import Assignment, load_assignment
from autograder.submissions.collect import HandedIn
from autograder.submissions.folder import read_folder
from autograder.submissions.marked import NOTE, mark_notebook
from autograder.submissions.reading import Submission, read_submission
from autograder.submissions.transplant import Transplanted, transplant
from autograder.worker import Worker

Resources = dict[str, Any]
_TROUBLE = "The grader itself failed on this submission; the next run tries again."


class HostileNotebookExporter(NotebookExporter):
    """Reads a submission as hostile data; a file that cannot be read stops nobody else's."""

    def from_filename(
        self, filename: str, resources: Resources | None = None, **kw: object
    ) -> tuple[Any, Resources]:
        """Hand the file's name to the preprocessors, and no parsed content."""
        path = Path(filename)
        resources = {} if resources is None else resources
        resources["course_file"] = str(path)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        return self.from_notebook_node(new_notebook(), resources=resources, **kw)


class _CoursePreprocessor(NbGraderPreprocessor):
    """Knows which chapter a notebook belongs to."""

    chapter = Unicode(
        "", help="Chapter to grade; by default the one that the assignment is named after."
    ).tag(config=True)

    def assignment(self, name: str, root: str) -> Assignment:
        """Load the chapter of nbgrader's assignment of this name, as the class has it.

        Args:
            name: The assignment.
            root: The course folder, where the settings of the class are.

        Raises:
            CourseError: The course has no such chapter, or the settings are damaged.
        """
        return self.of_class(name, root)[0]

    def of_class(self, name: str, root: str) -> tuple[Assignment, ClassSettings]:
        """Load the chapter as `assignment` does, and the settings of the class."""
        return _of_class(self.chapter or name, root, _settings_text(root))


class Transplant(_CoursePreprocessor):
    """Rebuild the submission from the course's notebook, taking only the learner's text."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Read the submitted folder and give the rebuilt notebook."""
        slug = resources["nbgrader"]["assignment"]
        handed_in = read_folder(Path(resources["course_file"]).parent, slug)
        reason, submission = handed_in.problem, Submission(())
        try:
            submission = submission if reason else read_submission(handed_in.data)
        except UnreadableError as error:
            reason = str(error)
        rebuilt = transplant(self.assignment(slug, resources["nbgrader"]["root"]), submission)
        repairs = [note for note in (handed_in.note, *rebuilt.repairs) if note and not reason]
        for sentence in [reason] if reason else repairs:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], sentence)
        rebuilt.notebook.metadata[NOTE] = {"reason": reason, "repairs": repairs}
        return rebuilt.notebook, resources


class JudgedExecute(_CoursePreprocessor):
    """Run the learner's cells confined and put the judge's points into the test cells."""

    seed = Integer(
        None, allow_none=True, help="Seed of the class; by default the one in course.toml."
    ).tag(config=True)
    unconfined = Bool(
        False, help="Run learners' code without the sandbox, as `course grade --unconfined`."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Grade the rebuilt notebook."""
        name, root = resources["nbgrader"]["assignment"], resources["nbgrader"]["root"]
        assignment, seed = self.assignment(name, root), self.class_seed(name, root)
        nb, rebuilt = _read_rebuilt(resources)
        learner = resources["nbgrader"]["student"]
        key, reason = resources["nbgrader"].get("key", NEVER), rebuilt["reason"]
        graded = None if reason else self._grade(assignment, nb, rebuilt, learner, seed)
        if not graded and not reason:
            key, reason = NEVER, _TROUBLE
        result, took = graded or (unreadable(assignment, learner, seed, reason), None)
        note_result(result, took, again=reason == _TROUBLE)
        mark_notebook(assignment, nb, result)
        points = {one.exercise: one.points for one in result.verdicts if one.bonus}
        resources["nbgrader"]["extra"] = {
            assignment.mark_id(one): points[one.name]
            for one in assignment.chapter.autograded
            if one.name in points
        }
        resources["nbgrader"]["ungraded"] = {
            assignment.mark_id(one): one.bonus for one in assignment.ungraded
        }
        nb.metadata[NOTE] = {"key": key}
        return nb, resources

    def class_seed(self, name: str, root: str) -> int:
        """Give the seed of the class: the one of nbgrader's settings, else the one of its own."""
        return self.of_class(name, root)[1].seed if self.seed is None else self.seed

    def key(self, assignment: Assignment, handed_in: HandedIn, seed: int) -> str:
        """Give the hash of everything that a mark depends on; it is kept with the notebook."""
        return content_key(assignment, handed_in, seed, unconfined=self.unconfined)

    def get_ready(self) -> None:
        """Start the grading process.

        Raises:
            ConfinementError: Learners' code cannot be confined on this machine.
        """
        with _workers(self.unconfined).borrow():
            pass

    def _grade(
        self,
        assignment: Assignment,
        nb: NotebookNode,
        rebuilt: dict[str, Any],
        learner: str,
        seed: int,
    ) -> tuple[Result, Measurement] | None:
        """Grade a readable submission; None when the grading process dies of it."""
        transplanted = Transplanted(nb, tuple(rebuilt["repairs"]))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with _workers(self.unconfined).borrow() as worker:
                    note("begun", learner=learner, worker=worker.pid, attempt=attempt)
                    return grade_transplanted(assignment, transplanted, learner, seed, worker)
            except WorkerDiedError as error:
                self.log.warning("%s: %s", learner, error)
                note_death(learner, attempt, str(error))
        return None


class SaveGrades(SaveAutoGrades):
    """Save the points, and keep settled what a person has marked unless it has changed."""

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        name = cell.metadata["nbgrader"]["grade_id"]
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade: Any = self.gradebook.find_grade(name, *where)
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        points_before = grade.auto_score
        super()._add_score(cell, resources)
        same_text = cell.source == resources["nbgrader"].get("before", {}).get(name)
        if settled and same_text and grade.auto_score == points_before:
            grade.needs_manual_grade = False
        extra = resources["nbgrader"].get("extra", {})
        if name in extra and grade.manual_score is None:  # what a person has entered stays
            grade.extra_credit = extra[name]
        ungraded = resources["nbgrader"].get("ungraded", {})
        if name in ungraded:
            grade.auto_score, grade.needs_manual_grade = 0.0, False
            grade.extra_credit = 0.0 if ungraded[name] else grade.extra_credit
        row = {"manual_score": grade.manual_score, "extra_credit": grade.extra_credit}
        for field, value in set_off_fields(row, dropped=name in ungraded).items():
            setattr(grade, field, value)
        self.gradebook.db.commit()


def _settings_text(root: str) -> str:
    path = Path(root) / SETTINGS
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


@lru_cache(maxsize=1)
def _of_class(chapter: str, root: str, text: str) -> tuple[Assignment, ClassSettings]:
    """Load a chapter once for all submissions, and again when the text of the settings changes."""
    return class_assignment(load_assignment(chapter), Path(root))


@cache
def _workers(unconfined: bool) -> WorkerPool:
    """Give the grading process of this run, in a pool that replaces it when it dies."""
    pool = WorkerPool(1, partial(Worker, unconfined=unconfined))
    atexit.register(pool.stop)
    return pool


def _read_rebuilt(resources: Resources) -> tuple[NotebookNode, dict[str, Any]]:
    """Read the file that `Transplant` wrote a moment ago: ours, and no longer hostile."""
    nb = nbformat.read(resources["course_file"], as_version=4)
    return nb, nb.metadata.pop(NOTE)
