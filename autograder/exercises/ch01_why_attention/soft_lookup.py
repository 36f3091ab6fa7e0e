"""A dictionary that gives a mixture: looked up by likeness, sharp or blurred."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="soft_lookup",
    points=10,
    exports=("soft_lookup",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.MultiheadAttention",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.grouped_attention",
        "course_lib.early_attention.dot_attention",
        "course_lib.early_attention.general_attention",
    ),
    hints=(
        "First likeness: one dot product of the query with each key. Then shares: the softmax of "
        "likeness divided by the temperature. Then the mixture of the values.",
        "`weights = (keys @ query / temperature).softmax(-1)` has one number a key; "
        "`weights @ values` adds the values up. There is no √d here.",
    ),
    time_limit_s=5.0,
)


def _lookup(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Compute what is expected, in float64, in the dtype of the query."""
    likeness = (keys.double() * query.double()).sum(-1)
    return ((likeness / temperature).softmax(0)[:, None] * values.double()).sum(0).to(query.dtype)


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a query, keys that differ in likeness by no more than a few, and values."""
    n_keys, d_key, d_value = draw.sizes(3)
    return (
        draw.normal(d_key, dtype=dtype),
        draw.normal(n_keys, d_key, dtype=dtype),
        draw.normal(n_keys, d_value, dtype=dtype),
    )


@exercise.item(
    "a mixture by likeness",
    points=4,
    sentence="The result is the sum of the values, weighted by the softmax over the keys of "
    "keys · query / temperature.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    for temperature in (1.0, 0.5, 3.0):
        expect_close(learner.soft_lookup(*inputs, temperature), _lookup(*inputs, temperature))


@exercise.item(
    "cold: the best match alone",
    points=2,
    sentence="Near temperature 0 the value of the best match comes out, as from a dictionary.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, d_value = draw.sizes(2)
    keys, values = torch.eye(n_keys), draw.normal(n_keys, d_value)
    wanted = draw.integer(0, n_keys - 1)
    got = learner.soft_lookup(keys[wanted], keys, values, 0.01)
    expect_close(got, values[wanted])


@exercise.item(
    "hot: the average of all",
    points=2,
    sentence="At a very high temperature every value counts alike; in between nothing is chosen "
    "outright.",
)
def _(learner: Learner, draw: Draw) -> None:
    query, keys, values = _inputs(draw)
    got = learner.soft_lookup(query, keys, values, 1e8)
    expect_close(got, values.mean(0))
    expect_close(learner.soft_lookup(query, keys, values, 2.0), _lookup(query, keys, values, 2.0))


@exercise.item(
    "gradients flow",
    points=2,
    sentence="Gradients reach query, keys and values, which no dictionary could do; float64 stays "
    "float64, and nothing given is changed.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _lookup(own[0], own[1], own[2], 0.7)
    cotangent = draw.normal(*want.shape, dtype=torch.float64)
    got, gradients = learner.soft_lookup.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs), 0.7
    )
    expect_close(got, want)
    for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "The temperature multiplies. Heat blurs: a high temperature has to make scores small, so that "
    "they are divided by it."
)
def temperature_multiplies(
    query: Tensor, keys: Tensor, values: Tensor, temperature: float
) -> Tensor:
    """Turn the temperature upside down."""
    return (keys @ query * temperature).softmax(-1) @ values


@exercise.misconception(
    "You mix the keys. They only say what fits; what is handed over are the values."
)
def keys_mixed(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Hand over the keys."""
    return (keys @ query / temperature).softmax(-1) @ keys


@exercise.misconception(
    "Only the best match is handed over. Its choice jumps and has no gradient: give every value "
    "its share."
)
def best_match_only(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Look up as in a dictionary."""
    return values[(keys @ query / temperature).argmax()]


@exercise.misconception(
    "The scores are divided by the root of the width too. Here the temperature alone sets how "
    "sharp the choice is."
)
def divided_by_the_root_too(
    query: Tensor, keys: Tensor, values: Tensor, temperature: float
) -> Tensor:
    """Scale as the Transformer does, on top."""
    return (keys @ query / (temperature * math.sqrt(len(query)))).softmax(-1) @ values


@exercise.misconception(
    "The shares are divided by the temperature, after the softmax: they no longer sum to one. "
    "Divide the scores, before it."
)
def temperature_after_softmax(
    query: Tensor, keys: Tensor, values: Tensor, temperature: float
) -> Tensor:
    """Divide too late."""
    return (keys @ query).softmax(-1) / temperature @ values


@exercise.alternative
def with_exponentials(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Write the softmax out, with the largest score subtracted."""
    scores = (keys * query).sum(dim=-1) / temperature
    powers = torch.exp(scores - scores.max())
    return (powers.unsqueeze(-1) * values).sum(dim=0) / powers.sum()


@exercise.alternative
def with_einsum(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Cool the query in place of the scores."""
    scores = torch.einsum("d,nd->n", query / temperature, keys)
    weights = torch.exp(scores - torch.logsumexp(scores, dim=0))
    return torch.einsum("n,nd->d", weights, values)


@exercise.alternative
def one_after_the_other(query: Tensor, keys: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Add one value at a time."""
    scores = torch.stack([torch.dot(key, query) for key in keys]) / temperature
    mixture = torch.zeros_like(values[0])
    for weight, value in zip(torch.softmax(scores, dim=0), values, strict=True):
        mixture = mixture + weight * value
    return mixture
