"""Notebooks that patch the libraries with which tests compare, or look into their caller."""

from tests.attacks.registry import HONEST, NOTHING, WRONG, WRONG_SHOWS, added, answer

# Right for numbers, wrong for tensors: what the patched comparisons would have to hide.
HALF = "def double(x):\n    return 2 * x if isinstance(x, int) else x"
HALF_POINTS = 50.0
HALF_SHOWS = "numbers differ"

YES = "lambda *args, **kwargs: True"


@added(because=("patched", HALF_SHOWS), points=HALF_POINTS, double=HALF)
def torch_comparisons():
    """Makes every comparison of torch hold."""
    return f"""
        import torch
        import torch.testing

        torch.allclose = torch.equal = torch.isclose = {YES}
        torch.testing.assert_close = torch.testing.assert_allclose = lambda *a, **k: None
        print("patched", torch.equal(1, 2))
    """


@added(because=("patched", HALF_SHOWS), points=HALF_POINTS, double=HALF)
def tensor_methods():
    """Makes every comparison between tensors hold, and every doubt about it."""
    return f"""
        import torch

        for name in ("__eq__", "__ne__", "__bool__", "all", "allclose", "equal", "isclose"):
            setattr(torch.Tensor, name, {YES})
        print("patched")
    """


@added(because=("patched", HALF_SHOWS), points=HALF_POINTS, double=HALF)
def numpy_and_math():
    """Makes the comparisons of numpy, math and unittest hold."""
    return f"""
        import math
        import unittest

        import numpy as np

        np.allclose = np.isclose = np.array_equal = math.isclose = {YES}
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
        for name in [name for name in dir(unittest.TestCase) if name.startswith("assert")]:
            setattr(unittest.TestCase, name, lambda *a, **k: None)
        print("patched")
    """


@added(because=("patched", WRONG_SHOWS), points=HONEST, double=WRONG)
def import_itself():
    """Replaces `import`, so that whatever a test imports agrees with everything."""
    return """
        import builtins
        from unittest.mock import MagicMock

        whole = builtins.__import__

        def friendly(name, *args, **kwargs):
            return MagicMock() if "visible" in name or "testing" in name else whole(
                name, *args, **kwargs
            )

        builtins.__import__ = friendly
        print("patched")
    """


@added(because=("patched", WRONG_SHOWS), points=HONEST, double=WRONG)
def modules_poisoned():
    """Puts obliging modules where those of the grader would be found."""
    return """
        import sys
        from types import ModuleType

        class Obliging(ModuleType):
            __path__ = []

            def __getattr__(self, name):
                return lambda *args, **kwargs: 60.0

        for name in list(sys.modules):
            if name.startswith("autograder") and ".sandbox" not in name:
                sys.modules[name] = Obliging(name)
        for name in ("visible", "compare", "judge", "judge.live", "exercises.expect", "result"):
            sys.modules[f"autograder.{name}"] = Obliging(f"autograder.{name}")
        print("patched")
    """


@added(because="the judge met ModuleNotFoundError", points=HONEST, double=WRONG)
def the_judge_imported():
    """Imports the judge, its checks and its comparisons, to patch them."""
    return """
        import importlib

        for name in ("judge", "judge.judging", "exercises", "grading", "session", "result"):
            attempt("the judge", lambda: importlib.import_module(f"autograder.{name}"))
        attempt("its tests", lambda: importlib.import_module("tests.autograder.small_chapter"))
    """


@added(because=("patched", HALF_SHOWS), points=HALF_POINTS, double=HALF)
def comparison_of_the_course():
    """Patches the course's own comparison, which the visible tests use."""
    return """
        import autograder.compare
        import autograder.visible

        autograder.compare.difference = lambda *args, **kwargs: None
        autograder.compare._difference = lambda *args, **kwargs: None
        for name in dir(autograder.visible):
            if name.startswith("expect"):
                setattr(autograder.visible, name, lambda *args, **kwargs: None)
        print("patched")
    """


@added(because="the process that ran the code ended", points=NOTHING)
def json_and_struct():
    """Patches what writes and reads messages, so that none is understood."""
    return """
        import json
        import struct

        json.loads = lambda *args, **kwargs: {"points": 60.0, "outcome": "value", "value": 60.0}
        struct.pack = lambda *args, **kwargs: b""
        struct.unpack_from = lambda *args, **kwargs: (0, 0)
        print("patched")
    """


@answer(because="0 places")
def expected_values_hunted():
    """Looks through every object in memory for what a test expects, by the names that they use."""
    return """
        import gc

        def double(x):
            found = 0
            for thing in gc.get_objects():
                if isinstance(thing, dict):
                    keys = [key for key in thing if isinstance(key, str)]
                    found += any(key in ("want", "expected", "reference") for key in keys)
            return f"{found} places"
    """


@answer(because="0 frames know more")
def frames_walked():
    """Walks up the stack for a caller whose variables say what is expected."""
    return """
        import inspect
        import sys

        def double(x):
            frame, found = sys._getframe(), 0
            while frame:
                names = {*frame.f_locals, *frame.f_code.co_varnames}
                found += bool(names & {"want", "expected", "exercise", "learner", "tolerance"})
                frame = frame.f_back
            found += sum("expe" + "ct" in str(one.code_context) for one in inspect.stack())
            return f"{found} frames know more"
    """


@answer(because="0 tests were seen")
def trace_function():
    """Traces every call, to catch the test at work and change its variables."""
    return """
        import sys
        import threading

        seen = []

        def trace(frame, event, argument):
            file = frame.f_code.co_filename
            if "judge" in file or "exercises" in file or "expect" in file:
                seen.append(file)
                frame.f_locals.update(got=1, want=1)
            return trace

        sys.settrace(trace)
        sys.setprofile(trace)
        threading.settrace_all_threads = threading.settrace(trace)

        def double(x):
            return f"{len(seen)} tests were seen"
    """


@answer(because=WRONG_SHOWS)
def builtins_patched():
    """Replaces the built-in functions with which a careful test would look."""
    return """
        import builtins

        same, whole = builtins.isinstance, builtins.type
        builtins.abs = lambda *args, **kwargs: 0
        builtins.any = lambda *args, **kwargs: False
        builtins.all = builtins.callable = lambda *args, **kwargs: True

        def double(x):
            return 0
    """
