"""Span corruption as T5's training does it: pieces are taken out, and asked for."""

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="corrupt_spans",
    points=12,
    exports=("corrupt_spans",),
    not_allowed=(),
    hints=(
        "Walk along the spans with a mark for how far you have come. What lies between the mark "
        "and the next span goes to the inputs, what lies in the span goes to the targets, and each "
        "gets the span's sentinel.",
        "For span number i the inputs get the tokens from the mark to its start and then its "
        "sentinel, the targets its sentinel and then its tokens; the mark moves to its end. After "
        "the last span the rest of the tokens goes to the inputs, and the last sentinel to the "
        "targets.",
    ),
    time_limit_s=5.0,
)

Span = tuple[int, int]
FIRST_SENTINEL = 1000


def _corrupt(
    token_ids: list[int], spans: list[Span], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Compute what is expected, token by token."""
    inputs, targets = [], []
    for place, token in enumerate(token_ids):
        inside = [i for i, (start, end) in enumerate(spans) if start <= place < end]
        for i in inside:
            if place == spans[i][0]:
                inputs.append(sentinels[i])
                targets.append(sentinels[i])
            targets.append(token)
        if not inside:
            inputs.append(token)
    return inputs, [*targets, sentinels[-1]]


def _tokens(draw: Draw, seq_len: int) -> list[int]:
    """Draw tokens, many of them alike."""
    return draw.integers(1, 6, seq_len).tolist()


def _sentinels(draw: Draw, n_spans: int) -> list[int]:
    """Draw n_spans + 1 sentinels, in no order."""
    return (FIRST_SENTINEL + draw.order(n_spans + 4)[: n_spans + 1]).tolist()


def _spans(draw: Draw, n_spans: int) -> tuple[list[Span], int]:
    """Draw spans of unequal lengths with tokens before, between and behind them.

    The first holds two tokens or more: with one sentinel for it, all that follows moves.
    """
    spans, place = [], 0
    for i in range(n_spans):
        start = place + draw.integer(1, 4)
        place = start + draw.integer(1 if i else 2, 4)
        spans.append((start, place))
    return spans, place + draw.integer(2, 5)


def _expect(learner: Learner, token_ids: list[int], spans: list[Span], marks: list[int]) -> None:
    expect_equal(learner.corrupt_spans(token_ids, spans, marks), _corrupt(token_ids, spans, marks))


@exercise.item(
    "one sentinel stands for a span",
    points=4,
    sentence="In the inputs each span is replaced by one sentinel, the first span by the first; "
    "all other tokens stay in their order.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_spans in (1, 2 if draw.small else 4):
        spans, seq_len = _spans(draw, n_spans)
        token_ids, marks = _tokens(draw, seq_len), _sentinels(draw, n_spans)
        got = learner.corrupt_spans(token_ids, spans, marks)
        want = _corrupt(token_ids, spans, marks)
        if type(got) is not tuple or len(got) != 2:
            expect_equal(got, want)
        expect_equal(got[0], want[0])


@exercise.item(
    "the targets hold what was taken out",
    points=4,
    sentence="The targets are each sentinel followed by the tokens that it stands for, and at the "
    "end the last sentinel, which stands for none.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_spans in (1, 2 if draw.small else 5):
        spans, seq_len = _spans(draw, n_spans)
        token_ids, marks = _tokens(draw, seq_len), _sentinels(draw, n_spans)
        _expect(learner, token_ids, spans, marks)


@exercise.item(
    "spans at the edges",
    points=2,
    sentence="A span may begin with the first token, end with the last one, or follow another at "
    "once: each keeps its own sentinel.",
)
def _(learner: Learner, draw: Draw) -> None:
    # Spans of two tokens or more, which move what follows; the last case has those of one.
    a, b, c = (draw.integer(2, 4) for _ in range(3))
    token_ids = _tokens(draw, a + b + c)
    whole = len(token_ids)
    for spans in (
        [(0, a), (a + b, whole)],
        [(0, a), (a, a + b)],
        [(a, a + b), (a + b, whole)],
        [(0, whole)],
        [(i, i + 1) for i in range(whole)],
    ):
        _expect(learner, token_ids, spans, _sentinels(draw, len(spans)))


@exercise.item(
    "no span at all",
    points=1,
    sentence="Without spans the inputs are the tokens, and the targets the one sentinel.",
)
def _(learner: Learner, draw: Draw) -> None:
    token_ids = _tokens(draw, draw.integer(2, 6))
    _expect(learner, token_ids, [], _sentinels(draw, 0))


@exercise.item(
    "the lists are left alone",
    points=1,
    sentence="The lists that were handed in are what they were, and the results are lists of "
    "Python ints.",
)
def _(learner: Learner, draw: Draw) -> None:
    spans, seq_len = _spans(draw, 2)
    _expect(learner, _tokens(draw, seq_len), spans, _sentinels(draw, 2))
    expect_unchanged(learner)
