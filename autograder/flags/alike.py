"""Submissions that are nearly one another: found by their passages, whatever hides it.

Two submissions are put together when in several exercises most passages are the same ones, those
of the hand-out and those that many share left out: a three-line right answer is everybody's. Or
when long answers are wholly the same in several exercises, however many share them.

The work grows with the number of shared passages and not with the square of the class.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.flags.flag import Evidence, Flag, Kind
from autograder.flags.passages import ALIKE, MIN_PASSAGES, Passages, passages_of, similarity

# One exercise may be solved alike by chance, two hardly: of independent answers to chapter 2 no
# exercise reaches 52 %, and no two people come over 36 % in a second one.
MIN_EXERCISES = 2
# What a fifth of a small class holds, or more than 10 submissions of any (MOSS's own default, Aiken
# 1994), comes from the lecture or from the task.
COMMON_SHARE, MAX_HOLDERS = 0.2, 10
MIN_RARE = 20  # shared passages that few hold: half of MIN_PASSAGES
# Wholly the same text, names and comments aside, is chance in one short answer, and is not in three
# with 200 passages, some 25 lines.
MIN_SAME_EXERCISES, MIN_SAME_PASSAGES = 3, 200
MAX_PAIRS_SHOWN = 8

Answers = Mapping[str, Passages]


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike.

    Attributes:
        one: A learner.
        other: Another, later in the alphabet.
        exercises: The exercises in which they are alike, with their similarity.
    """

    one: str
    other: str
    exercises: tuple[tuple[str, float], ...]

    @property
    def similarity(self) -> float:
        """Mean similarity in these exercises."""
        return sum(share for _, share in self.exercises) / len(self.exercises)


def alike_flags(
    sources: Mapping[str, Mapping[str, str]], handed_out: Mapping[str, str]
) -> list[Flag]:
    """Flag groups of submissions that are alike, most similar first.

    Args:
        sources: Text of each answer, by learner and exercise.
        handed_out: Text of each answer's cell as it was handed out, by exercise.
    """
    held_out = {exercise: passages_of(text) for exercise, text in handed_out.items()}
    answers = {
        learner: {name: passages_of(text) - held_out[name] for name, text in texts.items()}
        for learner, texts in sources.items()
    }
    flags = [_flag(group, sources) for group in _groups(alike_pairs(answers))]
    return sorted(flags, key=lambda flag: (-(flag.similarity or 0), flag.learners))


def alike_pairs(answers: Mapping[str, Answers]) -> list[Pair]:
    """Find the pairs of submissions that are alike.

    Args:
        answers: Passages of each answer, by learner and exercise.

    Returns:
        Each pair; of many that are wholly the same, each with the first of them.
    """
    learners = sorted(answers)
    exercises = sorted({exercise for held in answers.values() for exercise in held})
    columns = [
        [answers[one].get(exercise, frozenset()) for one in learners] for exercise in exercises
    ]
    hits = Counter(pair for column in columns for pair in _near(column))
    found = {pair for pair, n in hits.items() if n >= MIN_EXERCISES}
    found.update(_same(columns, len(learners)))
    pairs = []
    for i, j in sorted(found):
        shares = {
            exercise: similarity(column[i], column[j])
            for exercise, column in zip(exercises, columns, strict=True)
            if _long(column[i]) and _long(column[j])
        }
        alike = tuple((exercise, share) for exercise, share in shares.items() if share >= ALIKE)
        if len(alike) >= MIN_EXERCISES:  # with what many share counted too
            pairs.append(Pair(learners[i], learners[j], alike))
    return pairs


def _near(column: Sequence[Passages]) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose answers to one exercise share most of what few hold."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, held in enumerate(column):
        if _long(held):
            for passage in held:
                holders[passage].append(i)
    most = max(2, min(MAX_HOLDERS, int(COMMON_SHARE * len(column))))
    by_count: dict[int, list[list[int]]] = defaultdict(list)
    for who in holders.values():
        if len(who) <= most:
            by_count[len(who)].append(who)
    n_rare = np.zeros(len(column), dtype=np.int64)
    codes = [np.empty(0, dtype=np.int64)]
    for count, rows in by_count.items():
        table = np.array(rows)  # passages × their holders, in rising order
        n_rare += np.bincount(table.ravel(), minlength=len(column))
        first, second = np.triu_indices(count, 1)
        codes.append((table[:, first] * len(column) + table[:, second]).ravel())
    pairs, n_shared = np.unique(np.concatenate(codes), return_counts=True)
    one, other = pairs // len(column), pairs % len(column)
    share = n_shared / (n_rare[one] + n_rare[other] - n_shared)
    for place in np.flatnonzero((share >= ALIKE) & (n_shared >= MIN_RARE)):
        yield int(one[place]), int(other[place])


def _same(columns: Sequence[Sequence[Passages]], n_learners: int) -> Iterator[tuple[int, int]]:
    """Yield for each learner the first other whose long answers are wholly the same."""
    ids = np.zeros((n_learners, len(columns)), dtype=np.int64)
    sizes = np.zeros_like(ids)
    for c, column in enumerate(columns):
        known: dict[Passages, int] = {}
        for i, held in enumerate(column):
            # A short answer is the same as nobody's, not even as another short one.
            ids[i, c] = known.setdefault(held, len(known)) if _long(held) else -1 - i
            sizes[i, c] = len(held)
    for i in range(1, n_learners):
        same = ids[:i] == ids[i]
        enough = (same.sum(1) >= MIN_SAME_EXERCISES) & (same @ sizes[i] >= MIN_SAME_PASSAGES)
        if enough.any():
            yield int(enough.argmax()), i


def _long(held: Passages) -> bool:
    return len(held) >= MIN_PASSAGES


def _groups(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Put the pairs together that are linked by learners whom they have in common."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = name = leader[leader[name]]  # shortens the way for the next one
        return name

    for pair in pairs:
        leader[find(pair.one)] = find(pair.other)
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[find(pair.one)].append(pair)
    return list(groups.values())


def _flag(group: list[Pair], sources: Mapping[str, Mapping[str, str]]) -> Flag:
    """Describe a group by its closest pairs, and show one answer of the closest side by side."""
    learners = sorted({name for pair in group for name in (pair.one, pair.other)})
    group = sorted(group, key=lambda pair: (-len(pair.exercises), -pair.similarity, pair.one))
    closest = group[0]
    told = [
        f"{p.one} and {p.other}: {p.similarity:.0%} in {', '.join(e for e, _ in p.exercises)}"
        for p in group[:MAX_PAIRS_SHOWN]
    ]
    if len(group) > MAX_PAIRS_SHOWN:
        told.append(f"and {len(group) - MAX_PAIRS_SHOWN} more pairs")
    exercise = max(closest.exercises, key=lambda one: len(sources[closest.one][one[0]]))[0]
    evidence = [
        Evidence(
            "pairs, with the share of short passages that they have in common", "\n".join(told)
        )
    ]
    for name in (closest.one, closest.other):
        evidence.append(Evidence(f"{name}, {exercise}", sources[name][exercise]))
    sentence = "Their answers are alike when names, comments and layout are put aside."
    return Flag(
        Kind.ALIKE,
        tuple(learners),
        sentence,
        tuple(evidence),
        max(pair.similarity for pair in group),
    )
