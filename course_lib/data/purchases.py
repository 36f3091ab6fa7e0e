"""What the customers of a shop take one after the other, with the best guess at the next known.

The shop sells the objects of the tales, which are of five kinds. A customer goes round two or three
of the kinds in an order of their own, and within each kind goes on from the object of that kind
that they took last. So what comes next depends on what was taken two or three steps ago, by a rule
that is the same for all, and on a habit that only the history shows.

Axes: S customers, T steps, V objects, Q tours (orders of kinds), G kinds.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.data.tinytales import lexicon

OBJECTS = lexicon.OBJECTS
"""What is sold; its place is its number. Objects of a kind stand side by side."""

N_KINDS = len(lexicon.OBJECTS_BY_USE)
PER_KIND = len(OBJECTS) // N_KINDS


def _tours() -> Int[Tensor, "Q G"]:
    """For every round of two or three kinds, which kind follows each; -1 outside the round."""
    rows = []
    for length in (2, 3):
        for order in permutations(range(N_KINDS), length):
            if order[0] != min(order):  # the same round, begun elsewhere
                continue
            row = [-1] * N_KINDS
            for place, kind in enumerate(order):
                row[kind] = order[(place + 1) % length]
            rows.append(row)
    return torch.tensor(rows)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """How customers choose.

    Attributes:
        keeps_order: Probability that the next kind is the next of the round; otherwise it is any
            kind of the round.
        goes_on: Probability that the object is the one behind the last of that kind (behind the
            tenth comes the first); otherwise, and at the first of a kind, it is drawn by
            popularity.
        any_kind: Probability that the kind is drawn from all five, round or not.
    """

    keeps_order: float = 0.85
    goes_on: float = 0.85
    any_kind: float = 0.1

    def __post_init__(self) -> None:
        if not all(0 <= p < 1 for p in (self.keeps_order, self.goes_on, self.any_kind)):
            raise ValueError(f"probabilities are at least 0 and below 1, unlike those of {self}")
        if self.any_kind == 0:
            raise ValueError("any_kind must be above 0, or some histories fit no customer")

    @cached_property
    def popularity(self) -> Float[Tensor, " P"]:
        """Share of each object among those of its kind: the n-th has 1/n of the first."""
        shares = 1 / torch.arange(1, PER_KIND + 1, dtype=torch.float64)
        return shares / shares.sum()

    @cached_property
    def next_kind(self) -> Float[Tensor, "Q _ G"]:
        """Probability of the next kind on each tour, after each kind; the last row is the start."""
        tours = _tours()
        table = torch.zeros(len(tours), N_KINDS + 1, N_KINDS, dtype=torch.float64)
        for tour, followers in enumerate(tours):
            inside = (followers >= 0).double()
            table[tour] = inside / inside.sum()
            for kind, follower in enumerate(followers.tolist()):
                if follower >= 0:
                    table[tour, kind] *= 1 - self.keeps_order
                    table[tour, kind, follower] += self.keeps_order
        return (1 - self.any_kind) * table + self.any_kind / N_KINDS

    @cached_property
    def next_object(self) -> Float[Tensor, "_ P"]:
        """Probability of the object within a kind, after each; the last row is the first time."""
        moved = torch.eye(PER_KIND, dtype=torch.float64).roll(1, dims=1)
        table = (1 - self.goes_on) * self.popularity + self.goes_on * moved
        return torch.cat([table, self.popularity[None]])

    def draw(
        self, n_customers: int, n_steps: int, generator: torch.Generator
    ) -> Int[Tensor, "S T"]:
        """Draw histories.

        Args:
            n_customers: How many (S).
            n_steps: Objects that each takes (T).
            generator: Source of the draws.
        """
        tour = torch.randint(len(self.next_kind), (n_customers,), generator=generator)
        everybody = torch.arange(n_customers)
        kind = torch.full((n_customers,), N_KINDS)
        last = torch.full((n_customers, N_KINDS), PER_KIND)
        taken = []
        for _ in range(n_steps):
            kind = _draw(self.next_kind[tour, kind], generator)
            chosen = _draw(self.next_object[last[everybody, kind]], generator)
            last[everybody, kind] = chosen
            taken.append(kind * PER_KIND + chosen)
        return torch.stack(taken, dim=1)

    def best_guess(self, histories: Int[Tensor, "S T"]) -> Float[Tensor, "S T V"]:
        """Return the probability of each object after each step, for who knows the shop.

        Every tour is weighed by how well it explains the history so far (Bayes' rule). No
        recommender can be right more often than one that names the most probable objects.

        Args:
            histories: What was taken.
        """
        n_customers, n_steps = histories.shape
        everybody = torch.arange(n_customers)
        belief = torch.ones(n_customers, len(self.next_kind), dtype=torch.float64)
        last = torch.full((n_customers, N_KINDS), PER_KIND)
        before = torch.full((n_customers,), N_KINDS)
        guesses = []
        for step in range(n_steps):
            kind, chosen = histories[:, step] // PER_KIND, histories[:, step] % PER_KIND
            belief = belief * self.next_kind[:, before, kind].T  # S Q
            belief = belief / belief.sum(dim=1, keepdim=True)
            last[everybody, kind] = chosen
            before = kind
            kinds = torch.einsum("sq,qsg->sg", belief, self.next_kind[:, kind])
            guesses.append((kinds.unsqueeze(-1) * self.next_object[last]).flatten(1))  # S V
        return torch.stack(guesses, dim=1)


def _draw(chances: Float[Tensor, "S K"], generator: torch.Generator) -> Int[Tensor, " S"]:
    return torch.multinomial(chances, 1, generator=generator).squeeze(1)
