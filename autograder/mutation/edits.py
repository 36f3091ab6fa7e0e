"""Change one place of a syntax tree: what the mutation operators are written with."""

import ast
import copy
from collections.abc import Iterator
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)
One = TypeVar("One")

# A node of a tree, and what stands in its place.
Edit = tuple[ast.AST, ast.AST]


def nodes(tree: ast.AST, *kinds: type[Node]) -> Iterator[Node]:
    """Give the nodes of some kinds that do something: no annotation, no docstring.

    Args:
        tree: A module.
        *kinds: Classes of nodes.
    """
    idle = {id(inner) for outer in _idle(tree) for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        if isinstance(node, kinds) and id(node) not in idle:
            yield node


def _idle(tree: ast.AST) -> Iterator[ast.AST]:
    """Give the parts of a tree that change no result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node


def changed(node: Node, **fields: Any) -> Node:  # noqa: ANN401  (fields of a node are of any type)
    """Copy a node with some of its fields replaced."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def with_edit(node: ast.AST, edit: Edit) -> ast.AST:
    """Copy a tree with one node replaced."""
    old, new = edit
    if node is old:
        return new
    fields = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            fields[name] = with_edit(value, edit)
        elif isinstance(value, list):
            fields[name] = [
                with_edit(one, edit) if isinstance(one, ast.AST) else one for one in value
            ]
    return changed(node, **fields)


def bound_names(tree: ast.AST) -> set[str]:
    """Give the names that a piece of code binds itself: parameters, variables, functions."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def number(value: float) -> ast.expr:
    """Write a number; a negative one as Python reads it, with the brackets that its minus needs."""
    positive = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), positive) if value < 0 else positive


def without(sequence: list[One], index: int) -> list[One]:
    """Copy a list without one of its members."""
    return [*sequence[:index], *sequence[index + 1 :]]


def exchanged(sequence: list[One], index: int) -> list[One]:
    """Copy a list with one of its members and the next exchanged."""
    first, second = sequence[index : index + 2]
    return [*sequence[:index], second, first, *sequence[index + 2 :]]
