"""Ask several times, and take the answer that most of the lines of thought arrive at."""

from collections import Counter, defaultdict

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="self_consistency",
    points=6,
    exports=("self_consistency",),
    not_allowed=("statistics.mode", "statistics.multimode", "scipy.stats.mode"),
    hints=(
        "Add up the votes of each answer in a dictionary: 1 for each time it was given, or its "
        "weight. Skip None, and nothing else: 0 and the empty text are answers too.",
        "A dictionary keeps its keys in the order in which they came, and `max` gives the first of "
        "equals. `max(…, key=…, default=None)` has an answer for an empty dictionary as well.",
    ),
    time_limit_s=5.0,
)


def _winner(answers: list, weights: list | None = None) -> object:
    """Compute what is expected: compare every answer with the best before it."""
    votes = weights or [1] * len(answers)
    best, most = None, None
    for answer in answers:
        if answer is not None:
            total = sum(vote for one, vote in zip(answers, votes, strict=True) if one == answer)
            if most is None or total > most:
                best, most = answer, total
    return best


def _numbers(draw: Draw, count: int) -> list[int]:
    return draw.order(40).add(11).tolist()[:count]


def _shuffled(draw: Draw, values: list) -> list:
    return [values[place] for place in draw.order(len(values)).tolist()]


@exercise.item(
    "the answer given most often",
    points=2,
    sentence="The answer that was given most often wins, whatever kind of value it is: answers are "
    "compared, not computed with.",
)
def _(learner: Learner, draw: Draw) -> None:
    for answers in (_numbers(draw, 5), [f"{number} cm" for number in _numbers(draw, 5)]):
        often, *others = answers
        given = _shuffled(draw, [often] * 3 + others[:2] * 2 + others[2:])
        expect_equal(learner.self_consistency(given), often)
    for often in (0, ""):
        expect_equal(learner.self_consistency([7, often, 5, often, 5, often]), often)
    expect_unchanged(learner)


@exercise.item(
    "a line of thought without an answer",
    points=1,
    sentence="None is no answer and gets no vote, however often it comes. Where nothing else is "
    "left, the result is None.",
)
def _(learner: Learner, draw: Draw) -> None:
    often, other, *_ = _numbers(draw, 2)
    given = _shuffled(draw, [often] * 2 + [other] + [None] * 4)
    expect_equal(learner.self_consistency(given), often)
    for nothing in ([None, None, None], []):
        expect_equal(learner.self_consistency(nothing), None)


@exercise.item(
    "among equals, the one seen first",
    points=1,
    sentence="When several answers have equally many votes, the one that came first in the list "
    "wins: not the smallest, and not the one that reached the number first.",
)
def _(learner: Learner, draw: Draw) -> None:
    low, middle, high, rare = sorted(_numbers(draw, 4))
    for first, second, third in ((middle, low, high), (high, middle, low), (low, high, middle)):
        given = [None, first, second, third, second, third, rare, first]
        expect_equal(learner.self_consistency(given), first)
        expect_equal(learner.self_consistency([first, second]), first)


@exercise.item(
    "weighted votes",
    points=2,
    sentence="With weights each vote counts its weight: the answer with the largest *sum* wins; "
    "what None weighs is lost, and the one seen first wins among equal sums.",
)
def _(learner: Learner, draw: Draw) -> None:
    often, heavy, light, *_ = _numbers(draw, 3)
    # Heads choose the first answer, the weights as they stand the last. Moved up by a place, as
    # where None is left out of the answers alone, they choose the one in the middle.
    given = [None, often, often, heavy, light]
    expect_equal(learner.self_consistency(given, [0.25, 0.5, 2.0, 0.5, 4.0]), light)
    # Three small votes, one large, two middling: the sums are 1.5, 2 and 2.25.
    votes = [(often, 0.5)] * 3 + [(heavy, 2.0)] + [(light, 1.125)] * 2 + [(None, 9.0)]
    answers, weights = map(list, zip(*_shuffled(draw, votes), strict=True))
    expect_equal(learner.self_consistency(answers, weights), light)
    scaled = [weight * 8 for weight in weights]
    expect_equal(learner.self_consistency(answers, weights=scaled), light)
    expect_equal(learner.self_consistency([often, heavy, light, heavy], [1, 2, 3, 1]), heavy)
    expect_equal(learner.self_consistency([None, None], [1.0, 2.0]), None)
    for first, second in ((heavy, light), (light, heavy)):
        given = [None, first, second]
        expect_equal(learner.self_consistency(given, [3.0, 0.0, 0.0]), first)
    expect_equal(learner.self_consistency(answers), _winner(answers))
    expect_unchanged(learner)


@exercise.misconception(
    "Among equals you take the one that was seen *last*. `>=` replaces the best by an equal one; "
    "only a larger number of votes should."
)
def last_seen_on_ties(answers: list, weights: list | None = None) -> object:
    """Let an equal replace the best."""
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        if answer is not None:
            totals[answer] = totals.get(answer, 0) + weight
    best = None
    for answer in totals:
        if best is None or totals[answer] >= totals[best]:
            best = answer
    return best


@exercise.misconception(
    "Among equals you take the smallest. The one that came first in the list wins: answers need "
    "not have an order."
)
def smallest_on_ties(answers: list, weights: list | None = None) -> object:
    """Sort first."""
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        if answer is not None:
            totals[answer] = totals.get(answer, 0) + weight
    return max(sorted(totals), key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "You follow the count while it grows, so that among equals the answer wins that reached the "
    "number *first*. Count to the end, then choose; the answer that was seen first wins."
)
def first_to_get_there(answers: list, weights: list | None = None) -> object:
    """Keep the leader while counting."""
    totals, best = {}, None
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        if answer is not None:
            totals[answer] = totals.get(answer, 0) + weight
            if best is None or totals[answer] > totals[best]:
                best = answer
    return best


@exercise.misconception(
    "You take the mean of the answers. The mean of 30, 30 and 90 is 50, which nobody said: answers "
    "are voted for, and need not even be numbers."
)
def mean_of_numbers(answers: list, weights: list | None = None) -> object:
    """Compute with the answers."""
    votes = weights or [1] * len(answers)
    kept = [
        (answer, vote) for answer, vote in zip(answers, votes, strict=True) if answer is not None
    ]
    if not kept:
        return None
    return sum(answer * vote for answer, vote in kept) / sum(vote for _, vote in kept)


@exercise.misconception(
    "None is counted like an answer. A line of thought that came to no answer has no vote: leave "
    "it out, or the silent ones win."
)
def none_counted(answers: list, weights: list | None = None) -> object:
    """Let those without an answer vote."""
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        totals[answer] = totals.get(answer, 0) + weight
    return max(totals, key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "0 and the empty text are left out like None: `if answer` is false for them. They are answers; "
    "ask `is not None`."
)
def zero_taken_for_none(answers: list, weights: list | None = None) -> object:
    """Ask whether the answer is true."""
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        if answer:
            totals[answer] = totals.get(answer, 0) + weight
    return max(totals, key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "`weights` changes nothing. Where weights are given, a vote counts its weight in place of 1."
)
def weights_ignored(answers: list, weights: list | None = None) -> object:
    """Count heads."""
    totals = {}
    for answer in answers:
        if answer is not None:
            totals[answer] = totals.get(answer, 0) + 1
    return max(totals, key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "None is taken out of `answers` and its weight stays in `weights`: all votes behind it get "
    "the weight of another. Leave both out, or go through the pairs."
)
def weights_slipped(answers: list, weights: list | None = None) -> object:
    """Shorten one of two lists."""
    answers = [answer for answer in answers if answer is not None]
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=False):
        totals[answer] = totals.get(answer, 0) + weight
    return max(totals, key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "The heaviest single vote decides. Weights of the same answer add up: two votes of 1 beat one "
    "of 1.5."
)
def heaviest_single_vote(answers: list, weights: list | None = None) -> object:
    """Keep the largest weight of each answer."""
    if weights is None:
        weights = [sum(one == answer for one in answers) for answer in answers]
    totals = {}
    for answer, weight in zip(answers, weights, strict=True):
        if answer is not None:
            totals[answer] = max(totals.get(answer, weight), weight)
    return max(totals, key=lambda answer: totals[answer], default=None)


@exercise.misconception(
    "A list in which nobody has an answer makes it fail: the largest of nothing. The result is "
    "None then."
)
def nobody_answers_fails(answers: list, weights: list | None = None) -> object:
    """Look for the largest of nothing."""
    totals = {}
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        if answer is not None:
            totals[answer] = totals.get(answer, 0) + weight
    return max(totals, key=lambda answer: totals[answer])


@exercise.alternative
def with_a_counter(answers: list, weights: list | None = None) -> object:
    """Let a counter count, or add the weights to it."""
    votes = Counter()
    for place, answer in enumerate(answers):
        if answer is None:
            continue
        votes[answer] += 1 if weights is None else weights[place]
    return votes.most_common(1)[0][0] if votes else None


@exercise.alternative
def by_sorting(answers: list, weights: list | None = None) -> object:
    """Sort by the votes; sorting leaves equals in their order."""
    by_answer = defaultdict(list)
    for answer, weight in zip(answers, weights or [1] * len(answers), strict=True):
        by_answer[answer].append(weight)
    by_answer.pop(None, None)
    ranking = sorted(by_answer, key=lambda answer: -sum(by_answer[answer]))
    return (ranking or [None])[0]


@exercise.alternative
def two_lists(answers: list, weights: list | None = None) -> object:
    """Keep answers and votes side by side, for answers that no dictionary takes."""
    seen, votes = [], []
    for place in range(len(answers)):
        if answers[place] is not None:
            if answers[place] not in seen:
                seen.append(answers[place])
                votes.append(0)
            votes[seen.index(answers[place])] += weights[place] if weights else 1
    return seen[votes.index(max(votes))] if seen else None
