"""An appendix under test: its drills, and what their checks say to an answer."""

import contextlib
import io
import warnings
from collections.abc import Mapping, Sequence

from nbformat import NotebookNode

from autograder.chapters.drills import CHECK, DRILL, drill_answers, leave_out_answers
from autograder.source import read_appendix
from autograder.visible import VisibleTestError


class DrillPage:
    """An appendix whose drills can be answered.

    A check runs in a namespace of its own, behind the page's first code cell, which holds the
    imports, and behind those demonstrations that it needs.

    Attributes:
        cells: The cells of the page with the answers in them.
        answers: The right answer to each drill.

    Args:
        name: Of the text in `book/appendices`, without its ending.
        needs: Drill → a piece of each demonstration that its answer or its check needs, in the
            order of the page. A drill that is not named needs the first code cell alone.
    """

    def __init__(self, name: str, needs: Mapping[str, Sequence[str]] | None = None) -> None:
        book = read_appendix(name)
        self.cells: list[NotebookNode] = book.cells
        self.answers = drill_answers(book)
        self._needs = needs or {}
        self._checks = {
            cell.metadata[CHECK]: cell.source for cell in book.cells if _is(cell, CHECK)
        }

    def check(self, drill: str, answer: str) -> str:
        """Run an answer and its check as a learner would.

        Args:
            drill: Name of the drill.
            answer: The code of its cell.

        Returns:
            What the learner is told; nothing if the answer is right.
        """
        names: dict[str, object] = {}
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as printed:
            warnings.simplefilter("ignore")  # a wrong answer may earn a warning of torch's
            for code in [*self.given(drill), answer]:
                exec(code, names)
            try:
                exec(self._checks[drill], names)
            except VisibleTestError as error:
                return str(error)
        assert "✓" in printed.getvalue(), f"the check of {drill} judges nothing"
        return ""

    def given(self, drill: str) -> list[str]:
        """Return the code of the page that a drill needs."""
        first, *others = [
            cell.source
            for cell in self.cells
            if cell.cell_type == "code" and not _is(cell, DRILL) and not _is(cell, CHECK)
        ]
        found = []
        for piece in self._needs.get(drill, ()):
            (code,) = [code for code in others if piece in code]
            found.append(code)
        return [first, *found]

    def with_mistake(self, drill: str, right: str, wrong: str) -> str:
        """Return the answer to a drill in which a piece that occurs once is another."""
        assert self.answers[drill].count(right) == 1, f"{right!r} does not stand once in {drill}"
        return self.answers[drill].replace(right, wrong)

    def stub(self, drill: str) -> str:
        """Return the code that a learner finds in place of the answer."""
        book = NotebookNode(cells=[cell.copy() for cell in self.cells])
        leave_out_answers(book)
        (stub,) = [cell.source for cell in book.cells if cell.metadata.get(DRILL) == drill]
        return stub

    def statement(self, drill: str) -> str:
        """Return the text in front of a drill's cell."""
        at = next(n for n, cell in enumerate(self.cells) if cell.metadata.get(DRILL) == drill)
        return self.cells[at - 1].source


def _is(cell: NotebookNode, role: str) -> bool:
    return role in cell.metadata
