"""Refuse the calls that would solve an exercise at once.

Two nets. `refused_names` reads the syntax tree of the learner's cells: what the exported functions
use, through helpers, import aliases and plain assignments. `refuse_calls` watches torch while a
function runs and names the operator, so that an alias, `getattr` or a module that calls it counts.

Stops: the listed names by any import alias or assignment at the top of a cell; the listed methods;
every torch function, method or aten operator of the same name, private twins included.
Does not stop: a numpy, `course_lib` or pure Python function reached by `getattr`, `importlib`, a
container or `exec`; the same arithmetic under another name. Hiding a call on purpose is for a
person to see, and gains nothing over writing the lines.
"""

import ast
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode

TENSOR = "torch.Tensor."

# Operators that torch runs under another name than the function that a learner would call.
FAMILIES = {
    "softmax": ("safe_softmax", "masked_softmax", "sparse_softmax"),
    "log_softmax": ("sparse_log_softmax",),
    "scaled_dot_product_attention": (
        "fused_sdp_choice",
        "scaled_dot_product_attention_math",
        "scaled_dot_product_attention_math_for_mps",
        "scaled_dot_product_cudnn_attention",
        "scaled_dot_product_efficient_attention",
        "scaled_dot_product_flash_attention",
        "scaled_dot_product_flash_attention_for_cpu",
        "native_multi_head_attention",
    ),
}


class RefusedCallError(Exception):
    """A call that the exercise does not allow."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not allowed in this exercise: write the steps yourself")


def refused_names(source: str, exports: Iterable[str], not_allowed: Collection[str]) -> list[str]:
    """Find the calls not allowed that the exported functions use.

    Args:
        source: The learner's cells and the given ones before them, as one text.
        exports: The functions to start from; helpers that they use are followed.
        not_allowed: Dotted names; `torch.Tensor.softmax` means the method.

    Returns:
        The names not allowed, sorted. None for a text that is not Python, which cannot run either.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    definitions, aliases = _top_level(tree)
    methods = {name.rpartition(".")[2] for name in not_allowed if name.startswith(TENSOR)}
    found = set()
    for node in _reachable(definitions, exports):
        dotted = _dotted(node, aliases)
        if dotted in not_allowed:
            found.add(dotted)
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in methods
            and not _is_module(node.value, aliases)
        ):
            found.add(f"{TENSOR}{node.attr}")
    return sorted(found)


@contextlib.contextmanager
def refuse_calls(not_allowed: Collection[str]) -> Iterator[None]:
    """Raise RefusedCallError in the body when torch is asked for an operator of a listed name."""
    operators = _operators(not_allowed)
    if not operators:
        yield
        return
    with _RefuseFunctions(operators), _RefuseOperators(operators):
        yield


class _RefuseFunctions(TorchFunctionMode):
    """Sees every torch function and method that Python calls."""

    def __init__(self, operators: dict[str, str]) -> None:
        super().__init__()
        self.operators = operators

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        name = resolve_name(func) or getattr(func, "__name__", "")
        # `aten.softmax.int` names operator and overload, `torch.softmax` module and function.
        parts = name.split(".")
        base = parts[1] if parts[0] == "aten" and len(parts) > 1 else parts[-1]
        _refuse(base, self.operators)
        return func(*args, **(kwargs or {}))


class _RefuseOperators(TorchDispatchMode):
    """Sees every operator that runs, those inside torch's own functions too."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep torch from importing its compiler, a second of the first call's time."""
        return False

    def __init__(self, operators: dict[str, str]) -> None:
        super().__init__()
        self.operators = operators

    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        _refuse(str(func).split(".")[1], self.operators)  # such as `aten._softmax.default`
        return func(*args, **(kwargs or {}))


def _refuse(operator: str, operators: dict[str, str]) -> None:
    name = operators.get(operator.lstrip("_"))
    if name is not None:
        raise RefusedCallError(name)


def _operators(not_allowed: Collection[str]) -> dict[str, str]:
    """Map operator names to the listed name that covers them; the plainest name speaks for all."""
    operators: dict[str, str] = {}
    for name in sorted(not_allowed, key=lambda name: (len(name), name)):
        if name.startswith("torch."):
            base = name.rpartition(".")[2]
            for operator in (base, *FAMILIES.get(base, ())):
                operators.setdefault(operator, name)
    return operators


def _top_level(tree: ast.Module) -> tuple[dict[str, list[ast.stmt]], dict[str, str]]:
    """Collect the statements that bind each name, and what the imported names stand for."""
    definitions: dict[str, list[ast.stmt]] = {}
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                aliases[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions[node.name] = [node]
        else:
            for name in _stored(node):
                definitions.setdefault(name, []).append(node)
    return definitions, aliases


def _stored(node: ast.stmt) -> set[str]:
    """Give the names that a statement binds."""
    names = {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    nested = (one.name for one in ast.walk(node) if isinstance(one, ast.FunctionDef | ast.ClassDef))
    return names | set(nested)


def _reachable(
    definitions: dict[str, list[ast.stmt]], exports: Iterable[str]
) -> Iterator[ast.Name | ast.Attribute]:
    """Walk over the names used by the exported functions and by what they use.

    A name that a function binds itself is its own and leads nowhere: `shares` in an answer is not
    the `shares` of a cell that tries something out.
    """
    waiting, seen = list(exports), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for statement in definitions.get(name, ()):
            local = _local(statement)
            for node in ast.walk(statement):
                if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                    yield node
                    if isinstance(node, ast.Name) and node.id not in local:
                        waiting.append(node.id)


def _local(statement: ast.stmt) -> set[str]:
    """Give the names that a function binds in its body or takes as arguments."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    arguments = {one.arg for one in ast.walk(statement) if isinstance(one, ast.arg)}
    return arguments | set().union(*(_stored(one) for one in statement.body))


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str | None:
    """Write a chain of attributes as a dotted name, its imported root resolved."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        root = _dotted(node.value, aliases)
        return f"{root}.{node.attr}" if root else None
    return None


def _is_module(node: ast.expr, aliases: dict[str, str]) -> bool:
    return _dotted(node, aliases) is not None
