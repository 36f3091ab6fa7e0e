"""A policy that sees only the last steps of its work, as a model whose window is too short does."""

from dataclasses import dataclass

from course_lib.agents.loop import Act, Finish, LoopStep, Policy


@dataclass(frozen=True)
class ShortMemory:
    """Lets a policy decide by the task and the last few steps; what came before is not shown to it.

    Attributes:
        policy: Takes the decisions.
        n_steps: How many steps it sees.

    Raises:
        ValueError: The number of steps is negative.
    """

    policy: Policy
    n_steps: int

    def __post_init__(self) -> None:
        if self.n_steps < 0:
            raise ValueError(f"a number of steps is not negative, unlike {self.n_steps}")

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Show the last steps to the policy, and take its decision."""
        return self.policy(task, steps[max(0, len(steps) - self.n_steps) :], n_left)
