"""How a training goes: its loss, how fast it reads, and how long it will still take."""

import time
from collections.abc import Callable

KEPT = 0.95
"""Share of the running loss that is kept at each step: about the mean of the last twenty."""


class Meter:
    """Sum a training up in one line, for the end of a progress bar.

    Hand it to `train` as `on_step`, or call it there and show `line()`.

    Args:
        n_steps: Length of the training.
        tokens_per_step: Tokens that a step reads.
        clock: Tells the seconds.
    """

    def __init__(
        self,
        n_steps: int,
        tokens_per_step: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        if min(n_steps, tokens_per_step) < 1:
            raise ValueError(f"both must be at least 1, got {n_steps=} and {tokens_per_step=}")
        self.n_steps = n_steps
        self.tokens_per_step = tokens_per_step
        self.n_done = 0
        self._clock = clock
        self._began = clock()
        self._loss = self._weight = 0.0

    def __call__(self, step: int, loss: float) -> None:
        """Take in a step, counted from 0, and its loss."""
        self.n_done += 1
        self._step = step
        self._loss = KEPT * self._loss + (1 - KEPT) * loss
        self._weight = KEPT * self._weight + 1 - KEPT

    @property
    def loss(self) -> float:
        """Running mean of the loss; nan before the first step."""
        return self._loss / self._weight if self.n_done else float("nan")

    @property
    def tokens_per_s(self) -> float:
        """Tokens read in a second, on average since the start; nan before the first step."""
        passed = self._clock() - self._began
        return self.n_done * self.tokens_per_step / passed if self.n_done else float("nan")

    @property
    def seconds_left(self) -> float:
        """Seconds that the remaining steps will take at this rate; nan before the first step."""
        if not self.n_done:
            return float("nan")
        n_left = self.n_steps - 1 - self._step
        return n_left * self.tokens_per_step / self.tokens_per_s

    def line(self) -> str:
        """Write loss, tokens a second and time left."""
        if not self.n_done:
            return "not a step yet"
        minutes, seconds = divmod(round(self.seconds_left), 60)
        return (
            f"loss {self.loss:.3f}, {self.tokens_per_s:,.0f} tokens/s, "
            f"{minutes}:{seconds:02} min left"
        )
