"""Three ways to score a key: dot, general, concat."""

# The answers trust, as learners do, that what a kind needs is given.
# pyright: reportOptionalOperand=false, reportOperatorIssue=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportCallIssue=false

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_raises,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="luong_scores",
    points=10,
    exports=("luong_scores",),
    not_allowed=(
        "course_lib.attention.attention_scores",
        "course_lib.early_attention.dot_attention",
        "course_lib.early_attention.general_attention",
        "course_lib.early_attention.additive_scores",
    ),
    hints=(
        "`keys @ query` gives every dot product at once. For *general* the query is turned first, "
        "by the matrix on its right. For *concat* query and key become one long row.",
        "general: `keys @ (query @ W)`. concat: put `query.expand(len(keys), -1)` before `keys` "
        "along the last axis, multiply with W, bend, multiply with v.",
    ),
    time_limit_s=5.0,
)


def _dot(query: Tensor, keys: Tensor) -> Tensor:
    return (keys.double() * query.double()).sum(-1).to(query.dtype)


def _general(query: Tensor, keys: Tensor, W: Tensor) -> Tensor:
    q, k, turn = query.double(), keys.double(), W.double()
    return torch.einsum("i,ij,nj->n", q, turn, k).to(query.dtype)


def _concat(query: Tensor, keys: Tensor, W: Tensor, v: Tensor) -> Tensor:
    rows = [torch.cat([query.double(), key]) @ W.double() for key in keys.double()]
    return torch.stack([row.tanh() @ v.double() for row in rows]).to(query.dtype)


@exercise.item(
    "dot",
    points=2,
    sentence="“dot” is the plain dot product of the query with each key: nothing divides it.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, width = draw.sizes(2)
    query, keys = draw.normal(width), draw.normal(n_keys, width)
    expect_close(learner.luong_scores(query, keys, "dot"), _dot(query, keys))


@exercise.item(
    "general",
    points=3,
    sentence="“general” is query @ W @ key: W leads from the width of the query to that of a key.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, width = draw.sizes(2)
    query, keys, W = draw.normal(width), draw.normal(n_keys, width), draw.normal(width, width)
    expect_close(learner.luong_scores(query, keys, "general", W), _general(query, keys, W))
    expect_close(
        learner.luong_scores(query, keys, "general", W=torch.eye(width)), _dot(query, keys)
    )
    n_keys, d_query, d_key = draw.sizes(3)
    query, keys, W = draw.normal(d_query), draw.normal(n_keys, d_key), draw.normal(d_query, d_key)
    expect_close(learner.luong_scores(query, keys, "general", W=W), _general(query, keys, W))


@exercise.item(
    "concat",
    points=3,
    sentence="“concat” is v · tanh([query; key] @ W): the query stands first in the long row.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, width, d_head = draw.sizes(3)
    query, keys = draw.normal(width), draw.normal(n_keys, width)
    W, v = draw.normal(2 * width, d_head, scale=0.5), draw.normal(d_head)
    got = learner.luong_scores(query, keys, "concat", W=W, v=v)
    expect_close(got, _concat(query, keys, W, v))


@exercise.item(
    "any other kind is refused",
    points=1,
    sentence="Another name raises ValueError: a misspelt kind must not pass for one of the three.",
)
def _(learner: Learner, draw: Draw) -> None:
    query, keys = draw.normal(3), draw.normal(2, 3)
    for kind in ("Dot", "additive", ""):
        expect_raises(ValueError, lambda kind=kind: learner.luong_scores(query, keys, kind))


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Gradients reach whatever is used, float64 stays float64, and nothing given is "
    "changed.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, width, d_head = draw.sizes(3)
    query = draw.normal(width, dtype=torch.float64)
    keys = draw.normal(n_keys, width, dtype=torch.float64)
    square = draw.normal(width, width, dtype=torch.float64)
    W = draw.normal(2 * width, d_head, scale=0.5, dtype=torch.float64)
    v, cotangent = draw.normal(d_head, dtype=torch.float64), draw.normal(n_keys).double()
    for kind, formula, given in (
        ("dot", _dot, (query, keys)),
        ("general", _general, (query, keys, square)),
        ("concat", _concat, (query, keys, W, v)),
    ):
        own = [one.clone().requires_grad_() for one in given]
        want = formula(*own)
        sent = [one.clone().requires_grad_() for one in given]
        got, gradients = learner.luong_scores.vjp(cotangent, *sent[:2], kind, *sent[2:])
        expect_close(got, want)
        for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
            expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "W is transposed in “general”. It is square here, so that nothing fails; but the query stands "
    "on its left: query @ W @ key."
)
def general_transposed(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Turn the keys where the query is meant."""
    if kind == "dot":
        return keys @ query
    if kind == "general":
        return keys @ (W @ query)
    if kind == "concat":
        return torch.tanh(torch.cat([query.expand(len(keys), -1), keys], dim=-1) @ W) @ v
    raise ValueError(kind)


@exercise.misconception(
    "“dot” is divided by the root of the width. That came in 2017, with the Transformer; Luong's "
    "score of 2015 is the plain product."
)
def dot_scaled(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Scale as the Transformer does."""
    if kind == "dot":
        return keys @ query / len(query) ** 0.5
    if kind == "general":
        return keys @ (query @ W)
    if kind == "concat":
        return torch.tanh(torch.cat([query.expand(len(keys), -1), keys], dim=-1) @ W) @ v
    raise ValueError(kind)


@exercise.misconception(
    "In “concat” the key stands before the query. The upper half of W belongs to the query."
)
def key_before_query(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Put the two together the other way round."""
    if kind == "dot":
        return keys @ query
    if kind == "general":
        return keys @ (query @ W)
    if kind == "concat":
        return torch.tanh(torch.cat([keys, query.expand(len(keys), -1)], dim=-1) @ W) @ v
    raise ValueError(kind)


@exercise.misconception(
    "Nothing bends the long row in “concat”: without tanh the query adds the same number to every "
    "score and prefers no key."
)
def concat_without_tanh(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Weigh the product as it is."""
    if kind == "dot":
        return keys @ query
    if kind == "general":
        return keys @ (query @ W)
    if kind == "concat":
        return torch.cat([query.expand(len(keys), -1), keys], dim=-1) @ W @ v
    raise ValueError(kind)


@exercise.misconception(
    "Whatever is not “dot” or “general” is taken for “concat”. A misspelt kind should raise "
    "ValueError, not give numbers."
)
def any_other_kind_is_concat(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Take the last case for granted."""
    if kind == "dot":
        return keys @ query
    if kind == "general":
        return keys @ (query @ W)
    return torch.tanh(torch.cat([query.expand(len(keys), -1), keys], dim=-1) @ W) @ v


@exercise.alternative
def with_match(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Match on the kind, and write the products with einsum."""
    match kind:
        case "dot":
            return torch.einsum("d,nd->n", query, keys)
        case "general":
            return torch.einsum("i,ij,nj->n", query, W, keys)
        case "concat":
            d_query = query.shape[0]
            total = query @ W[:d_query] + keys @ W[d_query:]
            return total.tanh() @ v
        case _:
            raise ValueError(f"unknown kind {kind!r}")


@exercise.alternative
def from_a_table(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Look the score up by its name."""
    if kind not in ("dot", "general", "concat"):
        raise ValueError(kind)

    def concat(key: Tensor) -> Tensor:
        return torch.dot(torch.tanh(torch.cat((query, key)) @ W), v)

    scores = {
        "dot": lambda key: torch.dot(query, key),
        "general": lambda key: query @ W @ key,
        "concat": concat,
    }
    return torch.stack([scores[kind](key) for key in keys])


@exercise.alternative
def keys_turned(
    query: Tensor, keys: Tensor, kind: str, W: Tensor | None = None, v: Tensor | None = None
) -> Tensor:
    """Turn the keys in place of the query."""
    if kind == "concat":
        rows = torch.hstack([torch.stack([query] * len(keys)), keys])
        return (torch.tanh(rows @ W) * v).sum(dim=1)
    if kind == "general":
        keys = keys @ W.mT
    elif kind != "dot":
        raise ValueError("kind must be dot, general or concat")
    return (keys * query).sum(dim=1)
