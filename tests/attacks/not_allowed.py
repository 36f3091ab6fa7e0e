"""Calls that are not allowed, hidden in many ways.

The outputs are right, so that the points are not *undeserved*; which net catches a way is said in
`because`. A way that no net catches is `hidden_call`: it gets its points, gains nothing over the
line that it hides, and is for a person to see (`autograder.flags`).
"""

from functools import partial

from tests.attacks import registry
from tests.attacks.registry import ALL

# Stock nbgrader knows of no calls that are not allowed.
answer = partial(registry.answer, comparable=False)

REFUSED = "torch.multiply is not allowed in this exercise"


@answer(because=REFUSED)
def by_another_name():
    """Imports the function under another name."""
    return """
        from torch import multiply as add

        def double(x):
            return add(torch.as_tensor(x), 2) if not isinstance(x, int) else x + x
    """


@answer(because=REFUSED)
def through_helpers():
    """Calls it in a helper of a helper."""
    return """
        import torch as numpy

        def helper(x):
            return numpy.multiply(x, 2)

        class Machine:
            work = staticmethod(lambda x: helper(x))

        def double(x):
            return x + x if isinstance(x, int) else Machine.work(x)
    """


@answer(because=REFUSED)
def in_a_default_argument():
    """Binds it in a default argument."""
    return """
        import torch

        def double(x, how=torch.multiply):
            return x + x if isinstance(x, int) else how(x, 2)
    """


@answer(because=REFUSED)
def in_a_decorator():
    """Binds it in a decorator, which swaps the function for it."""
    return """
        import torch

        def swap(function):
            return lambda x: x + x if isinstance(x, int) else torch.multiply(x, 2)

        @swap
        def double(x):
            return x
    """


@answer(because=REFUSED, points=50.0)
def by_getattr():
    """Asks for it by a name that is put together: the watch over torch sees the call."""
    return """
        import torch

        def double(x):
            return x + x if isinstance(x, int) else getattr(torch, "multi" + "ply")(x, 2)
    """


@answer(because=REFUSED, points=50.0)
def by_importlib():
    """Imports the module by a name that is put together: the watch over torch sees the call."""
    return """
        import importlib

        def double(x):
            if isinstance(x, int):
                return x + x
            return vars(importlib.import_module("to" + "rch"))["multi" + "ply"](x, 2)
    """


@answer(because=REFUSED, points=50.0)
def by_exec():
    """Writes the call into a text and runs that: the watch over torch sees the call."""
    return """
        import torch

        def double(x):
            if isinstance(x, int):
                return x + x
            names = {"torch": torch, "x": x}
            exec("y = torch.multi" + "ply(x, 2)", names)
            return names["y"]
    """


@answer(because=REFUSED)
def by_the_operator_itself():
    """Calls the operator below the function by its own name."""
    return """
        import torch

        def double(x):
            return x + x if isinstance(x, int) else torch.ops.aten.multiply(x, torch.tensor(2))
    """


@answer(because=REFUSED, points=50.0)
def by_the_c_function():
    """Takes the function from torch's module in C: the watch over torch sees the call."""
    return """
        import torch

        multi = getattr(torch._C._VariableFunctions, "multi" + "ply")

        def double(x):
            return x + x if isinstance(x, int) else multi(x, 2)
    """


@answer(points=ALL, hidden_call=True)
def watch_switched_off():
    """Switches torch's own watching off around the call; no net sees it."""
    return """
        import torch

        def double(x):
            with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
                name = "multi" + "ply"
                return x + x if isinstance(x, int) else getattr(torch, name)(x, 2)
    """


@answer(points=ALL, hidden_call=True)
def in_another_thread():
    """Makes the call in a thread of its own, which nobody watches."""
    return """
        import threading

        import torch

        def double(x):
            if isinstance(x, int):
                return x + x
            results = []
            name = "multi" + "ply"
            work = lambda: results.append(getattr(torch, name)(x, 2))
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            return results[0]
    """
