"""nbgrader's course folder for the small chapter, and nbgrader's commands in this process."""

import contextlib
import copy
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

import autograder
from autograder.classroom.database import gradebook_url
from autograder.classroom.gradebook import open_gradebook
from autograder.nbgrader_course import preprocessors
from autograder.nbgrader_course.autograde import CourseAutograde
from autograder.source import solved_notebook
from tests.autograder.small_chapter import REFERENCE, SOLUTIONS, assignment, solved

SLUG = "ch99_small"


class Pool:
    """A pool of one process that somebody else started and will end."""

    def __init__(self, worker):
        self.worker = worker

    @contextlib.contextmanager
    def borrow(self):
        yield self.worker


@contextlib.contextmanager
def lend(worker):
    """Spare nbgrader the start of a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preprocessors, "_workers", lambda unconfined: Pool(worker))
        yield


@contextlib.contextmanager
def commands_on_path():
    """Let nbgrader find the `alembic` of this environment, which it calls for a new database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


def config(root, **judged):
    """Load our configuration, as the `nbgrader_config.py` of a course folder does."""
    folder = Path(autograder.__file__).parent
    loaded = PyFileConfigLoader("nbgrader_config.py", str(folder)).load_config()
    loaded.CourseDirectory.root = str(root)
    loaded.Transplant.chapter = loaded.JudgedExecute.chapter = REFERENCE
    loaded.JudgedExecute.update(judged)
    return loaded


def make_course(root):
    """Write the source and enter the chapter into the gradebook."""
    source = root / "source" / SLUG / f"{SLUG}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(nbformat.writes(solved_notebook(solved())))
    open_gradebook(gradebook_url("", root), assignment())
    return root


def folder_of(root, learner):
    """Make a learner's folder."""
    folder = root / "submitted" / learner / SLUG
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def solution(edit=None, **changes):
    """Make a submission: the solutions, with some cells' texts changed."""
    notebook = copy.deepcopy(assignment().notebook)
    answers = {f"ch99_{name}": text for name, text in {**SOLUTIONS, **changes}.items()}
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    if edit:
        edit(notebook)
    return nbformat.writes(notebook).encode()


def hand_in(root, learner, data):
    """Put a notebook where nbgrader looks for it."""
    path = folder_of(root, learner) / f"{SLUG}.ipynb"
    path.write_bytes(data)
    return path


def autograde(root, learner="*", *, force=False, **judged):
    """Run what `nbgrader autograde ch99_small` runs."""
    settings = config(root, **judged)
    folder = CourseDirectory(config=settings, assignment_id=SLUG, student_id=learner)
    CourseAutograde(coursedir=folder, config=settings, force=force).start()


def marked(root, learner):
    """Where a learner's marked notebook is."""
    return root / "autograded" / learner / SLUG / f"{SLUG}.ipynb"


def marks(root):
    """Read the gradebook: by learner and cell, points by the tests and by hand, and whether
    somebody has to look."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.find_assignment(SLUG).submissions
        }


def mark_by_hand(root, learner, points, words):
    """Do what the formgrader does when a person has marked the answer in words."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, learner)
        grade.manual_score, grade.needs_manual_grade = points, False
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, learner)
        comment.manual_comment = words
        gradebook.db.commit()
