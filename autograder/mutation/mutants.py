"""All the mutants of an answer: the answer with one slip of the pen each."""

import ast
import difflib
import random
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from autograder.mutation import operators, tensor_operators
from autograder.mutation.edits import Edit, with_edit

OPERATORS = (*operators.OPERATORS, *tensor_operators.OPERATORS)


@dataclass(frozen=True)
class Mutant:
    """An answer with one place changed.

    Attributes:
        operator: Name of the operator that changed it.
        reference: The answer, as Python itself would write it: without comments.
        source: The same with the change.
    """

    operator: str
    reference: str
    source: str

    @cached_property
    def diff(self) -> str:
        """The change as a unified diff, with a line of context."""
        return "\n".join(self._diff_lines(context=1)[2:])

    @property
    def change(self) -> tuple[str, str]:
        """The lines that changed, before and after: two mutants may have the same."""
        return self.before, self.after

    @property
    def before(self) -> str:
        """The lines that changed, as they were, without indentation."""
        return self._changed_lines("-")

    @property
    def after(self) -> str:
        """The lines that changed, as they are."""
        return self._changed_lines("+")

    def _changed_lines(self, sign: str) -> str:
        lines = self._diff_lines(context=0)[2:]
        return "\n".join(line[1:].strip() for line in lines if line.startswith(sign))

    def _diff_lines(self, context: int) -> list[str]:
        before, after = self.reference.splitlines(), self.source.splitlines()
        return list(difflib.unified_diff(before, after, lineterm="", n=context))


def make_mutants(answer: str) -> list[Mutant]:
    """Make every mutant of an answer, each once, in the order of the operators.

    Args:
        answer: Text of a cell.

    Returns:
        Mutants that Python can read and whose syntax trees differ from the answer's and from each
        other's.
    """
    tree = ast.parse(answer)
    return list(_distinct(tree, _edits(tree)))


def shuffled_mutants(answer: str, chance: random.Random) -> Iterator[Mutant]:
    """Make the mutants of an answer one by one in a random order, so that a few are a sample.

    Args:
        answer: Text of a cell, or of a module.
        chance: What the order comes from.
    """
    tree = ast.parse(answer)
    edits = list(_edits(tree))
    chance.shuffle(edits)
    return _distinct(tree, edits)


def _edits(tree: ast.AST) -> Iterator[tuple[str, Edit]]:
    for operator in OPERATORS:
        for edit in operator(tree):
            yield operator.__name__, edit


def _distinct(tree: ast.AST, edits: Iterable[tuple[str, Edit]]) -> Iterator[Mutant]:
    reference = ast.unparse(tree)
    seen = {_form(reference)}
    for operator, edit in edits:
        source = ast.unparse(with_edit(tree, edit))
        form = _form(source)
        if form is not None and form not in seen:
            seen.add(form)
            yield Mutant(operator, reference, source)


def _form(source: str) -> str | None:
    """Give the syntax tree as text; None for what Python refuses, such as a `break` in no loop."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # Python finds `x is 0` suspicious
            compile(source, "<mutant>", "exec")
    except SyntaxError:
        return None
    return ast.dump(ast.parse(source))
