"""Functions that raise what nobody expects, or recurse until something gives way."""

from tests.attacks.registry import answer


@answer(because="double raised CheckPassed")
def exception_that_says_passed():
    """Raises an exception that is called as if the test had passed."""
    return """
        class CheckPassed(Exception):
            points = property(lambda self: 60.0)

        def double(x):
            raise CheckPassed("60.0")
    """


@answer(because="double raised CallError")
def exception_by_a_name_of_ours():
    """Raises exceptions with the names and modules of the grader's own."""
    return """
        kind = type("CallError", (AssertionError,), {"__module__": "autograder.judge.learner"})

        def double(x):
            raise kind("60.0")
    """


@answer(because="double raised SystemExit")
def system_exit():
    """Leaves with the exit code of success."""
    return """
        import sys

        def double(x):
            sys.exit(0)
    """


@answer(because="double raised KeyboardInterrupt")
def keyboard_interrupt():
    """Raises what an instructor at the keyboard would."""
    return """
        def double(x):
            raise KeyboardInterrupt
    """


@answer(because="double raised GeneratorExit")
def base_exception():
    """Raises what is no `Exception`, to pass those who catch no more."""
    return """
        def double(x):
            raise GeneratorExit
    """


@answer(because="gave no answer in time")
def time_out_of_its_own():
    """Raises the agent's own signal that time is over, at once."""
    return """
        from autograder.sandbox.agent import OutOfTime

        def double(x):
            raise OutOfTime
    """


@answer(because="this is allowed after all")
def refusal_of_its_own():
    """Raises the agent's own refusal, with a text of its own."""
    return """
        from autograder.sandbox.allowed import RefusedCallError

        def double(x):
            error = RefusedCallError("x")
            error.args = ("this is allowed after all",)
            raise error
    """


@answer(because="its process ended early")
def exception_that_raises_when_shown():
    """Raises an exception whose text raises, and whose type cannot be looked at."""
    return """
        class Mute(Exception):
            def __str__(self):
                raise SystemExit("mute")

            __repr__ = __str__

        def double(x):
            raise Mute
    """


@answer(because="ran longer than", slow=True)
def exception_that_never_ends_when_shown():
    """Raises an exception whose text takes for ever."""
    return """
        class Endless(Exception):
            def __str__(self):
                while True:
                    try:
                        while True:
                            pass
                    except BaseException:
                        pass

        def double(x):
            raise Endless
    """


@answer(because="double raised ValueError: xxxx")
def exception_of_a_megabyte():
    """Raises an exception with a message of many megabytes."""
    return """
        def double(x):
            raise ValueError("x" * 50_000_000)
    """


@answer(because="its process ended early")
def exception_type_that_raises():
    """Raises an exception whose type raises when its parents are asked for."""
    return """
        class Odd(type):
            __mro__ = property(lambda cls: 1 / 0)
            __name__ = property(lambda cls: 1 / 0)

        class OddError(Exception, metaclass=Odd):
            pass

        def double(x):
            raise OddError
    """


@answer(because="double raised ExceptionGroup")
def exceptions_without_end():
    """Raises a chain of ten thousand exceptions, each the cause of the next."""
    return """
        def double(x):
            error = ValueError("first")
            for number in range(10_000):
                cause, error = error, ExceptionGroup("many", [error])
                error.__cause__ = cause
            raise error
    """


@answer(because="maximum recursion depth exceeded")
def recursion():
    """Calls itself without end."""
    return """
        def double(x):
            return double(x)
    """


@answer(because="SIGSEGV")
def recursion_without_a_limit():
    """Calls itself without end after taking Python's limit away, until the stack is full."""
    return """
        import sys
        import threading

        class Deep:
            def __getattribute__(self, name):
                return getattr(self, name)

        def double(x):
            sys.setrecursionlimit(10**9)
            return Deep().a
    """
