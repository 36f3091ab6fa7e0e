"""Encode text with the merges that byte-pair encoding learned."""

from collections import Counter
from itertools import pairwise

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal
from autograder.exercises.protocol import Learner

N_BYTES = 256

exercise = Exercise(
    name="bpe_encode",
    points=20,
    exports=("bpe_encode",),
    not_allowed=(
        "course_lib.tokenizer.ByteLevelBPE",
        "course_lib.merging.merge_by_queue",
        "course_lib.merging.merge_by_scanning",
    ),
    hints=(
        '`list(text.encode("utf-8"))` gives the bytes as whole numbers. Then take the merges one '
        "after the other, from the first: each goes over the whole list of ids.",
        "For merge i, build a new list: walk with an index; when the two ids at the index are the "
        "pair, append 256 + i and go on by two, else append the id and go on by one.",
    ),
    time_limit_s=5.0,
)


@exercise.item(
    "text becomes bytes",
    points=4,
    sentence="Without merges the ids are the text's UTF-8 bytes, as Python ints in a list; one "
    "character may take up to four.",
)
def _(learner: Learner, draw: Draw) -> None:
    letters = "aé世🙂ßz—"
    text = "".join(draw.choice(letters) for _ in range(3 if draw.small else 12)) + "é世"
    expect_equal(learner.bpe_encode(text, []), list(text.encode("utf-8")))
    expect_equal(learner.bpe_encode("", [(97, 98)]), [])
    expect_equal(learner.bpe_encode("a", [(97, 98)]), [97])


@exercise.item(
    "a merge joins from the left, without overlap",
    points=4,
    sentence="Merge i puts the id 256 + i in the place of its pair. Go from left to right; an id "
    "that has been joined is used up.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b = draw.order(26)[:2].tolist()
    a, b = a + ord("a"), b + ord("a")
    n_repeats = draw.integer(1, 2) if draw.small else draw.integer(4, 9)
    text = chr(b) + chr(a) * (2 * n_repeats + 1) + chr(b) + chr(a) + chr(b)
    joined = [b, *[256] * n_repeats, a, b, a, b]
    expect_equal(learner.bpe_encode(text, [(a, a)]), joined)
    expect_equal(
        learner.bpe_encode(text, [(b, b), (a, a)]), [257 if i == 256 else i for i in joined]
    )


@exercise.item(
    "an earlier merge goes before a later one",
    points=5,
    sentence="The order of the merges decides, not the place in the text and not the length: all "
    "of merge 0 before any of merge 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, c, d, e = (draw.order(26)[:5] + ord("a")).tolist()
    # Where two merges compete for b or c, "b c" wins: it is first in the merges, though "a b"
    # comes first in the text and "c e" last in the merges.
    merges = [(b, c), (a, b), (256, d), (c, e)]
    text = "".join(map(chr, (a, b, c, a, b, d, b, c, d, b, c, e)))
    expect_equal(learner.bpe_encode(text, merges), [a, 256, 257, d, 258, 256, e])
    if not draw.small:
        text, merges = _learned(draw, "abcd")
        expect_equal(learner.bpe_encode(text, merges), _reference(text, merges))


@exercise.item(
    "what a merge made is merged again",
    points=5,
    sentence="A merge may join ids that earlier merges made: go over the ids again for each merge.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, c = (draw.order(26)[:3] + ord("a")).tolist()
    merges = [(a, b), (256, 256), (257, c)]
    text = "".join(map(chr, (a, b, a, b, c, a, b, c)))
    expect_equal(learner.bpe_encode(text, merges), [258, 256, c])
    expect_equal(learner.bpe_encode(text[:4], merges), [257])


@exercise.item(
    "merges work on bytes, not on characters",
    points=2,
    sentence="Merges join bytes and what was made of them; the bytes of one character may end up "
    "in different tokens.",
)
def _(learner: Learner, draw: Draw) -> None:
    pair = draw.choice(("éè", "üö", "αβ"))
    first, second = pair[0].encode(), pair[1].encode()
    # The last byte of one letter and the first byte of the next are joined.
    merges = [(first[1], second[0]), (first[0], 256)]
    expect_equal(learner.bpe_encode(pair, merges), [257, second[1]])
    if not draw.small:
        text, merges = _learned(draw, "aé世🙂")
        expect_equal(learner.bpe_encode(text, merges), _reference(text, merges))


def _learned(draw: Draw, letters: str) -> tuple[str, list[tuple[int, int]]]:
    """Draw a text, and merges learned from another text of the same letters."""
    sample = "".join(draw.choice(letters) for _ in range(400))
    merges = []
    token_ids = list(sample.encode())
    for i in range(24):
        counts = Counter(pairwise(token_ids))
        merges.append(min(counts, key=lambda pair: (-counts[pair], pair)))
        token_ids = _join(token_ids, merges[-1], N_BYTES + i)
    return "".join(draw.choice(letters) for _ in range(150)), merges


def _reference(text: str, merges: list[tuple[int, int]]) -> list[int]:
    token_ids = list(text.encode())
    for i, pair in enumerate(merges):
        token_ids = _join(token_ids, pair, N_BYTES + i)
    return token_ids


def _join(token_ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    joined: list[int] = []
    for token_id in token_ids:
        # A token that was just made is never half of a pair of this merge: pairs hold older ids.
        if joined and (joined[-1], token_id) == pair:
            joined[-1] = new_id
        else:
            joined.append(token_id)
    return joined
