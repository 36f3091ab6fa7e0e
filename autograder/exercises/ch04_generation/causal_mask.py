"""Who may look at whom when nobody may look ahead, with fewer queries than keys too."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_raises
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="causal_mask",
    points=8,
    exports=("causal_mask",),
    not_allowed=(
        "course_lib.masks.causal_mask",
        "course_lib.masks.sliding_window_mask",
        "course_lib.attention_context.causal_context",
        "torch.nn.Transformer.generate_square_subsequent_mask",
    ),
    hints=(
        "Where does query i stand in the whole text? The last query stands at the last key, so "
        "query i stands at position i + (n_keys − n_queries).",
        "Two ways: compare positions, `keys[None, :] <= queries[:, None]`, or cut a matrix of ones "
        "with `tril(diagonal)`. Which diagonal is right when there are two keys more than queries? "
        "Refuse n_queries > n_keys before either.",
    ),
    time_limit_s=5.0,
)


def _mask(n_queries: int, n_keys: int) -> Tensor:
    """Compute what is expected, entry by entry."""
    n_before = n_keys - n_queries
    rows = [[key <= query + n_before for key in range(n_keys)] for query in range(n_queries)]
    return torch.tensor(rows)


@exercise.item(
    "as many queries as keys",
    points=3,
    sentence="Position i sees itself and all before it: True on the diagonal and below, False "
    "above. The mask is boolean, of the shape (n_queries, n_keys).",
)
def _(learner: Learner, draw: Draw) -> None:
    for size in draw.sizes(2):
        expect_equal(learner.causal_mask(size, size), _mask(size, size))


@exercise.item(
    "fewer queries than keys",
    points=3,
    sentence="The queries are the *last* positions of the text: the last one sees every key, the "
    "one before it all but one, and so on.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in range(3):
        n_queries, n_keys = sorted(draw.sizes(2))
        expect_equal(learner.causal_mask(n_queries, n_keys), _mask(n_queries, n_keys))


@exercise.item(
    "a single query",
    points=1,
    sentence="A single query is the last position and sees every key, also when there is only one.",
)
def _(learner: Learner, draw: Draw) -> None:
    (n_keys,) = draw.sizes(1)
    for size in (n_keys, 2, 1):
        expect_equal(learner.causal_mask(1, size), _mask(1, size))


@exercise.item(
    "more queries than keys",
    points=1,
    sentence="More queries than keys cannot be the last positions of the text: raise a ValueError.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, n_queries = sorted(draw.sizes(2))
    expect_raises(ValueError, lambda: learner.causal_mask(n_queries, n_keys))
    expect_raises(ValueError, lambda: learner.causal_mask(n_keys + 1, n_keys))
    expect_equal(learner.causal_mask(n_keys, n_queries), _mask(n_keys, n_queries))


@exercise.misconception(
    "The mask is transposed: it lets a position see itself and what comes *after* it. Rows are "
    "queries, columns are keys; what is seen lies on and below the diagonal."
)
def transposed(n_queries: int, n_keys: int) -> Tensor:
    """Show the future and hide the past."""
    if n_queries > n_keys:
        raise ValueError("too many queries")
    return torch.ones(n_queries, n_keys, dtype=torch.bool).triu(n_keys - n_queries)


@exercise.misconception(
    "A position does not see itself. It may, and must: the first one would have nothing to look "
    "at. It is the *next* token that is to be predicted, not its own."
)
def excludes_itself(n_queries: int, n_keys: int) -> Tensor:
    """Hide the diagonal too."""
    if n_queries > n_keys:
        raise ValueError("too many queries")
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril(n_keys - n_queries - 1)


@exercise.misconception(
    "With fewer queries than keys your mask begins at the top left: it takes the queries for the "
    "*first* positions of the text. They are the last ones, so that the last query sees every key."
)
def from_the_top_left(n_queries: int, n_keys: int) -> Tensor:
    """Number queries from 0."""
    if n_queries > n_keys:
        raise ValueError("too many queries")
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril()


@exercise.misconception(
    "Your mask is upside down: True stands where nobody may look. Here True means *may look*."
)
def upside_down(n_queries: int, n_keys: int) -> Tensor:
    """Mark what is hidden."""
    if n_queries > n_keys:
        raise ValueError("too many queries")
    return torch.ones(n_queries, n_keys, dtype=torch.bool).triu(n_keys - n_queries + 1)


@exercise.misconception(
    "More queries than keys pass unnoticed, and the first of them may look at nothing. Raise a "
    "ValueError that names both numbers."
)
def too_many_queries_pass(n_queries: int, n_keys: int) -> Tensor:
    """Forget to look at the sizes."""
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril(n_keys - n_queries)


@exercise.misconception(
    "You give numbers to add to the scores, 0 and −∞. The mask asked for is boolean, True = may "
    "look: whoever uses it hides with −∞."
)
def numbers_to_add(n_queries: int, n_keys: int) -> Tensor:
    """Give what is added to the scores."""
    if n_queries > n_keys:
        raise ValueError("too many queries")
    return torch.full((n_queries, n_keys), -torch.inf).triu(n_keys - n_queries + 1)


@exercise.alternative
def with_tril(n_queries: int, n_keys: int) -> Tensor:
    """Cut a matrix of ones along the diagonal that ends at the bottom right."""
    if n_keys < n_queries:
        raise ValueError(f"{n_queries} queries, but only {n_keys} keys")
    return torch.tril(torch.ones((n_queries, n_keys)), diagonal=n_keys - n_queries).bool()


@exercise.alternative
def entry_by_entry(n_queries: int, n_keys: int) -> Tensor:
    """Say it of each pair."""
    if n_queries - n_keys > 0:
        raise ValueError("the queries must be among the keys")
    mask = torch.zeros(n_queries, n_keys, dtype=torch.bool)
    for i in range(n_queries):
        for j in range(n_keys):
            if n_queries - i <= n_keys - j:
                mask[i, j] = True
    return mask


@exercise.alternative
def last_rows_of_a_square(n_queries: int, n_keys: int) -> Tensor:
    """Make the mask of the whole text and take its last rows."""
    if n_queries > n_keys:
        raise ValueError(f"{n_queries} > {n_keys}")
    whole = ~torch.ones(n_keys, n_keys).triu(1).to(torch.bool)
    return whole[n_keys - n_queries :]


@exercise.alternative
def by_counting(n_queries: int, n_keys: int) -> Tensor:
    """Say how many keys each query sees."""
    if n_queries > n_keys:
        raise ValueError(f"{n_queries=} is more than {n_keys=}")
    n_seen = torch.arange(n_keys - n_queries + 1, n_keys + 1)
    return torch.arange(n_keys).expand(n_queries, n_keys).lt(n_seen.unsqueeze(-1))
