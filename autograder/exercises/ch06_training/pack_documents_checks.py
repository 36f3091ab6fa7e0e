"""Documents end to end in rows of one length, and who may look at whom."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="pack_documents",
    points=10,
    exports=("pack_documents",),
    not_allowed=(
        "course_lib.training.packing.pack_rows",
        "course_lib.training.packing.document_mask",
    ),
    hints=(
        "Forget the rows at first. Make one long list of tokens, every document with its `eos`, "
        "and beside it a list as long that says which document each token is of. Fill both up to "
        "a multiple of `seq_len`, and cut both into rows at the end.",
        "A query may look at a key when three things hold: their segments are equal, the query's "
        "segment is not −1, and the key does not stand behind the query (`tril`). For the first "
        "compare segments of the shape (N, T, 1) with segments of the shape (N, 1, T). Which token "
        "stands where does not matter for it: `pad` may be the same token as `eos`.",
    ),
    time_limit_s=5.0,
)

N_PARTS = 3  # tokens, segments, mask


def _packed(
    docs: list[list[int]], seq_len: int, eos: int, pad: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute what is expected, place by place."""
    places = [(token, i) for i, doc in enumerate(docs) for token in (*doc, eos)]
    while len(places) % seq_len:
        places.append((pad, -1))
    tokens, owners = torch.tensor(places).T.reshape(2, -1, seq_len)
    mask = torch.zeros(len(tokens), seq_len, seq_len, dtype=torch.bool)
    for row, own in enumerate(owners.tolist()):
        for query in range(seq_len):
            for key in range(query + 1):
                mask[row, query, key] = own[query] == own[key] and own[query] >= 0
    return tokens.contiguous(), owners.contiguous(), mask


def _documents(draw: Draw, seq_len: int, n_missing: int) -> tuple[list[list[int]], int, int]:
    """Draw documents, eos and pad.

    The first is longer than two rows, the next are so short that a row holds several, and the last
    is as long as `n_missing` places of padding want it.
    """
    eos, pad = (1, 0) if draw.integer(0, 1) else (0, 1)
    lengths = [2 * seq_len + 1, 1, 2, draw.integer(1, 2), 3]
    lengths[-1] += -(sum(lengths) + len(lengths) + n_missing) % seq_len
    docs = [draw.integers(2, 50, length).tolist() for length in lengths]
    return docs, eos, pad


def _seq_len(draw: Draw) -> int:
    return 4 if draw.small else draw.integer(7, 10)


def _parts(got: object) -> tuple[object, ...]:
    """Take the three parts out of a result."""
    if not isinstance(got, tuple) or len(got) != N_PARTS:
        raise CheckError("the result is not a tuple (token_ids, segment_ids, mask)", got)
    return got


@exercise.item(
    "every token, and eos after each document",
    points=3,
    sentence="The rows hold all documents end to end, whole, each followed by `eos`; a document "
    "that does not fit runs on in the next row.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len = _seq_len(draw)
    docs, eos, pad = _documents(draw, seq_len, 0)
    got = _parts(learner.pack_documents(docs, seq_len, eos, pad))[0]
    expect_equal(got, _packed(docs, seq_len, eos, pad)[0])
    # An empty document has an `eos` too; a token less elsewhere, and the rows are full again.
    docs.insert(1, [])
    docs[-1].pop()
    got = _parts(learner.pack_documents(docs, seq_len, eos, pad))[0]
    expect_equal(got, _packed(docs, seq_len, eos, pad)[0])


@exercise.item(
    "the last row is filled up",
    points=1,
    sentence="The last row is filled with `pad`, and there are no more rows than the tokens need.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len = _seq_len(draw)
    for n_missing in (2, seq_len - 1, 0):
        docs, eos, pad = _documents(draw, seq_len, n_missing)
        got = _parts(learner.pack_documents(docs, seq_len, eos, pad))[0]
        expect_equal(got, _packed(docs, seq_len, eos, pad)[0])


@exercise.item(
    "segments",
    points=2,
    sentence="segment_ids hold the number of the document, counted from 0 over all rows; its `eos` "
    "belongs to it, and padding has −1.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len = _seq_len(draw)
    docs, eos, pad = _documents(draw, seq_len, 2)
    got = _parts(learner.pack_documents(docs, seq_len, eos, pad))[1]
    expect_equal(got, _packed(docs, seq_len, eos, pad)[1])


@exercise.item(
    "who may look at whom",
    points=3,
    sentence="True where the key stands at or before the query and is of the same document: nobody "
    "looks ahead, and nobody into another document.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len = _seq_len(draw)
    docs, eos, pad = _documents(draw, seq_len, 0)
    got = _parts(learner.pack_documents(docs, seq_len, eos, pad))[2]
    want = _packed(docs, seq_len, eos, pad)[2]
    if isinstance(got, Tensor) and got.shape == want.shape and got.dtype == want.dtype:
        got = got.cpu()
        ahead = torch.ones_like(want).triu(1)
        expect_true(not (got & ahead).any(), "a query looks at a key that stands behind it", got)
        expect_true(not (got & ~want).any(), "a query looks into another document", got)
    expect_equal(got, want)


@exercise.item(
    "padding sees nothing, and pad may be eos",
    points=1,
    sentence="A query of padding looks at nothing, not even at itself. Padding is known by its "
    "place: `pad` may be the same token as `eos`, or stand in a document.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len = _seq_len(draw)
    docs, eos, pad = _documents(draw, seq_len, 3)
    expect_equal(learner.pack_documents(docs, seq_len, eos, pad), _packed(docs, seq_len, eos, pad))
    expect_equal(learner.pack_documents(docs, seq_len, eos, eos), _packed(docs, seq_len, eos, eos))
    docs[0][1] = docs[-1][0] = eos
    docs[0][2] = docs[-1][1] = pad
    expect_equal(learner.pack_documents(docs, seq_len, eos, pad), _packed(docs, seq_len, eos, pad))
    expect_unchanged(learner)
