"""How far an exercise is."""

import enum


class State(enum.Enum):
    """How far an exercise is; the value is what a learner reads."""

    UNTOUCHED = "untouched"
    WRONG = "wrong"
    PASSES = "passes the visible tests"
    RIGHT = "right"
    WRITTEN = "answered; a person marks it"

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self in (State.PASSES, State.RIGHT, State.WRITTEN)
