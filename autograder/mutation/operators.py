"""Slips of the pen that happen in any Python code.

A mutation operator takes the tree of an answer and gives edits; each alone makes a mutant. Its
docstring says what the slip is.
"""

import ast
from collections.abc import Iterator

from autograder.mutation.edits import (
    Edit,
    bound_names,
    changed,
    exchanged,
    nodes,
    number,
    without,
)

OTHER_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add, ast.MatMult),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Mod: (ast.Mult, ast.FloorDiv),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor),
    ast.BitOr: (ast.BitAnd, ast.BitXor),
    ast.BitXor: (ast.BitAnd, ast.BitOr),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
COMMUTATIVE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
# The first of each is its negation.
OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.GtE, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Gt: (ast.LtE, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),  # codespell:ignore notin
    ast.NotIn: (ast.In,),  # codespell:ignore notin
}
# Strings that choose a way of working; every other string is emptied.
OPTIONS = (
    ("sum", "mean"),
    ("utf-8", "latin-1"),
    ("ij", "xy"),
    ("left", "right"),
    ("strict", "ignore"),
    ("relu", "gelu"),
)


def arithmetic(tree: ast.AST) -> Iterator[Edit]:
    """Another operator."""
    for node in nodes(tree, ast.BinOp, ast.AugAssign):
        for other in OTHER_OPERATORS[type(node.op)]:
            yield node, changed(node, op=other())


def operands(tree: ast.AST) -> Iterator[Edit]:
    """One operand alone, or the two exchanged."""
    for node in nodes(tree, ast.BinOp):
        yield node, node.left
        yield node, node.right
        if not isinstance(node.op, COMMUTATIVE):
            yield node, changed(node, left=node.right, right=node.left)


def comparisons(tree: ast.AST) -> Iterator[Edit]:
    """Another comparison: the opposite, or one that differs on the boundary."""
    for node in nodes(tree, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in OTHER_COMPARISONS[type(op)]:
                yield node, changed(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])


def booleans(tree: ast.AST) -> Iterator[Edit]:
    """`and` for `or`, or one part left out."""
    for node in nodes(tree, ast.BoolOp):
        yield node, changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for i in range(len(node.values)):
            rest = without(node.values, i)
            yield node, changed(node, values=rest) if len(rest) > 1 else rest[0]


def signs(tree: ast.AST) -> Iterator[Edit]:
    """`-`, `~` or `not` left out."""
    for node in nodes(tree, ast.UnaryOp):
        yield node, node.operand


def conditions(tree: ast.AST) -> Iterator[Edit]:
    """A condition negated, or the filter of a comprehension left out."""
    for node in nodes(tree, ast.If, ast.While, ast.IfExp):
        # A comparison or a `not` is turned by its own operator.
        if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield node, changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    for node in nodes(tree, ast.comprehension):
        for i in range(len(node.ifs)):
            yield node, changed(node, ifs=without(node.ifs, i))


def constants(tree: ast.AST) -> Iterator[Edit]:
    """Numbers off by one, 0 and 1; True and False exchanged; 0 for None; another option."""
    negated = [
        node
        for node in nodes(tree, ast.UnaryOp)
        if isinstance(node.op, ast.USub) and _is_number(node.operand)
    ]
    inside = {id(node.operand) for node in negated}
    for node in negated:
        yield from ((node, other) for other in _other_numbers(-ast.literal_eval(node.operand)))
    for node in nodes(tree, ast.Constant):
        if id(node) in inside:
            continue
        if _is_number(node):
            yield from ((node, other) for other in _other_numbers(ast.literal_eval(node)))
        elif isinstance(node.value, bool):
            yield node, ast.Constant(not node.value)
        elif node.value is None:
            yield node, ast.Constant(0)
        elif isinstance(node.value, str):
            yield node, ast.Constant(_other_string(node.value))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _other_numbers(value: float) -> Iterator[ast.expr]:
    others = {value - 1, value + 1, type(value)(0), type(value)(1)} - {value}
    return map(number, sorted(others))


def _other_string(text: str) -> str:
    for one, other in OPTIONS:
        if text in (one, other):
            return other if text == one else one
    return ""


def statements(tree: ast.AST) -> Iterator[Edit]:
    """A statement left out, or `break` and `continue` exchanged."""
    last = {
        id(node.body[-1])
        for node in nodes(tree, ast.FunctionDef)
        if isinstance(node.body[-1], ast.Return)
    }
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
    for node in nodes(tree, ast.stmt):
        if not isinstance(node, kept) and id(node) not in last:
            yield node, ast.Pass()
        if isinstance(node, ast.Break):
            yield node, ast.Continue()
        elif isinstance(node, ast.Continue):
            yield node, ast.Break()


def returns(tree: ast.AST) -> Iterator[Edit]:
    """Results in another order, or nothing returned."""
    for node in nodes(tree, ast.Return):
        if isinstance(node.value, ast.Tuple):
            for i in range(len(node.value.elts) - 1):
                elements = exchanged(node.value.elts, i)
                yield node, changed(node, value=changed(node.value, elts=elements))
        else:
            yield node, changed(node, value=None)


def slices(tree: ast.AST) -> Iterator[Edit]:
    """A bound of a slice left out, or the whole index."""
    for node in nodes(tree, ast.Slice):
        for bound in ("lower", "upper", "step"):
            if getattr(node, bound) is not None:
                yield node, changed(node, **{bound: None})
    for node in nodes(tree, ast.Subscript):
        if isinstance(node.ctx, ast.Load):
            yield node, node.value


def arguments(tree: ast.AST) -> Iterator[Edit]:
    """Two arguments of a call exchanged, or one left out."""
    for node in nodes(tree, ast.Call):
        for i in range(len(node.args) - 1):
            yield node, changed(node, args=exchanged(node.args, i))
        for i in range(len(node.args)):
            yield node, changed(node, args=without(node.args, i))
        for i in range(len(node.keywords)):
            yield node, changed(node, keywords=without(node.keywords, i))


def names(tree: ast.AST) -> Iterator[Edit]:
    """Another name: of a parameter annotated alike, of a variable bound or read beside it."""
    alike = [*_parameters_alike(tree), *_bound_together(tree), *_read_together(tree)]
    for node in nodes(tree, ast.Name):
        if isinstance(node.ctx, ast.Load):
            others = {other for group in alike if node.id in group for other in group}
            for other in sorted(others - {node.id}):
                yield node, changed(node, id=other)


def _parameters_alike(tree: ast.AST) -> Iterator[set[str]]:
    """Group the parameters of each function by their annotation, shapes aside."""
    for function in nodes(tree, ast.FunctionDef):
        groups: dict[str, set[str]] = {}
        for parameter in (
            *function.args.posonlyargs,
            *function.args.args,
            *function.args.kwonlyargs,
        ):
            kind = parameter.annotation
            head = kind.value if isinstance(kind, ast.Subscript) else kind
            groups.setdefault(ast.unparse(head) if head else "", set()).add(parameter.arg)
        yield from groups.values()


def _bound_together(tree: ast.AST) -> Iterator[set[str]]:
    """Group the names that one assignment or loop binds side by side."""
    for node in nodes(tree, ast.Tuple):
        if isinstance(node.ctx, ast.Store):
            yield {one.id for one in node.elts if isinstance(one, ast.Name)}


def _read_together(tree: ast.AST) -> Iterator[set[str]]:
    """Group the answer's own names that one simple statement reads."""
    own = bound_names(tree)
    for statement in nodes(tree, ast.Assign, ast.AugAssign, ast.Return, ast.Expr):
        yield own & {one.id for one in nodes(statement, ast.Name) if isinstance(one.ctx, ast.Load)}


OPERATORS = (
    *(arithmetic, operands, comparisons, booleans, signs, conditions, constants),
    *(statements, returns, slices, arguments, names),
)
