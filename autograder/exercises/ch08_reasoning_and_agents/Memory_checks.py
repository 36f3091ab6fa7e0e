"""A memory that gives back what is relevant, recent and important."""  # noqa: N999

import contextlib
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="Memory",
    points=8,
    exports=("Memory",),
    classes={"Memory": ()},
    not_allowed=(),
    hints=(
        "`add` only writes down. In `retrieve` make three lists with a number for each memory: the "
        "cosine of its vector and the question's, 0.99 to the power of its age in hours, and its "
        "importance. Normalise each list for itself, add the three up, sort.",
        "Normalised, a value is (value − lowest)/(highest − lowest); where the highest is the "
        "lowest, 0 for all. Sort by the pair of sum and time, both falling: "
        "`key=…` may give a tuple, and `reverse=True` turns both.",
    ),
    time_limit_s=5.0,
)

DECAY = 0.99
CLEAR = 1e-3  # how far sums that are compared lie apart


@dataclass(frozen=True)
class Kept:
    """A memory as it is handed over."""

    text: str
    vector: Tensor
    importance: float
    time: float


def _memory_of(learner: Learner, kept: list[Kept]) -> Any:  # noqa: ANN401 - a LearnerInstance
    memory: Any = learner.Memory()
    for one in kept:
        memory.add(one.text, one.vector, one.importance, one.time)
    return memory


def _expect_a_list_of_its_own(learner: Learner) -> None:
    """Say what is the matter with memories that all keep theirs in one list.

    It comes before all else: what one of them holds would break every later call on other sizes.

    Raises:
        CheckError: A new memory gives back what was added to another.
    """
    text, vector, found = "it was added to another", torch.ones(5), None
    with contextlib.suppress(Exception):  # whatever else is wrong is judged later
        _memory_of(learner, [Kept(text, vector, 5.0, 1.0)])
        found = learner.Memory().retrieve(vector, 2.0, 1)
    if found == [text]:
        reason = (
            "a new memory gives back what was added to another: all of them keep theirs in one "
            "list, that of a default argument or of the class"
        )
        # By the time that another input is tried, the one list holds vectors of all lengths.
        raise CheckError(reason, found, worth_showing=False)


def _normalised(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]


def _sums(kept: list[Kept], vector: Tensor, time: float) -> list[float]:
    """Compute what each memory scores."""
    question = vector.double()
    cosines = [
        float(one.vector.double() @ question / (one.vector.double().norm() * question.norm()))
        for one in kept
    ]
    recency = [DECAY ** (time - one.time) for one in kept]
    importance = [one.importance for one in kept]
    return [
        math.fsum(parts)
        for parts in zip(*map(_normalised, (cosines, recency, importance)), strict=True)
    ]


def _best(kept: list[Kept], vector: Tensor, time: float) -> list[str]:
    """Give all texts, best first."""
    sums = _sums(kept, vector, time)
    places = sorted(range(len(kept)), key=lambda i: (-sums[i], -kept[i].time))
    return [kept[i].text for i in places]


def _is_clear(kept: list[Kept], vector: Tensor, time: float) -> bool:
    """Whether no two sums lie so close that rounding could exchange them."""
    sums = sorted(_sums(kept, vector, time))
    return all(b - a > CLEAR for a, b in pairwise(sums))


def _length_misleads(alike: list[Kept], vector: Tensor, time: float) -> bool:
    """Whether, of memories alike but for their vectors, the largest product is not the best one's.

    The best one is that of the largest cosine.
    """
    largest = max(alike, key=lambda one: float(one.vector @ vector))
    return largest.text != _best(alike, vector, time)[0]


def _drawn(draw: Draw, count: int) -> tuple[list[Kept], Tensor, float]:
    """Draw memories, added in any order of their times, and a question whose ranking is clear."""
    d = 2 if draw.small else 5
    while True:
        times = draw.order(300).tolist()[:count]
        kept = [
            Kept(
                f"memory {number}",
                draw.normal(d) * draw.integer(1, 9),
                float(draw.integer(1, 10)),
                float(time),
            )
            for number, time in enumerate(times)
        ]
        question, now = draw.normal(d), float(max(times) + draw.integer(0, 50))
        lengths = [one.vector.norm().item() for one in kept] + [question.norm().item()]
        if min(lengths) > 0 and _is_clear(kept, question, now):
            return kept, question, now


def _drawn_plain(draw: Draw, first: float, last: float) -> tuple[list[Kept], Tensor]:
    """Draw memories of two times, on axes of their own: neither lengths nor decay matter."""
    times = (first, first, last, last)
    while True:
        kept = [
            Kept(f"memory {place}", torch.eye(4)[place], float(draw.integer(1, 10)), times[i])
            for place, i in enumerate(draw.order(4).tolist())
        ]
        question = draw.normal(4)
        if question.norm() > 0 and _is_clear(kept, question, last):
            return kept, question


@exercise.item(
    "relevance",
    points=2,
    sentence="Relevance is the cosine of the memory's vector and the question's: of memories that "
    "are equally old and equally important, the one that points the same way comes first, however "
    "long its vector is.",
)
def _(learner: Learner, draw: Draw) -> None:
    _expect_a_list_of_its_own(learner)
    count = 3 if draw.small else 7
    kept, question, now = _drawn(draw, count)
    while True:
        alike = [Kept(one.text, one.vector, 4.0, 20.0) for one in kept]
        if _is_clear(alike, question, now) and _length_misleads(alike, question, now):
            break
        kept, question, now = _drawn(draw, count)
    memory = _memory_of(learner, alike)
    best = _best(alike, question, now)
    for k in (1, count):
        expect_equal(memory.retrieve(question, now, k), best[:k])
    opposite = _best(alike, -question, now)
    expect_equal(memory.retrieve(-question, now, 2), opposite[:2])


@exercise.item(
    "recency and importance",
    points=2,
    sentence="Of equally relevant memories the newer comes first if they are equally important, "
    "and the more important one if they are equally old. What counts is the time that `add` was "
    "given, not the order of the calls.",
)
def _(learner: Learner, draw: Draw) -> None:
    vector = torch.tensor([1.0, 2.0, 2.0])
    times = [float(time) for time in draw.order(90).tolist()[: 3 if draw.small else 5]]
    aging = [Kept(f"hour {time:g}", vector, 3.0, time) for time in times]
    newest = [f"hour {time:g}" for time in sorted(times, reverse=True)]
    expect_equal(_memory_of(learner, aging).retrieve(vector, 100.0, len(times)), newest)
    weighty = [Kept(f"weight {time:g}", vector, time, 8.0) for time in times]
    heaviest = [f"weight {time:g}" for time in sorted(times, reverse=True)]
    expect_equal(_memory_of(learner, weighty).retrieve(vector, 10.0, len(times)), heaviest)


@exercise.item(
    "the sum of all three",
    points=2,
    sentence="Each of the three is normalised for itself over all memories, (value − lowest)/"
    "(highest − lowest), and they are added: recency is 0.99 to the power of the age in hours.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in range(1 if draw.small else 4):
        kept, question, now = _drawn(draw, 4 if draw.small else 8)
        memory = _memory_of(learner, kept)
        expect_equal(memory.retrieve(question, now, len(kept)), _best(kept, question, now))
    # Half of the decay is spent after 69 hours: in the middle of the ages, recency is not 1/2.
    across, along = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])
    kept = [
        Kept("long ago", across, 1.0, 0.0),
        Kept("in the middle", across, 7.0, 150.0),
        Kept("weighty", across, 8.0, 100.0),
        Kept("fitting", along, 1.0, 90.0),
        Kept("just now", across, 1.0, 300.0),
        Kept("once", across, 11.0, 10.0),
    ]
    kept = [kept[i] for i in draw.order(len(kept)).tolist()]
    memory = _memory_of(learner, kept)
    expect_equal(memory.retrieve(along, 300.0, 6), _best(kept, along, 300.0))


@exercise.item(
    "equals, few memories, and asking twice",
    points=2,
    sentence="Values that are all equal normalise to 0; of equal sums the newer comes first. With "
    "fewer than k memories all come back, with none the list is empty; asking changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    alike = torch.tensor([2.0, 1.0])
    first, last = float(draw.integer(1, 5)), float(draw.integer(20, 30))
    # One has all the importance and no recency, the other the reverse: both sums are 1.
    pair = [Kept("old and weighty", alike, 9.0, first), Kept("new and light", alike, 2.0, last)]
    for kept in (pair, pair[::-1]):
        memory = _memory_of(learner, kept)
        expect_equal(memory.retrieve(alike, last + 2, 2), ["new and light", "old and weighty"])
    empty = _memory_of(learner, [])
    expect_equal(empty.retrieve(alike, 3.0, 4), [])
    single = _memory_of(learner, pair[:1])
    expect_equal(single.retrieve(alike, last, 4), ["old and weighty"])
    expect_equal(single.retrieve(-alike, last, 1), ["old and weighty"])
    # Who was read is no newer for it: asked for the other, the other comes.
    along, across = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    kept = [Kept("old", along, 9.0, first), Kept("new", across, 2.0, last)]
    memory = _memory_of(learner, kept)
    expect_equal(memory.retrieve(along, last + 1, 1), ["old"])
    expect_equal(memory.retrieve(across, last + 2, 1), ["new"])
    kept, question = _drawn_plain(draw, first, last)
    memory = _memory_of(learner, kept[:3])
    memory.retrieve(question, last, 1)
    memory.add(kept[3].text, kept[3].vector, kept[3].importance, kept[3].time)
    best = _best(kept, question, last)
    expect_equal(memory.retrieve(question, last, 2), best[:2])
    expect_equal(memory.retrieve(question, last, 9), best)
