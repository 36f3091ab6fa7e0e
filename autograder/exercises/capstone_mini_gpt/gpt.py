"""Answers to the exercise about the whole model: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.capstone_mini_gpt.gpt_checks import exercise
from course_lib.own_gpt.parameters import NORM_EPS, params_of_block
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "Behind the last block the stream goes straight to the scores. `final_norm` comes before: the "
    "stream has grown from block to block."
)
def no_last_norm(token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts) -> tuple:
    """Leave the last normalisation out."""
    x, grown = parts.embed(token_ids, params["embedding"])[1], []
    for layer, pair in enumerate(past):
        x, pair = parts.gpt_block(x, params_of_block(params, layer), pair, n_heads, parts)
        grown.append(pair)
    return x @ params["embedding"].T, grown


@exercise.misconception(
    "Every block works with the parameters of block 0. Give block `layer` its own: "
    "`params_of_block(params, layer)`."
)
def first_block_again(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Use one block over and over."""
    x, grown = parts.embed(token_ids, params["embedding"])[1], []
    for pair in past:
        x, pair = parts.gpt_block(x, params_of_block(params, 0), pair, n_heads, parts)
        grown.append(pair)
    return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].T, grown


@exercise.misconception(
    "Every block is given the past of block 0. Each has keys and values of its own: give block "
    "`layer` the pair `past[layer]`."
)
def first_past_again(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Use one pair over and over."""
    x, grown = parts.embed(token_ids, params["embedding"])[1], []
    for layer in range(len(past)):
        x, pair = parts.gpt_block(x, params_of_block(params, layer), past[0], n_heads, parts)
        grown.append(pair)
    return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].T, grown


@exercise.misconception(
    "The past that came in is handed back. The next token must find the keys and values of these "
    "tokens too: hand back what the blocks give."
)
def past_does_not_grow(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Throw the new pairs away."""
    x = parts.embed(token_ids, params["embedding"])[1]
    for layer, pair in enumerate(past):
        x, _ = parts.gpt_block(x, params_of_block(params, layer), pair, n_heads, parts)
    return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].T, past


@exercise.misconception(
    "The list of the past that was handed in is written into. Whoever kept it, to try another "
    "token, finds a token there that they did not put in. Make a new list."
)
def past_overwritten(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Put the new pairs into the old list."""
    x = parts.embed(token_ids, params["embedding"])[1]
    for layer in range(len(past)):
        block = params_of_block(params, layer)
        x, past[layer] = parts.gpt_block(x, block, past[layer], n_heads, parts)
    return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].T, past


@exercise.misconception(
    "The scores are cut off from the parameters: `detach` and `torch.no_grad` stop the gradients, "
    "and without them nothing can be trained."
)
def cut_off(token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts) -> tuple:
    """Compute without gradients."""
    with torch.no_grad():
        x, grown = parts.embed(token_ids, params["embedding"])[1], []
        for layer, pair in enumerate(past):
            x, pair = parts.gpt_block(x, params_of_block(params, layer), pair, n_heads, parts)
            grown.append(pair)
        return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].T, grown


@exercise.alternative
def block_after_block(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Hand each block's stream on by a function that calls itself."""

    def above(x: Tensor, layer: int) -> tuple:
        if layer == len(past):
            return x, []
        block = params_of_block(params, layer)
        x, pair = parts.gpt_block(x, block, past[layer], n_heads, parts)
        top, pairs = above(x, layer + 1)
        return top, [pair, *pairs]

    _, vectors = parts.embed(token_ids, params["embedding"])
    x, pairs = above(vectors, 0)
    x = parts.rms_norm(x, params["final_norm"], NORM_EPS)
    return torch.einsum("btd,vd->btv", x, params["embedding"]), pairs


@exercise.alternative
def list_made_first(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Make room for all pairs, and fill it layer by layer."""
    pairs: list = [None] * len(past)
    stream = parts.embed(token_ids, params["embedding"])[1]
    for layer in range(len(past)):
        stream, pairs[layer] = parts.gpt_block(
            stream, params_of_block(params, layer), past[layer], n_heads, parts
        )
    normed = parts.rms_norm(stream, params["final_norm"], NORM_EPS)
    return normed.matmul(params["embedding"].mT), pairs


@exercise.alternative
def by_a_linear_layer(
    token_ids: Tensor, params: dict, past: list, n_heads: int, parts: Parts
) -> tuple:
    """Score by a linear layer whose weights are the table."""
    table = params["embedding"]
    one_hot_and_vectors = parts.embed(token_ids, table)
    x, seen = one_hot_and_vectors[1], []
    for layer, before in zip(range(len(past)), past, strict=True):
        x, after = parts.gpt_block(x, params_of_block(params, layer), before, n_heads, parts)
        seen = [*seen, after]
    x = parts.rms_norm(x, params["final_norm"], NORM_EPS)
    return torch.nn.functional.linear(x, table), seen
