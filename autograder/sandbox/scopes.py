"""What the names in a text of Python mean, by Python's own rules, without importing or running it.

An argument or a local variable hides what the module calls by the same name, and methods do not see
the names of their class. A later definition replaces an earlier one: which one counted is a
question of the statement that asks.

Stops: taking a learner's own argument, variable or function for the module's of the same name.
Does not stop: names that are made while the code runs (`globals`, `exec`, `setattr`).
"""

import ast
import builtins
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

MAX_MEANINGS = 50  # of one name, in branches; a bound on what a text made to be slow can cost

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Meaning:
    """What a statement bound a name to.

    Attributes:
        at: Position of the statement in the module, or -1 inside of a function or a class.
        replaces: Whether what the name meant before is gone.
        dotted: Name in a module, for an import.
        code: Function, class or expression; None with no dotted name: an argument, say.
    """

    at: int
    replaces: bool
    dotted: str = ""
    code: ast.AST | None = None

    @property
    def then(self) -> int | None:
        """The time at which the code looked its names up: its own statement, or the end."""
        # In a branch, what the branch has bound before counts too.
        return None if self.at < 0 else self.at + (not self.replaces)


@dataclass
class Scope:
    """The names of a module, a function, a class or a comprehension.

    Attributes:
        outer: The scope around it.
        is_class: Functions in a class do not see its names.
        names: What each name was bound to, in the order of the text.
        stars: Modules of which every name was imported.
    """

    outer: "Scope | None" = None
    is_class: bool = False
    names: dict[str, list[Meaning]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @property
    def for_functions(self) -> "Scope":
        """The scope that a function defined here looks its names up in."""
        return self.outer.for_functions if self.is_class and self.outer else self

    def find(self, name: str, at: int | None) -> tuple["Scope", list[Meaning]]:
        """Look a name up as of a statement of the module, or of the end of the text."""
        scope = self
        while name not in scope.names and scope.outer:
            scope = scope.outer
        if name not in scope.names and not hasattr(builtins, name):
            return scope, [Meaning(-1, False, f"{module}.{name}") for module in scope.stars]
        known = scope.names.get(name, [])
        end = len(known) if at is None else bisect_left(known, at, key=lambda one: one.at)
        found = []
        for meaning in reversed(known[max(0, end - MAX_MEANINGS) : end]):
            found.append(meaning)
            if meaning.replaces:
                break
        return scope, found


def module_scope(tree: ast.Module) -> Scope:
    """Give the names of a module, with the position of the statement that bound each."""
    scope = Scope()
    for position, statement in enumerate(tree.body):
        _bind(scope, [statement], position)
        for target, value in _stores_into_objects(statement):
            scope.names.setdefault(target, []).append(Meaning(position, False, code=value))
    return scope


def function_scope(node: Function, body: Sequence[ast.AST], outer: Scope) -> Scope:
    """Give the arguments and the local names of a function; `outer` is where it is defined."""
    scope = Scope(outer)
    _bind(scope, body)
    for one in ast.walk(node.args):
        if isinstance(one, ast.arg):
            scope.names.setdefault(one.arg, [])
    for one in _own_nodes(body):
        if isinstance(one, ast.Global | ast.Nonlocal):
            for name in one.names:
                scope.names.pop(name, None)
    return scope


def class_scope(node: ast.ClassDef, outer: Scope) -> Scope:
    """Give the names that the body of a class binds."""
    scope = Scope(outer, is_class=True)
    _bind(scope, node.body)
    return scope


def comprehension_scope(node: Comprehension, outer: Scope) -> Scope:
    """Give the names that a comprehension goes through."""
    targets = [one for part in node.generators for one in ast.walk(part.target)]
    return Scope(outer, names={one.id: [] for one in targets if isinstance(one, ast.Name)})


def _bind(scope: Scope, statements: Sequence[ast.AST], at: int = -1) -> None:
    """Note what statements bind names to.

    Args:
        scope: Where the names belong.
        statements: The body of a function or a class, or one statement of a module.
        at: Position of the statement in the module.
    """
    for node in _own_nodes(statements):
        sure = at >= 0 and node is statements[0]  # and not in a branch that may not be taken
        match node:
            case ast.Import():
                for one in node.names:
                    bound = one.asname or one.name.partition(".")[0]
                    meaning = Meaning(at, sure, one.name if one.asname else bound)
                    scope.names.setdefault(bound, []).append(meaning)
            case ast.ImportFrom():
                _bind_from(scope, node, at, sure)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                scope.names.setdefault(node.name, []).append(Meaning(at, sure, code=node))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                scope.names.setdefault(name, []).append(Meaning(at, False))
            case _:
                for target, value in _assignments(node):
                    for name in _names(target):
                        scope.names.setdefault(name, []).append(Meaning(at, sure, code=value))


def _bind_from(scope: Scope, node: ast.ImportFrom, at: int, sure: bool) -> None:
    for one in node.names:
        if one.name == "*" and node.module:
            _outermost(scope).stars.append(node.module)
        else:
            dotted = "" if node.level else f"{node.module}.{one.name}"
            scope.names.setdefault(one.asname or one.name, []).append(Meaning(at, sure, dotted))


def _outermost(scope: Scope) -> Scope:
    while scope.outer:
        scope = scope.outer
    return scope


def _assignments(node: ast.AST) -> list[tuple[ast.expr, ast.AST]]:
    """Give the targets of a node that assigns, and what is assigned."""
    match node:
        case ast.Assign():
            return [(target, node.value) for target in node.targets]
        case ast.AnnAssign(value=ast.expr() as value):
            return [(node.target, value)]
        case ast.NamedExpr():
            return [(node.target, node.value)]
        case ast.For() | ast.AsyncFor():
            return [(node.target, node.iter)]
        case ast.withitem(optional_vars=ast.expr() as target):
            return [(target, node.context_expr)]
        case _:
            return []


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _stores_into_objects(statement: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Give what is put into objects: `box` and the value of `box.f = value`, `box[0] += value`."""
    for node in _own_nodes([statement]):
        stores = _assignments(node)
        if isinstance(node, ast.AugAssign):
            stores = [(node.target, node.value)]
        for target, value in stores:
            for one in ast.walk(target):
                if isinstance(one, ast.Name) and (
                    isinstance(one.ctx, ast.Load) or isinstance(node, ast.AugAssign)
                ):
                    yield one.id, value


def _own_nodes(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk over code in the order of the text, but not into functions and classes."""
    waiting = [*statements][::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            waiting += [*ast.iter_child_nodes(node)][::-1]
