"""A walk through a small maze: cells, walls, a goal, and a penalty of 1 for every step.

Cells are numbered row by row from 0. A move against a wall or the edge leaves the walker where it
is, and costs a step all the same. An episode ends at the goal, or when its steps are used up.
"""

from collections import deque
from dataclasses import dataclass

import torch

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Row and column that the four actions add: up, right, down, left."""


@dataclass(frozen=True)
class MazeWalk:
    """One episode.

    Attributes:
        cells: Where each step begins.
        actions: What is done there, a number of `MOVES`.
        end: Where the last step ends.
    """

    cells: tuple[int, ...]
    actions: tuple[int, ...]
    end: int

    @property
    def returns_to_go(self) -> tuple[int, ...]:
        """The sum of the rewards from each step to the end: minus the number of steps left."""
        return tuple(step - len(self.cells) for step in range(len(self.cells)))


@dataclass(frozen=True)
class GridWorld:
    """A maze.

    Attributes:
        rows: The plan, one text a row: "#" is a wall, "G" the goal, "." a free cell.

    Raises:
        ValueError: Rows differ in length, a sign is unknown, or there is not exactly one goal.
    """

    rows: tuple[str, ...]

    def __post_init__(self) -> None:
        plan = "".join(self.rows)
        if len({len(row) for row in self.rows}) != 1 or set(plan) - set("#G."):
            raise ValueError(f"rows of '#', 'G' and '.', all equally long, are asked: {self.rows}")
        if plan.count("G") != 1:
            raise ValueError(f"a maze has one goal, this one {plan.count('G')}: {self.rows}")

    @property
    def width(self) -> int:
        """Cells in a row."""
        return len(self.rows[0])

    @property
    def n_cells(self) -> int:
        """Cells in all, walls among them."""
        return self.width * len(self.rows)

    @property
    def goal(self) -> int:
        """The cell of the goal."""
        return "".join(self.rows).index("G")

    @property
    def starts(self) -> tuple[int, ...]:
        """The cells from which a walk can begin: free, and not the goal."""
        return tuple(cell for cell, sign in enumerate("".join(self.rows)) if sign == ".")

    def step(self, cell: int, action: int) -> int:
        """Return the cell after a move.

        Raises:
            ValueError: There is no such action.
        """
        if not 0 <= action < len(MOVES):
            raise ValueError(f"actions are 0 to {len(MOVES) - 1}, got {action}")
        row, column = divmod(cell, self.width)
        row, column = row + MOVES[action][0], column + MOVES[action][1]
        is_inside = 0 <= row < len(self.rows) and 0 <= column < self.width
        return row * self.width + column if is_inside and self.rows[row][column] != "#" else cell

    def distances(self) -> dict[int, int]:
        """Return the fewest steps to the goal from each cell that leads there."""
        found, waiting = {self.goal: 0}, deque([self.goal])
        while waiting:
            cell = waiting.popleft()
            for action in range(len(MOVES)):  # moves can be taken back, so search from the goal
                if (near := self.step(cell, action)) not in found:
                    found[near] = found[cell] + 1
                    waiting.append(near)
        return found

    def random_walk(self, start: int, max_steps: int, generator: torch.Generator) -> MazeWalk:
        """Walk without a plan, every action as likely as any other.

        Args:
            start: Where to begin.
            max_steps: When to give up.
            generator: Source of the draws.
        """
        drawn = torch.randint(len(MOVES), (max_steps,), generator=generator).tolist()
        cells, cell = [], start
        for action in drawn:
            if cell == self.goal:
                break
            cells.append(cell)
            cell = self.step(cell, action)
        return MazeWalk(tuple(cells), tuple(drawn[: len(cells)]), cell)

    def random_walks(
        self, n_walks: int, max_steps: int, generator: torch.Generator
    ) -> list[MazeWalk]:
        """Walk often, from starts that are drawn as well."""
        starts = torch.randint(len(self.starts), (n_walks,), generator=generator).tolist()
        return [self.random_walk(self.starts[at], max_steps, generator) for at in starts]
