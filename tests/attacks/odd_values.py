"""Functions that return something which is hard to send, to print or to look at."""

from tests.attacks.registry import ALL, answer


@answer(because="is a generator, expected")
def generator():
    """Returns a generator, which runs code when it is looked at."""
    return """
        def double(x):
            while True:
                yield 2 * x
    """


@answer(because="is a coroutine, expected")
def coroutine():
    """Is a coroutine function, which returns before it has done anything."""
    return """
        async def double(x):
            return 2 * x
    """


@answer(because="nested too deep")
def list_that_holds_itself():
    """Returns a list that holds itself, for whoever walks through it."""
    return """
        def double(x):
            endless = []
            endless.append(endless)
            return endless
    """


@answer(because="too many parts")
def a_million_values():
    """Returns two million numbers one by one."""
    return """
        def double(x):
            return [0] * 2_000_000
    """


@answer(because="too many digits")
def an_endless_integer():
    """Returns an integer that takes minutes to print."""
    return """
        def double(x):
            return 1 << 10_000_000
    """


@answer(because="bytes")
def a_tensor_of_a_gigabyte():
    """Returns a tensor that is larger than any message, though it takes no memory."""
    return """
        import torch

        def double(x):
            return torch.zeros(1).expand(1 << 28)
    """


@answer(because="expected an int")
def a_name_that_is_a_page():
    """Returns an object whose type is called like a script of a web page."""
    return """
        evil = type("<script>alert(document.cookie)</script>\\x1b[2J", (), {})

        def double(x):
            return evil()
    """


@answer(because="the value cannot be read (no name)")
def type_without_a_name():
    """Returns an object whose type raises when it is asked for its name."""
    return """
        class Nameless(type):
            @property
            def __name__(cls):
                raise RuntimeError("no name")

        class Thing(metaclass=Nameless):
            pass

        def double(x):
            return Thing()
    """


@answer(because="is an Opaque, expected an int")
def handle_forged():
    """Returns the codec's own stand-in for values that do not cross."""
    return """
        from autograder.sandbox.wire import Opaque

        def double(x):
            return Opaque("int")
    """


@answer(because="is a Lies, expected an int")
def dictionary_that_lies():
    """Returns a dictionary whose items are never the same twice."""
    return """
        import itertools

        class Lies(dict):
            count = itertools.count()
            items = lambda self: [(next(self.count), self)]
            __len__ = lambda self: next(self.count)

        def double(x):
            return Lies(a=1)
    """


@answer(because="'int' object is not callable")
def no_function():
    """Binds the name of the function to a number."""
    return "double = 60"


@answer(points=ALL)
def callable_object():
    """Is an object that can be called and is right: an honest oddity, which deserves its points."""
    return """
        class Doubler:
            def __call__(self, x):
                return 2 * x

        double = Doubler()
    """


@answer(points=ALL)
def odd_views():
    """Returns right values in odd memory (a negated view, strides, a gradient): honest too."""
    return """
        import torch

        def double(x):
            if isinstance(x, int):
                return 2 * x
            wide = torch.stack([-2 * x, x], dim=-1).requires_grad_()
            return -wide[..., 0] if x.dim() else -wide[0]
    """


@answer(because=("too many digits", "is a ndarray, expected a tensor"))
def values_that_cannot_be_printed():
    """Returns an integer that Python refuses to print, and numbers that torch does not know."""
    return """
        import numpy as np

        def double(x):
            return 1 << 16000 if isinstance(x, int) else np.zeros(x.shape, dtype=np.longdouble)
    """


@answer(because="is a ndarray, expected a tensor")
def bytes_in_another_order():
    """Returns an array whose numbers are written the other way round."""
    return """
        import numpy as np

        def double(x):
            return np.zeros(3, dtype=">f4")
    """


@answer(because="too many parts")
def a_list_of_lists():
    """Returns few values that print as a million."""
    return """
        def double(x):
            return [[0] * 1000] * 900
    """
