"""Where the code says the same thing twice: stretches that become each other by renaming.

Two things are compared, neither by names nor by comments:

- whole functions, without docstrings, annotations and decorators, whose bodies have at least
  `FUNCTION` parts;
- runs of statements, whatever their constants are too, of at least `RUN` parts.

A part is an expression or a statement of the syntax tree. Answers of exercises are left out: each
is written out whole, because what it shows is the one line in which it differs from another.
"""

import ast
import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from autograder.chapters.twins import normal_form

FUNCTION, RUN = 22, 40
ANSWERS = {"item", "misconception", "alternative"}  # what an exercise decorates


@dataclass(frozen=True, order=True)
class Place:
    """A stretch of code: its file, the function around it, and its lines."""

    path: str
    function: str
    first: int
    last: int

    @property
    def name(self) -> str:
        """How an exception calls it: without lines, which move."""
        return f"{self.path}: {self.function}"

    def covers(self, other: "Place") -> bool:
        """Whether the other is a part of this one."""
        return self.path == other.path and self.first <= other.first and other.last <= self.last


@dataclass(frozen=True)
class Stretch:
    """A run of statements, and where it stands."""

    place: Place
    statements: list[ast.stmt]


def find_duplicates(paths: Iterable[Path], root: Path) -> list[tuple[Place, ...]]:
    """List the groups of places that say the same, the longest first.

    Args:
        paths: Python files; each is compared with itself too.
        root: Folder from which places are named.
    """
    functions: dict[str, list[Place]] = defaultdict(list)
    runs: dict[tuple[str, ...], list[Stretch]] = defaultdict(list)
    for path in paths:
        name = path.relative_to(root).as_posix()
        for function in functions_in(ast.parse(path.read_text(encoding="utf-8"))):
            if sum(map(parts, without_text(function.body))) >= FUNCTION:
                place = Place(name, function.name, function.lineno, function.end_lineno or 0)
                functions[normal_form(function)].append(place)
            for run in runs_of(function, name):
                # The kinds of nodes are read in no time, and tell most runs apart.
                kinds = (type(node).__name__ for part in run.statements for node in ast.walk(part))
                runs[tuple(kinds)].append(run)
    groups = [*functions.values(), *(group for alike in runs.values() for group in equal(alike))]
    return longest([group for group in groups if len(group) > 1])


def equal(runs: list[Stretch]) -> Iterable[list[Place]]:
    """Group runs that differ in names and constants alone."""
    groups: dict[str, list[Place]] = defaultdict(list)
    for run in runs if len(runs) > 1 else []:
        body: list[ast.stmt] = [Blank().visit(copy.deepcopy(each)) for each in run.statements]
        wrapped = ast.parse("def run(): ...").body[0]
        assert isinstance(wrapped, ast.FunctionDef)
        wrapped.body = body
        groups[normal_form(wrapped)].append(run.place)
    return groups.values()


def longest(groups: list[list[Place]]) -> list[tuple[Place, ...]]:
    """Leave out what is a part of a longer repetition."""
    kept: list[tuple[Place, ...]] = []
    for group in sorted(groups, key=lambda group: (group[0].first - group[0].last, group)):
        if not any(all(any(p.covers(q) for p in other) for q in group) for other in kept):
            kept.append(tuple(sorted(group)))
    return kept


class Blank(ast.NodeTransformer):
    """Replace every constant by the empty one of its kind."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(None if node.value in (None, ...) else type(node.value)())


def functions_in(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Walk the functions and methods, those in others too; answers of exercises are left out."""
    for child in ast.iter_child_nodes(tree):
        if not is_answer(child):
            if isinstance(child, ast.FunctionDef):
                yield child
            yield from functions_in(child)


def is_answer(node: ast.AST) -> bool:
    """Tell whether something is an answer or a check that an exercise registers."""
    decorators = getattr(node, "decorator_list", [])
    calls = [each.func if isinstance(each, ast.Call) else each for each in decorators]
    return any(isinstance(call, ast.Attribute) and call.attr in ANSWERS for call in calls)


def parts(node: ast.AST) -> int:
    """Count the expressions and statements of a piece of code."""
    return sum(isinstance(each, ast.expr | ast.stmt) for each in ast.walk(node))


def runs_of(function: ast.FunctionDef, path: str) -> Iterator[Stretch]:
    """Walk every long enough run of statements that stand one below the other in a function."""
    for block in blocks_of(function):
        for first in range(len(block)):
            for last, size in enumerate(accumulate(map(parts, block[first:])), start=first):
                if size >= RUN:
                    lines = block[first].lineno, block[last].end_lineno or 0
                    yield Stretch(Place(path, function.name, *lines), block[first : last + 1])


def blocks_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Walk the lists of statements below a node; those of functions inside it are their own."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield without_text(block)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef):
            yield from blocks_of(child)


def without_text(block: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out the docstring, and texts below constants."""
    return [
        each
        for each in block
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
