"""Slips of the pen that happen in code about tensors; written like those of `operators`."""

import ast
from collections.abc import Iterator

from torch import Tensor

from autograder.mutation.edits import Edit, bound_names, changed, exchanged, nodes, number

AXIS_KEYWORDS = ("dim", "axis", "dim0", "dim1")
OTHER_AXES = (-2, -1, 0, 1)
# Functions and methods that are easily taken for each other.
PAIRS = (
    *(("amax", "amin"), ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum")),
    *(("sum", "mean"), ("sum", "amax"), ("cumsum", "cumprod"), ("any", "all"), ("std", "var")),
    *(("softmax", "log_softmax"), ("exp", "log"), ("exp", "expm1"), ("sqrt", "square")),
    *(("cos", "sin"), ("tril", "triu"), ("zeros", "ones"), ("zeros_like", "ones_like")),
    *(("floor", "ceil"), ("eq", "ne"), ("repeat", "repeat_interleave"), ("outer", "dot")),
    *(("append", "extend"), ("sorted", "reversed")),
)
DTYPES = (
    *(("float32", "float64"), ("float64", "float32"), ("float16", "float32")),
    *(("bfloat16", "float32"), ("int64", "int32"), ("int32", "int64"), ("bool", "uint8")),
)
DTYPE_METHODS = (("float", "double"), ("double", "float"), ("half", "float"), ("long", "int"))
TRANSPOSES = ("T", "mT", "H", "mH")
LARGE = 1e9  # what stands for infinity in hurried code


def axes(tree: ast.AST) -> Iterator[Edit]:
    """Another axis in `dim=` or `axis=`; a positional one is a constant like others."""
    for call in nodes(tree, ast.Call):
        for keyword in call.keywords:
            if keyword.arg in AXIS_KEYWORDS:
                for axis in OTHER_AXES:
                    yield keyword.value, number(axis)


def transposes(tree: ast.AST) -> Iterator[Edit]:
    """`.T` or `.mT` left out; `transpose(…)` is a call like others."""
    for node in nodes(tree, ast.Attribute):
        if node.attr in TRANSPOSES:
            yield node, node.value


def calls(tree: ast.AST) -> Iterator[Edit]:
    """A step left out: `x.sub(m).exp()` becomes `x.exp()`, `torch.exp(x)` becomes `x`."""
    own = bound_names(tree)
    for node in nodes(tree, ast.Call):
        function = node.func
        if isinstance(function, ast.Attribute) and not _is_module(function.value, own):
            yield node, function.value
        elif node.args and not isinstance(node.args[0], ast.Starred):
            yield node, node.args[0]


def _is_module(node: ast.AST, own: set[str]) -> bool:
    """Judge whether a dotted name starts outside the answer, as `torch.nn` does."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id not in own


def pairs(tree: ast.AST) -> Iterator[Edit]:
    """A function of the same kind: `amin` for `amax`, `mean` for `sum`, `log` for `exp`."""
    own = bound_names(tree)
    for node in nodes(tree, ast.Attribute, ast.Name):
        field = "attr" if isinstance(node, ast.Attribute) else "id"
        name = getattr(node, field)
        if field == "attr" or name not in own:
            for other in _partners(name):
                yield node, changed(node, **{field: other})


def _partners(name: str) -> Iterator[str]:
    for one, other in PAIRS:
        if name in (one, other):
            yield other if name == one else one


def dtypes(tree: ast.AST) -> Iterator[Edit]:
    """Another dtype, as in `torch.float64` or `.double()`."""
    for node in nodes(tree, ast.Attribute):
        for one, other in (*DTYPES, *DTYPE_METHODS):
            if node.attr == one:
                yield node, changed(node, attr=other)


def infinities(tree: ast.AST) -> Iterator[Edit]:
    """A large number for infinity."""
    for node in nodes(tree, ast.Attribute, ast.Call):
        if ast.unparse(node) in ("math.inf", "torch.inf", "np.inf", "float('inf')"):
            yield node, number(LARGE)
        elif ast.unparse(node) == "float('-inf')":
            yield node, number(-LARGE)


def in_place(tree: ast.AST) -> Iterator[Edit]:
    """`x.exp_()` for `x.exp()` on a value that was handed in."""
    handed_in = bound_names(tree) - set(_computed_names(tree))
    for call in nodes(tree, ast.Call):
        method = call.func
        if (
            isinstance(method, ast.Attribute)
            and hasattr(Tensor, f"{method.attr}_")
            and isinstance(method.value, ast.Name)
            and method.value.id in handed_in
        ):
            yield call, changed(call, func=changed(method, attr=f"{method.attr}_"))


def _computed_names(tree: ast.AST) -> Iterator[str]:
    """Give the names that `=` binds; parameters and loop variables may be the caller's own."""
    for statement in nodes(tree, ast.Assign, ast.AnnAssign, ast.AugAssign):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def results(tree: ast.AST) -> Iterator[Edit]:
    """A result cut off from its gradient, or in another dtype."""
    for function in nodes(tree, ast.FunctionDef):
        if function.returns is None or "Tensor" not in ast.unparse(function.returns):
            continue
        for node in nodes(function, ast.Return):
            value = node.value
            for one in value.elts if isinstance(value, ast.Tuple) else [value]:
                if one is not None:
                    yield one, _call_of_method(one, "detach")
                    yield one, _call_of_method(one, "float")


def _call_of_method(value: ast.expr, method: str) -> ast.expr:
    return ast.Call(ast.Attribute(value, method, ast.Load()), [], [])


def einsum_axes(tree: ast.AST) -> Iterator[Edit]:
    """Two axes of an einsum's result exchanged, or two of an operand's."""
    for node in nodes(tree, ast.Constant):
        if isinstance(node.value, str) and "->" in node.value:
            letters = list(node.value)
            for i in range(len(letters) - 1):
                if letters[i].isalpha() and letters[i + 1].isalpha():
                    yield node, ast.Constant("".join(exchanged(letters, i)))


OPERATORS = (
    *(axes, transposes, calls, pairs, dtypes, infinities),
    *(in_place, results, einsum_axes),
)
