"""What the figure of experts computes: who is chosen, how much each counts, and who finds no room.

Axes: L layers, N words, E experts, K experts chosen by each word.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Visit:
    """One choice of a word.

    Attributes:
        expert: Which expert, counted from 0.
        weight: How much it counts in the result.
        granted: Whether the expert has room for the word.
    """

    expert: int
    weight: float
    granted: bool


@dataclass(frozen=True)
class RouterNumbers:
    """Where the words of a text go.

    Attributes:
        scores: For each layer and word, the score of each expert (L, N, E).
        n_chosen: How many experts a word chooses (K).
        factor: How much room there is: at 1 just enough if all experts are used alike.
        among_all: Whether a chosen expert counts as much as its probability among all experts, or
            the chosen share it out among themselves.
    """

    scores: Sequence[Sequence[Sequence[float]]]
    n_chosen: int
    factor: float
    among_all: bool

    @property
    def n_layers(self) -> int:
        """How many layers there are (L)."""
        return len(self.scores)

    @property
    def n_words(self) -> int:
        """How many words there are (N)."""
        return len(self.scores[0])

    @property
    def n_experts(self) -> int:
        """How many experts a layer has (E)."""
        return len(self.scores[0][0])

    @property
    def n_choices(self) -> int:
        """How many choices the words make in a layer."""
        return self.n_words * self.n_chosen

    @property
    def capacity(self) -> int:
        """How many words an expert takes at most."""
        return math.ceil(self.n_choices / self.n_experts * self.factor)

    @cached_property
    def visits(self) -> list[list[list[Visit]]]:
        """The choices of each layer and word, best first."""
        return [self._layer(rows) for rows in self.scores]

    def _layer(self, rows: Sequence[Sequence[float]]) -> list[list[Visit]]:
        chosen = [_best(row, self.n_chosen) for row in rows]
        taken = [0] * self.n_experts
        granted = [[False] * self.n_chosen for _ in rows]
        # All first choices come before all second ones.
        for rank in range(self.n_chosen):
            for word, experts in enumerate(chosen):
                taken[experts[rank]] += 1
                granted[word][rank] = taken[experts[rank]] <= self.capacity
        return [
            [
                Visit(expert, weight, kept)
                for expert, weight, kept in zip(
                    experts, self._weights(row, experts), room, strict=True
                )
            ]
            for row, experts, room in zip(rows, chosen, granted, strict=True)
        ]

    def _weights(self, row: Sequence[float], experts: Sequence[int]) -> list[float]:
        chosen = [row[expert] for expert in experts]
        return _shares(chosen, of=row if self.among_all else chosen)

    def loads(self, layer: int) -> list[int]:
        """Count the choices that fall on each expert of a layer, whether granted or not."""
        counts = [0] * self.n_experts
        for visits in self.visits[layer]:
            for visit in visits:
                counts[visit.expert] += 1
        return counts

    def refused(self, layer: int) -> int:
        """Count the choices of a layer that find no room."""
        return sum(not visit.granted for visits in self.visits[layer] for visit in visits)

    def passed_by(self, layer: int) -> int:
        """Count the words of a layer whose every choice finds no room."""
        return sum(not any(visit.granted for visit in visits) for visits in self.visits[layer])


def _best(row: Sequence[float], n_chosen: int) -> list[int]:
    """Return the experts with the highest scores, best first; of equal ones the first."""
    return sorted(range(len(row)), key=lambda expert: -row[expert])[:n_chosen]


def _shares(scores: Sequence[float], of: Sequence[float]) -> list[float]:
    """Return the softmax of some scores among others."""
    most = max(of)
    total = math.fsum(math.exp(score - most) for score in of)
    return [math.exp(score - most) / total for score in scores]
