"""Refuse the calls that would solve an exercise at once.

Two nets. `refused_names` reads the text of the learner's cells (`autograder.sandbox.uses`) and runs
where the learner's code cannot reach. `refuse_calls` watches torch while a function runs, in the
learner's own process, and goes by the operator that torch is asked for.

Stops:
- a listed name, however it is imported, renamed or re-exported by another module of its package;
- the same through a helper, a class, a lambda, a decorator, a default argument or `partial`;
- a torch function, method or module under another name than the listed one: the same last part, or
  one that runs the same operator;
- torch's functions and methods reached by `getattr`, a container, `importlib` or `exec`.
Does not stop:
- a function of numpy, scipy or `course_lib` reached by `getattr` or `exec`, filled into a container
  by a method, or in a text that is longer or deeper than anybody writes;
- torch called by `getattr` while the second net is taken down (torch has switches for it), in
  another thread, or when the cell is run and not the function;
- the same arithmetic under another name, such as the gradient of `logsumexp` for softmax, or a copy
  of the library's lines.
Hiding a call on purpose is for a person to see, and gains nothing over writing the lines. What a
learner defines is theirs, whatever its name: an argument, a function or a method `softmax` is not
`torch.softmax`. An operator sign counts as its function: whoever lists `torch.div` refuses `/`.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.sandbox.uses import find_uses

TENSOR = "torch.Tensor."

# Operators that torch runs under another name than the function that a learner would call.
FAMILIES = {
    "softmax": (
        "masked_softmax",
        "nested_tensor_softmax_with_shape",
        "safe_softmax",
        "sparse_softmax",
        "special_softmax",
    ),
    "log_softmax": ("sparse_log_softmax", "special_log_softmax"),
    "scaled_dot_product_attention": (
        "cudnn_attention_forward",
        "efficient_attention_forward",
        "flash_attention_forward",
        "flash_attention_forward_no_dropout_inplace",
        "fused_sdp_choice",
        "native_multi_head_attention",
        "scaled_dot_product_attention_math",
        "scaled_dot_product_attention_math_for_mps",
        "scaled_dot_product_cudnn_attention",
        "scaled_dot_product_efficient_attention",
        "scaled_dot_product_flash_attention",
        "scaled_dot_product_flash_attention_for_cpu",
        "scaled_dot_product_fused_attention_overrideable",
        "transformer_encoder_layer_fwd",
        "triton_multi_head_attention",
        "triton_scaled_dot_attention",
    ),
}


class RefusedCallError(Exception):
    """Calls that the exercise does not allow."""

    def __init__(self, *names: str) -> None:
        verb = "is" if len(names) == 1 else "are"
        super().__init__(
            f"{' and '.join(names)} {verb} not allowed in this exercise: write the steps yourself"
        )


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
        uses = find_uses(source, exports)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    operators = _operators(not_allowed)
    others = {_ends(name): name for name in not_allowed}
    found = {f"{TENSOR}{name}" for name in uses.methods} & {*not_allowed}
    for name in uses.dotted:
        package, last = _ends(name)
        if name in not_allowed:
            found.add(name)
        elif package == "torch" and last.strip("_") in operators:
            found.add(operators[last.strip("_")])
        elif (package, last) in others:
            found.add(others[package, last])
    return sorted(found)


def _ends(name: str) -> tuple[str, str]:
    """Give package and last part of a dotted name: what a re-export leaves as it is."""
    return name.partition(".")[0], name.rpartition(".")[2]


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
    name = operators.get(operator.strip("_"))  # `_softmax`, `div_`, `__mul__`
    if name is not None:
        raise RefusedCallError(name)


def _operators(not_allowed: Collection[str]) -> dict[str, str]:
    """Map operator names to the listed name that covers them; the plainest name speaks for all."""
    operators: dict[str, str] = {}
    for name in sorted(not_allowed, key=lambda name: (len(name), name)):
        if name.startswith("torch."):
            base = name.rpartition(".")[2].strip("_")
            for operator in (base, *FAMILIES.get(base, ())):
                operators.setdefault(operator, name)
    return operators
