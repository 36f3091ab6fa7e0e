"""Read which names of which modules some functions use, from their text alone.

Nothing is imported or run. Helpers are followed, wherever a name leads to code of the same text:
functions, classes, lambdas, plain assignments, what a decorator or a default argument holds. The
body of a function sees names as they are at the end of the text, everything else as they were when
its statement ran.

Stops: hiding a use behind imports, helpers, classes, decorators or defaults; a text that would take
long to read.
Does not stop: a use that is not written down, such as by `getattr`, `exec` or a filled container.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.sandbox.scopes import (
    Scope,
    class_scope,
    comprehension_scope,
    function_scope,
    module_scope,
)

# Bounds on what a text made to be slow can cost; nobody writes such a thing by hand.
MAX_CHARACTERS = 300_000  # ten times a long notebook; a tree takes hundreds of bytes a character
MAX_CHAIN = 12  # attributes in a row


@dataclass(frozen=True)
class Uses:
    """What functions use.

    Attributes:
        dotted: Names in modules, such as `torch.nn.functional.softmax`, however they were imported.
        methods: Attributes of anything else, such as `softmax` in `x.exp().softmax(-1)`, but none
            that the text gives to an object or a class of its own.
    """

    dotted: frozenset[str]
    methods: frozenset[str]


def find_uses(source: str, functions: Iterable[str]) -> Uses:
    """Find what functions use, through all that they lead to.

    Args:
        source: Python, the cells of a notebook one after the other.
        functions: Names to start from.

    Raises:
        SyntaxError: The text is not Python.
        ValueError: It holds a null character, or is longer than anybody writes.
        RecursionError: It is nested too deeply to be read, or to run.
    """
    if len(source) > MAX_CHARACTERS:
        raise ValueError(f"{len(source)} characters, more than {MAX_CHARACTERS}")
    tree = ast.parse(source)
    reader = _Reader(module_scope(tree))
    for name in functions:
        reader.follow(name, reader.module, None)
    return Uses(frozenset(reader.dotted), frozenset(reader.methods - _own_attributes(tree)))


def join_cells(cells: Iterable[object]) -> str:
    """Join the cells of a notebook that are Python; one that is not holds no function that ran."""
    plain = []
    for cell in cells:
        if isinstance(cell, str) and len(cell) <= MAX_CHARACTERS:
            try:
                ast.parse(cell)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            plain.append(cell)
    return "\n".join(plain)


class _Reader:
    """Walks over code and notes what it uses; each piece once."""

    def __init__(self, module: Scope) -> None:
        self.module = module
        self.dotted: set[str] = set()
        self.methods: set[str] = set()
        self._seen: set[int] = set()
        self._resolved: dict[int, set[str]] = {}
        self._waiting: list[tuple[ast.AST, Scope, int | None]] = []

    def follow(self, name: str, scope: Scope, at: int | None) -> None:
        """Read all that a name leads to."""
        self._look_up(name, scope, at)
        while self._waiting:
            node, scope, at = self._waiting.pop()
            if id(node) not in self._seen:
                self._seen.add(id(node))
                self._read(node, scope, at)

    def _read(self, node: ast.AST, scope: Scope, at: int | None) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._wait(getattr(node, "decorator_list", []), scope, at)
                self._wait([*node.args.defaults, *filter(None, node.args.kw_defaults)], scope, at)
                body = node.body if isinstance(node.body, list) else [node.body]
                self._wait(body, function_scope(node, body, scope.for_functions), None)
            case ast.ClassDef():
                self._wait([*node.decorator_list, *node.bases, *node.keywords], scope, at)
                self._wait(node.body, class_scope(node, scope), at)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._wait(ast.iter_child_nodes(node), comprehension_scope(node, scope), at)
            case ast.AnnAssign():  # what an annotation names is not called
                self._wait(filter(None, [node.value]), scope, at)
            case ast.Name(ctx=ast.Load()):
                self._look_up(node.id, scope, at)
            case ast.Attribute(ctx=ast.Load()):
                found = self._resolve(node, scope, at)
                self.dotted |= found
                if not found:
                    self.methods.add(node.attr)
                self._wait([node.value], scope, at)
            case _:
                self._wait(ast.iter_child_nodes(node), scope, at)

    def _wait(self, nodes: Iterable[ast.AST], scope: Scope, at: int | None) -> None:
        self._waiting += [(node, scope, at) for node in nodes]

    def _look_up(self, name: str, scope: Scope, at: int | None) -> None:
        home, meanings = scope.find(name, at)
        for meaning in meanings:
            if meaning.dotted:
                self.dotted.add(meaning.dotted)
            elif meaning.code:
                self._wait([meaning.code], home, meaning.then)

    def _resolve(self, node: ast.expr, scope: Scope, at: int | None) -> set[str]:
        """Write a chain of attributes as dotted names, where its root stands for a module's."""
        tail = ""
        for _ in range(MAX_CHAIN):
            if not isinstance(node, ast.Attribute):
                break
            node, tail = node.value, f".{node.attr}{tail}"
        if not isinstance(node, ast.Name):
            return set()
        found = set()
        home, meanings = scope.find(node.id, at)
        for meaning in meanings:
            if meaning.dotted:
                found.add(meaning.dotted + tail)
            elif isinstance(meaning.code, ast.Name | ast.Attribute):
                key = id(meaning.code)
                if key not in self._resolved:
                    self._resolved[key] = set()  # what stands for itself stands for nothing
                    self._resolved[key] = self._resolve(meaning.code, home, meaning.then)
                found |= {name + tail for name in self._resolved[key]}
        return found


def _own_attributes(tree: ast.Module) -> set[str]:
    """Name the attributes that the text gives to its own classes and objects."""
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            own |= set(class_scope(node, Scope()).names)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
    return own
