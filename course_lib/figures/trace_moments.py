"""A moment of a run: what the policy saw then, what came of its decision, and what is left."""

from dataclasses import dataclass

from course_lib.agents.loop import ANSWERED
from course_lib.figures.trace_runs import Run


@dataclass(frozen=True)
class Moment:
    """A moment of a run: 0 before anything, then one for each step, and the end.

    Attributes:
        run: The run.
        n_calls: How many calls could be made.
        n_remembered: How many of its last steps the policy sees.
        wanted_at: Which moment; one that is too late counts as the end.
    """

    run: Run
    n_calls: int
    n_remembered: int
    wanted_at: int

    @property
    def n_steps(self) -> int:
        """How many steps there are in the run."""
        return len(self.run["steps"])

    @property
    def at(self) -> int:
        """Which moment it is."""
        return min(self.wanted_at, self.n_steps + 1)

    @property
    def is_end(self) -> bool:
        """Whether the run is over."""
        return self.at > self.n_steps

    @property
    def has_answer(self) -> bool:
        """Whether the run ended with an answer."""
        return self.run["stopped"] == ANSWERED

    @property
    def step(self) -> dict[str, str] | None:
        """The step that was taken at this moment; None at the start and at the end."""
        return None if self.is_end or not self.at else self.run["steps"][self.at - 1]

    @property
    def n_spent(self) -> int:
        """How many calls are spent when the step is over."""
        return min(self.at, self.n_steps)

    @property
    def n_left(self) -> int:
        """How many calls are left when the step is over."""
        return self.n_calls - self.n_spent

    @property
    def n_before(self) -> int:
        """How many steps there were when the policy decided."""
        return max(0, self.at - 1)

    @property
    def n_seen(self) -> int:
        """How many of them the policy saw."""
        return min(self.n_before, self.n_remembered)

    def state_of(self, index: int) -> str:
        """Say what a step is at this moment: `forgotten`, `seen`, `now` or `to come`."""
        if index >= self.n_spent:
            return "to come"
        if index >= self.n_before:
            return "now"
        return "seen" if index >= self.n_before - self.n_seen else "forgotten"
