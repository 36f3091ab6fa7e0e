"""A course of one small chapter, in a workspace of its own."""

import json

import nbformat
import pytest

from tests.autograder.small_chapter import SOLUTIONS

SLUG = "ch99_small"


@pytest.fixture
def small_course(monkeypatch, small):
    """Make the small chapter the only one of the course."""
    from autograder.learner import outline

    text = nbformat.writes(small.notebook)
    for module in ("outline", "checking", "workspace"):
        monkeypatch.setattr(f"autograder.learner.{module}.notebook_slugs", lambda: [SLUG])
        monkeypatch.setattr(f"autograder.learner.{module}.handed_out_text", lambda slug: text)
    monkeypatch.setattr(
        "autograder.submissions.assignment.load_assignment", lambda reference: small
    )
    outline.chapter_outline.cache_clear()
    yield small
    outline.chapter_outline.cache_clear()


@pytest.fixture
def answer(tmp_path):
    """Write answers into the notebook of the workspace."""

    def write(**answers):
        path = tmp_path / f"{SLUG}.ipynb"
        notebook = json.loads(path.read_text())
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").removeprefix("ch99_")
            if name in answers:
                cell["source"] = answers[name]
        path.write_text(json.dumps(notebook))
        return path

    return write


@pytest.fixture
def solutions():
    """Right answers to the small chapter."""
    return dict(SOLUTIONS)
