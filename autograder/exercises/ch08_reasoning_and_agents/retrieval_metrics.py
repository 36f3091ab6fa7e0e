"""How good a ranking is: what share of the right pages it holds, and how far up the first is."""

from collections.abc import Callable

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="retrieval_metrics",
    points=6,
    exports=("recall_at_k", "reciprocal_rank"),
    not_allowed=(),
    hints=(
        "For the recall cut the ranking off behind k pages, count the right ones among them, and "
        "divide by how many right ones there *are*, not by k.",
        "For the reciprocal rank go through the ranking and count from 1: `enumerate(…, start=1)`. "
        "The first page that is right ends the search. When the loop ends without one, give 0.",
    ),
    time_limit_s=5.0,
)


def _expect_number(got: object, want: float) -> None:
    """Judge a number; a whole one may be an int."""
    if type(got) not in (int, float):
        raise CheckError("the result is not a number", got)
    expect_close(float(got), want)  # pyright: ignore[reportArgumentType] - a number, see above


def _ranking(draw: Draw, n_relevant: int) -> tuple[list[str], list[str]]:
    """Draw pages in an order, and in another order names of pages that are not among them."""
    n_pages = n_relevant + (4 if draw.small else draw.integer(9, 12))
    pages = [f"page {number}" for number in draw.order(30).tolist()]
    return pages[:n_pages], pages[n_pages:]


@exercise.item(
    "what share of the right pages was found",
    points=2,
    sentence="recall@k is the number of right pages among the first k, divided by the number of "
    "all right pages.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_relevant = 3 if draw.small else 5
    ranked, missing = _ranking(draw, n_relevant)
    # One right page is missing from the ranking, one stands at its end.
    places = [*([0] if draw.small else [0, 2, 3]), len(ranked) - 1]
    relevant = [missing[0], *(ranked[place] for place in reversed(places))]
    for k in (1, 2, 3, len(ranked) - 1, len(ranked)):
        n_found = sum(place < k for place in places)
        _expect_number(learner.recall_at_k(ranked, relevant, k), n_found / len(relevant))
    expect_unchanged(learner)


@exercise.item(
    "recall of short rankings, and of nothing",
    points=1,
    sentence="When the ranking is shorter than k, or no right page is among the first k, the "
    "recall is what was found, divided by all right pages: it may be 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    ranked, missing = _ranking(draw, 2)
    relevant = [missing[0], ranked[1], missing[1]]
    _expect_number(learner.recall_at_k(ranked, relevant, len(ranked) + 7), 1 / 3)
    _expect_number(learner.recall_at_k(ranked, relevant, 1), 0.0)
    _expect_number(learner.recall_at_k([], relevant, 4), 0.0)


@exercise.item(
    "how far up the first right page is",
    points=2,
    sentence="The reciprocal rank is 1/rank of the *first* right page of the ranking, ranks "
    "counted from 1; the other right pages do not matter.",
)
def _(learner: Learner, draw: Draw) -> None:
    ranked, missing = _ranking(draw, 4)
    for first in (0, 1, draw.integer(2, 4)):
        # In `relevant` the first of the ranking stands last.
        relevant = [missing[0], ranked[first + 3], ranked[first + 1], ranked[first]]
        _expect_number(learner.reciprocal_rank(ranked, relevant), 1 / (first + 1))
    last = len(ranked)
    _expect_number(learner.reciprocal_rank(ranked, [ranked[-1]]), 1 / last)
    expect_unchanged(learner)


@exercise.item(
    "no right page in the ranking",
    points=1,
    sentence="When no right page is in the ranking, the reciprocal rank is 0; that is no error.",
)
def _(learner: Learner, draw: Draw) -> None:
    ranked, missing = _ranking(draw, 3)
    _expect_number(learner.reciprocal_rank(ranked, missing[:2]), 0.0)
    _expect_number(learner.reciprocal_rank([], missing[:1]), 0.0)


@exercise.misconception(
    "Ranks are counted from 0. The page on top has rank 1, and 1/1 = 1 is the best that there is."
)
def rank_from_zero() -> tuple[Callable, Callable]:
    """Divide by the index."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        for rank, page in enumerate(ranked):
            if page in relevant:
                return 1 / rank
        return 0.0

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "You divide by k. That is the *precision*, the share of what was shown that is right. The "
    "recall is the share of what is right that was shown."
)
def divided_by_k() -> tuple[Callable, Callable]:
    """Compute the precision."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / k

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        for rank, page in enumerate(ranked, start=1):
            if page in relevant:
                return 1 / rank
        return 0.0

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "You divide by k where there are more right pages than k. Then 1 would mean *all that fitted*; "
    "the recall is divided by all right pages, and with few places it cannot reach 1."
)
def divided_by_the_smaller() -> tuple[Callable, Callable]:
    """Let a full page of right ones count as everything."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / min(k, len(relevant))

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        for rank, page in enumerate(ranked, start=1):
            if page in relevant:
                return 1 / rank
        return 0.0

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "You only say whether *any* right page is among the first k. That is the hit rate; the recall "
    "counts how many there are."
)
def any_will_do() -> tuple[Callable, Callable]:
    """Compute the hit rate."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return float(any(page in relevant for page in ranked[:k]))

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        for rank, page in enumerate(ranked, start=1):
            if page in relevant:
                return 1 / rank
        return 0.0

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "A ranking without any right page makes your reciprocal rank fail. Nothing found is a result "
    "like others, and a bad one: 0."
)
def nothing_found_fails() -> tuple[Callable, Callable]:
    """Take for granted that something is found."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        return 1 / min(ranked.index(page) + 1 for page in ranked if page in relevant)

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "The rank is that of the *last* right page. A reader stops at the first that helps: end the "
    "search there."
)
def last_for_first() -> tuple[Callable, Callable]:
    """Go on after the first."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        best = 0.0
        for rank, page in enumerate(ranked, start=1):
            if page in relevant:
                best = 1 / rank
        return best

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "You add up 1/rank over all right pages. Only the first one counts: the reciprocal rank never "
    "exceeds 1."
)
def all_added_up() -> tuple[Callable, Callable]:
    """Sum over the right pages."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        return sum(1 / rank for rank, page in enumerate(ranked, start=1) if page in relevant)

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "You look for the page that `relevant` names first. Right pages have no order: the first of "
    "the *ranking* that is right counts, whichever it is."
)
def first_of_the_right_ones() -> tuple[Callable, Callable]:
    """Look a single page up."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[:k]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        wanted = next(iter(relevant))
        return 1 / (ranked.index(wanted) + 1) if wanted in ranked else 0.0

    return recall_at_k, reciprocal_rank


@exercise.misconception(
    "One page too few is looked at: the first k pages are `ranked[:k]`, of which the last has the "
    "index k − 1."
)
def one_page_too_few() -> tuple[Callable, Callable]:
    """Stop before k."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        return sum(page in relevant for page in ranked[: k - 1]) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        for rank, page in enumerate(ranked, start=1):
            if page in relevant:
                return 1 / rank
        return 0.0

    return recall_at_k, reciprocal_rank


@exercise.alternative
def with_sets() -> tuple[Callable, Callable]:
    """Intersect, and look for the smallest rank."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        wanted = frozenset(relevant)
        return len(wanted & frozenset(ranked[:k])) / len(wanted)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        ranks = [ranked.index(page) + 1 for page in set(relevant) & set(ranked)]
        return 1 / min(ranks) if ranks else 0.0

    return recall_at_k, reciprocal_rank


@exercise.alternative
def step_by_step() -> tuple[Callable, Callable]:
    """Count with an index."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        n_found, place = 0, 0
        while place < len(ranked) and place < k:
            if ranked[place] in relevant:
                n_found += 1
            place += 1
        return n_found / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        place = 0
        while place < len(ranked):
            place += 1
            if ranked[place - 1] in relevant:
                return 1 / place
        return 0

    return recall_at_k, reciprocal_rank


@exercise.alternative
def from_ranks() -> tuple[Callable, Callable]:
    """Write every page's rank down first."""

    def recall_at_k(ranked: list, relevant: list, k: int) -> float:
        ranks = {page: rank for rank, page in enumerate(ranked, start=1)}
        # A page that is not there stands behind all others.
        return sum(1 for page in relevant if ranks.get(page, k + 1) <= k) / len(relevant)

    def reciprocal_rank(ranked: list, relevant: list) -> float:
        ranks = {page: 1 / rank for rank, page in enumerate(ranked, start=1)}
        return max(ranks.get(page, 0) for page in relevant)

    return recall_at_k, reciprocal_rank
