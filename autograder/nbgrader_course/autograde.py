"""nbgrader's `autograde`, deaf to what a learner's folder could do to it.

What nbgrader does with the folder before it looks at the notebook, and what is done here instead:

- it copies every file beside the notebook, through links, to where the formgrader serves it and the
  feedback hands it on, so that a link gives away any file of the instructor's: nothing is copied;
- it passes over a notebook of another name: it is graded;
- it stops at a `timestamp.txt` that is no time, or is a pipe: such a one is ignored;
- it takes any folder's name for a learner's, and its pages show it unescaped: some are refused;
- it skips whatever has been begun, so that a run that was killed leaves a learner with 0 for good:
  what was not finished, or was handed in again, or is of another version of the course, is graded.
"""

import glob
import json
import os
import unicodedata
from pathlib import Path
from shutil import rmtree
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException

from autograder.classroom.events import note
from autograder.classroom.folder import ClassFolder
from autograder.classroom.run_log import run_log
from autograder.errors import ConfinementError, CourseError
from autograder.nbgrader_course.preprocessors import JudgedExecute
from autograder.submissions.folder import read_folder, read_timestamp
from autograder.submissions.marked import NOTE
from autograder.submissions.names import learner_names


class _NotebookAlone(BaseConverter):
    """Stands between `Autograde` and its base, whose `init_assignment` copies every file."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Make the folder for the marked notebook; of the submitted one, keep only the time."""
        folder = Path(self._format_dest(assignment_id, student_id))
        folder.mkdir(parents=True, exist_ok=True)
        stamp = read_timestamp(Path(self._format_source(assignment_id, student_id)))
        if stamp:
            (folder / "timestamp.txt").write_text(f"{stamp}\n", encoding="utf-8")


class CourseAutograde(Autograde, _NotebookAlone):
    """The `autograde` of this course; `nbgrader_config.py` puts it in the place of nbgrader's."""

    coursedir: Any  # nbgrader's CourseDirectory

    def start(self) -> None:
        """Grade, or say in a sentence why nothing can be graded.

        Raises:
            NbGraderException: The course has no such chapter, or code cannot be confined here.
        """
        self._judge = JudgedExecute(parent=self)
        self._key, self._before, self._n_refused = "", dict[str, str](), 0
        try:
            name, root = self.coursedir.assignment_id, str(self.coursedir.root)
            self._assignment = self._judge.assignment(name, root)
            self._seed = self._judge.class_seed(name, root)
            self._judge.get_ready()
        except CourseError as error:
            setting = " Here that is: c.JudgedExecute.unconfined = True in nbgrader_config.py."
            message = f"{error}{setting if isinstance(error, ConfinementError) else ''}"
            self.log.error("%s", message)
            raise NbGraderException(message) from error
        self.coursedir.get_existing_timestamp = lambda folder: read_timestamp(Path(folder))
        with run_log(
            ClassFolder(Path(root), self._assignment.slug),
            version=self._assignment.version,
            seed=self._seed,
            jobs=1,
            confined=not self._judge.unconfined,
        ):
            self._grade_all()

    def _grade_all(self) -> None:
        super().start()
        if self._n_refused:
            raise NbGraderException(f"{self._n_refused} folders were not graded; see above.")

    def init_notebooks(self) -> None:
        """List the learners' folders, whatever lies in them."""
        slug, learner = self.coursedir.assignment_id, self.coursedir.student_id
        folder = self._format_source(slug, learner)
        found = [folder] if os.path.isdir(folder) else filter(os.path.isdir, glob.glob(folder))
        folders = {one: Path(one).parent.name for one in found}
        if not folders:
            super().init_notebooks()  # says what was looked for, and stops
        refused = {one: name for one, name in folders.items() if not _is_harmless(name)}
        for folder, name in refused.items():
            self.log.error("%r is no name for a learner; rename %s", name, ascii(folder))
        self._n_refused = len(refused)
        self.assignments = {
            one: [os.path.join(one, f"{slug}.ipynb")] for one in folders if one not in refused
        }

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Tell whether a learner has to be graded; what is not as it would be now is forgotten."""
        if student_id in self.coursedir.student_id_exclude.split(","):
            return False
        folder = Path(self._format_dest(assignment_id, student_id))
        handed_in = read_folder(Path(self._format_source(assignment_id, student_id)), assignment_id)
        marked = _read_marked(folder / f"{assignment_id}.ipynb")
        self._before = _answers(marked)
        self._key = self._judge.key(self._assignment, handed_in, self._seed)
        if folder.exists() and marked.get("metadata", {}).get(NOTE) != {"key": self._key}:
            self.log.warning("Grading again: %s", folder)
            rmtree(folder)
        if super().init_destination(assignment_id, student_id):
            return True
        note("recalled", learner=student_id)
        return False

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """Add what the marks depend on, and the answers that the last ones were given for."""
        resources = super().init_single_notebook_resources(notebook_filename)
        root = str(self.coursedir.root)
        resources["nbgrader"].update(key=self._key, before=self._before, root=root)
        return resources


def _is_harmless(name: str) -> bool:
    """Tell whether a name can stand in the gradebook and in the formgrader, which escapes none."""
    return learner_names([name])[name] == unicodedata.normalize("NFC", name)


def _read_marked(path: Path) -> dict[str, Any]:
    """Read a marked notebook; one that is missing or was cut short gives nothing."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _answers(marked: dict[str, Any]) -> dict[str, str]:
    """Give the text of each cell that nbgrader knows, by its id."""
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in marked.get("cells", [])
        if "nbgrader" in cell["metadata"]
    }
