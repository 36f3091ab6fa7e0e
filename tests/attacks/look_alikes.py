"""Functions that return something which only looks like the answer."""

from tests.attacks.registry import answer

YES = "lambda self, *others: True"


@answer(because="is an Agreeable, expected a tensor", points=50.0)
def tensor_equal_to_everything():
    """Returns a subclass of Tensor that equals everything and is close to it."""
    return f"""
        import torch

        class Agreeable(torch.Tensor):
            __eq__ = __ge__ = __le__ = all = __bool__ = isclose = allclose = equal = {YES}

            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                return True

        def double(x):
            return 2 * x if isinstance(x, int) else torch.zeros(2).as_subclass(Agreeable)
    """


@answer(because="is an Anything, expected an int")
def object_equal_to_everything():
    """Returns an object that equals everything, and lies about its class."""
    return """
        import torch

        class Anything:
            __class__ = torch.Tensor
            shape = dtype = property(lambda self: self)
            __eq__ = __ge__ = __le__ = __bool__ = lambda self, *others: True
            __ne__ = __lt__ = __gt__ = lambda self, *others: False
            __hash__ = None

            def __getattr__(self, name):
                return lambda *args, **kwargs: self

        def double(x):
            return Anything()
    """


@answer(because="is an ANY, expected an int")
def mock_any():
    """Returns the object of the standard library that equals everything."""
    return """
        from unittest.mock import ANY

        type(ANY).__name__ = "ANY"

        def double(x):
            return ANY
    """


@answer(because="is a Near, expected a tensor")
def float_close_to_everything():
    """Returns a float that is equal to every number, and whose difference to it is nothing."""
    return f"""
        class Near(float):
            __eq__ = __ge__ = __le__ = {YES}
            __sub__ = __rsub__ = __abs__ = lambda self, *others: Near(0.0)

        def double(x):
            return Near(1.0)
    """


@answer(because="is an int, expected an int")
def integer_by_the_name_of_int():
    """Returns a subclass of int that calls itself int."""
    return f"""
        fake = type("int", (int,), {{"__eq__": {YES}, "__module__": "builtins"}})

        def double(x):
            return fake(7)
    """


@answer(because="is a bool, expected", points=30.0)
def truth_for_a_number():
    """Returns True for every number; in Python, True is 1."""
    return """
        def double(x):
            return True
    """


@answer(because="is a tensor, expected an int", points=70.0)
def tensor_for_a_number():
    """Returns a tensor of the right value where a plain number is asked for."""
    return """
        import torch

        def double(x):
            return torch.as_tensor(x) * 2
    """


@answer(because="is a ndarray, expected a tensor", points=50.0)
def array_for_a_tensor():
    """Returns an array of the right values where a tensor is asked for."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else x.numpy() * 2
    """


@answer(because="has dtype float64, expected float32", points=50.0)
def another_dtype():
    """Returns the right values in another precision."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else 2 * x.double()
    """


@answer(because="has shape", points=50.0)
def a_shape_that_broadcasts():
    """Returns one row, which stands for all of them where shapes are stretched."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else (2 * x)[:1]
    """


@answer(because="expected a tensor", points=50.0)
def tensor_without_numbers():
    """Returns a tensor on the device `meta`, of the right shape and without numbers."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else x.to("meta")
    """


@answer(because="expected a tensor", points=50.0)
def sparse_tensor():
    """Returns a sparse tensor, whose values are elsewhere."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else (2 * x).to_sparse()
    """


@answer(because="is nan, expected", points=50.0)
def not_a_number():
    """Returns nan, which is neither larger nor smaller than anything."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else x * float("nan")
    """


@answer(because="is inf, expected", points=50.0)
def infinity():
    """Returns infinity, so that relative errors are nan."""
    return """
        def double(x):
            return 2 * x if isinstance(x, int) else x.abs() / 0
    """


@answer(because="is a Parameter, expected a tensor", points=50.0)
def parameter():
    """Returns a Parameter of the right values; only a plain tensor is the answer."""
    return """
        import torch

        def double(x):
            return 2 * x if isinstance(x, int) else torch.nn.Parameter(2 * x)
    """
