"""Find the pair of neighbours that byte-pair encoding merges next."""

from collections import Counter
from itertools import pairwise

import numpy as np

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="most_frequent_pair",
    points=6,
    exports=("most_frequent_pair",),
    not_allowed=("course_lib.tokenizer.train_bpe", "course_lib.pair_index.PairIndex"),
    hints=(
        "`zip(token_ids, token_ids[1:])` gives every id with the one after it.",
        "Count the pairs in a dictionary. Then look for the pair whose count is highest; among "
        "equals Python's `min` on pairs gives the smallest. Before that: are there any pairs?",
    ),
    time_limit_s=5.0,
)


@exercise.item(
    "the pair that stands most often",
    points=2,
    sentence="Count each id with the one directly after it, in this order, and give the pair as a "
    "tuple of two ids.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, *others = draw.order(8 if draw.small else 40).tolist()
    n_times = 2 if draw.small else 6
    others = others[: 2 * n_times]
    # "a b" stands between others that all differ; "b a" and every second pair never win.
    token_ids = [other for i in range(n_times) for other in (others[2 * i], a, b)]
    expect_equal(learner.most_frequent_pair(token_ids), (a, b))
    expect_equal(learner.most_frequent_pair([*token_ids[1:], b, a]), (a, b))
    expect_equal(learner.most_frequent_pair([b, a]), (b, a))
    expect_unchanged(learner)


@exercise.item(
    "overlapping pairs count",
    points=1,
    sentence="Every place counts: [a, a, a] holds the pair (a, a) twice.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, c = draw.order(9)[:3].tolist()
    # (a, a) stands at 4 places but only twice without overlap; (b, c) stands at 3.
    expect_equal(learner.most_frequent_pair([b, c, b, c, b, c, a, a, a, a, a]), (a, a))


@exercise.item(
    "among equals, the smallest pair",
    points=2,
    sentence="When several pairs stand equally often, give the smallest, compared as tuples: by "
    "the first id, then by the second.",
)
def _(learner: Learner, draw: Draw) -> None:
    # Every pair stands once. The smallest starts with 0; the first seen starts with 1, and the
    # largest with neither.
    others = (draw.order(2 if draw.small else 10) + 2).tolist()
    half = len(others) // 2
    token_ids = [1, *others[:half], 0, *others[half:]]
    expect_equal(learner.most_frequent_pair(token_ids), min(pairwise(token_ids)))
    a, b, c, d = sorted(draw.order(9)[:4].tolist())
    # (a, d) and (a, b) stand twice each: the second id decides.
    expect_equal(learner.most_frequent_pair([c, a, d, c, b, a, d, d, a, b, b, a, b]), (a, b))


@exercise.item(
    "nothing to merge",
    points=1,
    sentence="Fewer than two ids hold no pair: the answer is None, not an error.",
)
def _(learner: Learner, draw: Draw) -> None:
    expect_equal(learner.most_frequent_pair([draw.integer(0, 255)]), None)
    expect_equal(learner.most_frequent_pair([]), None)


@exercise.misconception(
    "You skip overlaps. After a pair, go on by one id, not by two: [a, a, a] holds (a, a) twice."
)
def overlaps_skipped(token_ids: list[int]) -> tuple[int, int] | None:
    """Jump over an equal pair that has just been counted."""
    counts: dict[tuple[int, int], int] = {}
    last_place: dict[tuple[int, int], int] = {}
    for i, pair in enumerate(pairwise(token_ids)):
        if last_place.get(pair) == i - 1:
            continue
        last_place[pair] = i
        counts[pair] = counts.get(pair, 0) + 1
    return min(counts, key=lambda pair: (-counts[pair], pair)) if counts else None


@exercise.misconception(
    "Among equally frequent pairs you give the one seen first (as `max` and `Counter.most_common` "
    "do). The smallest pair is asked for, so that everybody's merges are the same."
)
def ties_by_first_seen(token_ids: list[int]) -> tuple[int, int] | None:
    """Let the counter's order decide."""
    counts = Counter(pairwise(token_ids))
    return counts.most_common(1)[0][0] if counts else None


@exercise.misconception(
    "Among equally frequent pairs you give the largest. `max` over (count, pair) prefers large "
    "pairs: turn the sign of the count and use `min`."
)
def ties_to_the_largest(token_ids: list[int]) -> tuple[int, int] | None:
    """Take the largest of count and pair together."""
    counts = Counter(pairwise(token_ids))
    return max((count, pair) for pair, count in counts.items())[1] if counts else None


@exercise.misconception(
    "With fewer than two ids there is no pair, and `max` or `min` of nothing is an error. Give "
    "None before you look for the best."
)
def fails_under_two_tokens(token_ids: list[int]) -> tuple[int, int] | None:
    """Look for the best of no pairs."""
    counts = Counter(pairwise(token_ids))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@exercise.misconception(
    "You count every second pair only. Neighbours overlap: ids 0 and 1, then 1 and 2, then 2 and 3."
)
def every_second_pair(token_ids: list[int]) -> tuple[int, int] | None:
    """Cut the ids into pairs that share nothing."""
    counts = Counter(zip(token_ids[::2], token_ids[1::2], strict=False))
    return min(counts, key=lambda pair: (-counts[pair], pair)) if counts else None


@exercise.alternative
def with_a_counter(token_ids: list[int]) -> tuple[int, int] | None:
    """Count with the standard library, sort the winners."""
    counts = Counter((token_ids[i], token_ids[i + 1]) for i in range(len(token_ids) - 1))
    highest = max(counts.values(), default=0)
    return min((pair for pair, count in counts.items() if count == highest), default=None)


@exercise.alternative
def with_numpy(token_ids: list[int]) -> tuple[int, int] | None:
    """Let numpy sort the pairs; its first largest count is then the smallest pair."""
    ids = np.array(token_ids, dtype=np.int64)
    if ids.size < 2:
        return None
    pairs, counts = np.unique(np.stack([ids[:-1], ids[1:]], axis=1), axis=0, return_counts=True)
    first, second = pairs[counts.argmax()].tolist()
    return first, second


@exercise.alternative
def with_loops(token_ids: list[int]) -> tuple[int, int] | None:
    """Count each pair anew, with nothing but loops."""
    best, best_count = None, 0
    for i in range(len(token_ids) - 1):
        pair = (token_ids[i], token_ids[i + 1])
        count = 0
        for j in range(len(token_ids) - 1):
            count += token_ids[j] == pair[0] and token_ids[j + 1] == pair[1]
        if best is None or count > best_count or (count == best_count and pair < best):
            best, best_count = pair, count
    return best
