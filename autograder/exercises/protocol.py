"""What a check may know of the learner: functions that take and give values, and the calls made."""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor


class LearnerFunction(Protocol):
    """One function of the learner's, wherever it runs."""

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        """Call it; raises when it gave no value. A class gives a `LearnerInstance`."""
        ...

    def vjp(
        self, cotangent: object, *args: object, **kwargs: object
    ) -> tuple[object, tuple[Tensor | None, ...]]:
        """Call it, and multiply a cotangent with its Jacobian where it runs.

        Args:
            cotangent: A tensor of the result's shape, or a tuple of them for a tuple.
            *args: Its arguments; those that require a gradient get one.
            **kwargs: Its arguments.

        Returns:
            The result and the gradients, None where none reached the argument.
        """
        ...


class LearnerInstance(Protocol):
    """An instance of one of the learner's classes, wherever it lives.

    Its methods take and give values; what they do to it stays done. `vjp` is that of calling it.
    """

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        """Call it; raises when it gave no value."""
        ...

    def vjp(
        self, cotangent: object, *args: object, **kwargs: object
    ) -> tuple[Any, tuple[Tensor | None, ...]]:
        """Call it, and multiply a cotangent with its Jacobian; as for a function."""
        ...

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Give a method, or the value of a property that the exercise declares."""
        ...


class CallRecord(Protocol):
    """A call that was made."""

    @property
    def changed_arguments(self) -> Sequence[str]:
        """Positions (as text) or names of the arguments that the call changed."""
        ...


class Learner(Protocol):
    """The learner's functions, by name, and the calls made to them so far."""

    @property
    def calls(self) -> Sequence[CallRecord]:
        """Every call so far."""
        ...

    def __getattr__(self, name: str) -> LearnerFunction:
        """Give the function of that name."""
        ...
