"""Steps that nbgrader's own `autograde` runs in place of its weak ones; see `nbgrader_config.py`.

`Transplant` replaces what nbgrader does to repair a submission (overwriting cells, dropping
duplicate ids) and `JudgedExecute` replaces its running of the notebook. Reading, the gradebook, the
formgrader and the feedback remain nbgrader's.
"""

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer, Unicode

from autograder.errors import UnreadableError
from autograder.grading import grade_transplanted, unreadable
from autograder.submissions.assignment import Assignment, load_assignment
from autograder.submissions.marked import NOTE, mark_notebook
from autograder.submissions.reading import Submission, read_bytes, read_submission
from autograder.submissions.transplant import Transplanted, transplant
from autograder.worker import Worker

Resources = dict[str, Any]


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
        "", help="Chapter to grade; by default the one that the notebook is named after."
    ).tag(config=True)

    def assignment(self, resources: Resources) -> Assignment:
        """Load the chapter of the notebook at hand."""
        return load_assignment(self.chapter or resources["nbgrader"]["notebook"])


class Transplant(_CoursePreprocessor):
    """Rebuild the submission from the course's notebook, taking only the learner's text."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Read the submitted file and give the rebuilt notebook."""
        assignment = self.assignment(resources)
        reason = ""
        try:
            submission = read_submission(read_bytes(Path(resources["course_file"])))
        except UnreadableError as error:
            submission, reason = Submission(()), str(error)
            self.log.warning("%s: %s", resources["course_file"], error)
        rebuilt = transplant(assignment, submission)
        for repair in () if reason else rebuilt.repairs:
            self.log.warning("%s: %s", resources["course_file"], repair)
        rebuilt.notebook.metadata[NOTE] = {"reason": reason, "repairs": list(rebuilt.repairs)}
        return rebuilt.notebook, resources


class JudgedExecute(_CoursePreprocessor):
    """Run the learner's cells confined and put the judge's points into the test cells."""

    seed = Integer(0, help="Seed of the class, as in `course grade --seed`.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Grade the rebuilt notebook."""
        assignment = self.assignment(resources)
        learner = resources["nbgrader"]["student"]
        nb, note = _read_rebuilt(resources)
        if note["reason"]:
            result = unreadable(assignment, learner, self.seed, note["reason"])
        else:
            transplanted = Transplanted(nb, tuple(note["repairs"]))
            result, _ = grade_transplanted(
                assignment, transplanted, learner, self.seed, _shared_worker()
            )
        mark_notebook(assignment, nb, result)
        return nb, resources


def _read_rebuilt(resources: Resources) -> tuple[NotebookNode, dict[str, Any]]:
    """Read the file that `Transplant` wrote a moment ago: ours, and no longer hostile."""
    nb = nbformat.read(resources["course_file"], as_version=4)
    return nb, nb.metadata.pop(NOTE)


@cache
def _shared_worker() -> Worker:
    worker = Worker()
    atexit.register(worker.close)
    return worker
