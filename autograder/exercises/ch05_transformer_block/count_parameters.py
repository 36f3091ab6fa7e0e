"""Answers to the exercise about counting parameters: mistakes, and other right ways."""

import torch
from torch import nn

from autograder.exercises.ch05_transformer_block.count_parameters_checks import exercise
from course_lib.models.gpt2_shape import GPT2Shape

__all__ = ["exercise"]


@exercise.misconception(
    "A tied head is counted although it is the table of the tokens: the same numbers twice. Add "
    "V · D only where the head is not tied."
)
def tied_head_counted_twice(config: GPT2Shape) -> int:
    """Count the head in any case."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + 2 * width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    tables = (2 * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width + b * width


@exercise.misconception(
    "The biases are lost. With `bias` each linear layer has one as long as its output, and each "
    "norm one of d_model."
)
def biases_lost(config: GPT2Shape) -> int:
    """Count matrices and gains only."""
    width, inner = config.d_model, config.d_ff
    block = 4 * width**2 + 2 * width * inner + 2 * width
    heads = 1 if config.tied else 2
    tables = (heads * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width


@exercise.misconception(
    "The feed-forward layer is taken to be four times as wide as the model. It often is; here its "
    "width is `config.d_ff`."
)
def four_times_as_wide(config: GPT2Shape) -> int:
    """Know the factor by heart."""
    width, b = config.d_model, int(config.bias)
    block = 12 * width**2 + b * (4 * width + 5 * width) + 2 * (width + b * width)
    heads = 1 if config.tied else 2
    tables = (heads * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width + b * width


@exercise.misconception(
    "The feed-forward layer has one matrix in your count. It has two: one from d_model to d_ff, "
    "one back."
)
def one_matrix_of_two(config: GPT2Shape) -> int:
    """Forget the way back."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    heads = 1 if config.tied else 2
    tables = (heads * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width + b * width


@exercise.misconception(
    "Attention has three matrices in your count: the output projection is missing. Queries, keys, "
    "values, output: four."
)
def output_projection_lost(config: GPT2Shape) -> int:
    """Count queries, keys and values."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 3 * (width**2 + b * width) + 2 * width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    heads = 1 if config.tied else 2
    tables = (heads * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width + b * width


@exercise.misconception(
    "The final norm is missing. A pre-norm stack ends with one more norm, before the head."
)
def final_norm_lost(config: GPT2Shape) -> int:
    """Stop after the last block."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + 2 * width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    heads = 1 if config.tied else 2
    return (heads * config.vocab_size + config.max_seq_len) * width + config.n_layers * block


@exercise.misconception(
    "The positions are not counted. They are learned here: a table of max_seq_len rows of d_model."
)
def positions_lost(config: GPT2Shape) -> int:
    """Take positions for computed ones."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + 2 * width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    heads = 1 if config.tied else 2
    return heads * config.vocab_size * width + config.n_layers * block + width + b * width


@exercise.misconception(
    "The output head has a bias in your count. It has none, whatever `bias` says."
)
def head_with_a_bias(config: GPT2Shape) -> int:
    """Treat the head as every linear layer."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + 2 * width * inner + b * (inner + width)
    block += 2 * (width + b * width)
    head = 0 if config.tied else config.vocab_size * (width + b)
    tables = (config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + width + b * width + head


@exercise.misconception(
    "The norms keep their biases where `bias` is False. It speaks of the norms too: then only "
    "their gains are counted."
)
def norms_keep_their_biases(config: GPT2Shape) -> int:
    """Take `bias` for the linear layers' only."""
    width, inner, b = config.d_model, config.d_ff, int(config.bias)
    block = 4 * (width**2 + b * width) + 2 * width * inner + b * (inner + width) + 4 * width
    heads = 1 if config.tied else 2
    tables = (heads * config.vocab_size + config.max_seq_len) * width
    return tables + config.n_layers * block + 2 * width


@exercise.alternative
def with_a_list_of_shapes(config: GPT2Shape) -> int:
    """Write down every tensor of a block, and add up."""
    d, f = config.d_model, config.d_ff
    linear = [(d, d), (d, d), (d, d), (d, d), (d, f), (f, d)]
    block = [m * n for m, n in linear] + [d, d]
    if config.bias:
        block.extend([n for _, n in linear] + [d, d])
    once = [config.vocab_size * d, config.max_seq_len * d, d]
    if config.bias:
        once.append(d)
    if not config.tied:
        once.append(config.vocab_size * d)
    return config.n_layers * sum(block) + sum(once)


@exercise.alternative
def with_helpers(config: GPT2Shape) -> int:
    """Count a layer at a time."""

    def linear(d_in: int, d_out: int) -> int:
        return (d_in + config.bias) * d_out

    norm = config.d_model * (1 + config.bias)
    attention = 3 * linear(config.d_model, config.d_model) + linear(config.d_model, config.d_model)
    feed_forward = linear(config.d_model, config.d_ff) + linear(config.d_ff, config.d_model)
    total = sum(norm + attention + norm + feed_forward for _ in range(config.n_layers)) + norm
    for rows in (config.vocab_size, config.max_seq_len, (not config.tied) * config.vocab_size):
        total += rows * config.d_model
    return total


@exercise.alternative
def by_building_one_block(config: GPT2Shape) -> int:
    """Let torch name the shapes: layers that hold no numbers."""
    d = config.d_model
    with torch.device("meta"):
        norms = [nn.LayerNorm(d, bias=config.bias) for _ in range(3)]
        linear = [nn.Linear(d, d, bias=config.bias) for _ in range(4)]
        linear += [nn.Linear(d, config.d_ff, bias=config.bias)]
        linear += [nn.Linear(config.d_ff, d, bias=config.bias)]

    def size(*layers: nn.Module) -> int:
        shapes = [tuple(one.shape) for layer in layers for one in layer.parameters()]
        return sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for shape in shapes)

    rows = config.vocab_size + config.max_seq_len
    if not config.tied:
        rows += config.vocab_size
    return config.n_layers * size(*linear, *norms[:2]) + size(norms[2]) + rows * d
