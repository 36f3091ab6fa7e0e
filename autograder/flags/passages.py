"""Compare code by its short passages, whatever its names, comments and layout.

A cell becomes the sequence of its syntax tree's nodes: names that the cell binds itself are one
and the same word, and docstrings, annotations and imports are left out. A passage is a few words
of it in a row; two cells are as similar as the share of passages that they have in common, so
that moving a statement breaks only the passages at its ends (Broder 1997, shingles; Schleimer et
al. 2003 thin them out for long documents, an answer's hundred are few enough to keep).
"""

import ast
from functools import lru_cache

from autograder.flags.cells import parse_cell

# Measured on chapter 2: solutions, alternatives and three plainly written answers against one
# another, and each against its copy with other names, comments and order of statements (the tests
# hold it). At 5 words independent answers share at most 51 %, copies at least 82 %. At 4 words the
# independent ones come to 56 %, at 8 a moved line takes copies down to 70 %.
WORDS = 5
# `torch.diag(p) - torch.outer(p, p)` has 24 passages: a moved line leaves 45 % of them, less than
# what independent answers share elsewhere, and there is about one way to write it.
MIN_PASSAGES = 40
# From here on two texts are called alike; in the middle of the gap between 51 % and 82 %.
ALIKE = 0.7

Passages = frozenset[tuple[str, ...]]

_SILENT = (ast.Module, ast.Expr, ast.arguments)
_UNREAD_FIELDS = ("returns", "decorator_list", "annotation", "type_comment", "kind", "ctx")
_BOUND = "name"


def passages(tree: ast.Module) -> Passages:
    """List the passages of a piece of Python."""
    words = _words(tree)
    return frozenset(tuple(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1))


@lru_cache(maxsize=10_000)  # a class of 1,000 hands in 8,000 answers, and they are read twice
def passages_of(source: str) -> Passages:
    """List the passages of a cell; none for one that is not Python."""
    tree = parse_cell(source)
    return passages(tree) if tree else frozenset()


def similarity(one: Passages, other: Passages) -> float:
    """Give the share of passages that two texts have in common, from 0 to 1 (Jaccard's index)."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def _words(tree: ast.Module) -> list[str]:
    """Write a tree as words, in the order of its text."""
    words: list[str | ast.Name] = []
    bound: set[str] = set()
    waiting: list[ast.AST] = [tree]  # no recursion: a stranger's tree may be deep
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            words.append(node)
            if isinstance(node.ctx, ast.Store):
                bound.add(node.id)
        elif isinstance(node, ast.arg):
            words.append(_BOUND)
            bound.add(node.arg)
        elif isinstance(node, ast.Constant):
            words.append(repr(node.value))
        elif not _is_unread(node):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bound.add(node.name)
            words += _own_words(node)
            waiting += _children(node)[::-1]
    # Names that the cell itself binds are one word; those of libraries and of Python stay.
    return [w if isinstance(w, str) else _BOUND if w.id in bound else w.id for w in words]


def _own_words(node: ast.AST) -> list[str]:
    # `x: int = 1` and `x = 1` are one.
    kind = "Assign" if isinstance(node, ast.AnnAssign) else type(node).__name__
    words = [] if isinstance(node, _SILENT) else [kind]
    if isinstance(node, ast.Attribute):
        words.append(node.attr)
    elif isinstance(node, ast.keyword):
        words.append(node.arg or "**")
    return words


def _is_unread(node: ast.AST) -> bool:
    """Tell whether a node is a docstring, `...`, a bare declaration or an import."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    declared = isinstance(node, ast.AnnAssign) and node.value is None
    return declared or isinstance(node, ast.Import | ast.ImportFrom)


def _children(node: ast.AST) -> list[ast.AST]:
    children = []
    for field in node._fields:
        value = getattr(node, field, None)
        if field in _UNREAD_FIELDS:
            continue
        if isinstance(value, list):
            children += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            children.append(value)
    return children
