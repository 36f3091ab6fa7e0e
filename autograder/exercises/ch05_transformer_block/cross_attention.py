"""Answers to the exercise about cross-attention: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch05_transformer_block.cross_attention_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The queries come from the memory, and keys and values from x: the wrong way round. x is what "
    "asks, the memory is what is looked at."
)
def queries_from_the_memory(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Exchange the two sequences."""
    scores = (memory @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    there = memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    weights = scores.masked_fill(~there & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "The mask is laid on the queries: it hides rows. It says which positions of the *memory* there "
    "are, the columns of the scores: `memory_mask[:, None, :]`."
)
def mask_on_the_queries(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Hide rows."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (memory @ W_v)
    return scores.softmax(-1).masked_fill(~memory_mask[:, :, None], 0.0) @ (memory @ W_v)


@exercise.misconception(
    "A causal mask hides the end of the memory. The memory is there as a whole before the first "
    "word is written: every position of x may see all of it."
)
def causal_mask(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Hide what seems to come later."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    causal = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    there = causal if memory_mask is None else causal & memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    weights = scores.masked_fill(~there & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (memory @ W_v)


@exercise.misconception(
    "The values come from x. What is handed over is the memory's: memory @ W_v."
)
def values_from_x(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Look at the memory and take from oneself."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    there = memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    weights = scores.masked_fill(~there & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "You scale by the width of x. The dot products run over the width of the queries: the scale is "
    "the root of `W_q.shape[-1]`."
)
def scale_from_the_model(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Divide by the root of d_model."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(x.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (memory @ W_v)
    there = memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    weights = scores.masked_fill(~there & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (memory @ W_v)


@exercise.misconception(
    "Your softmax runs over the queries. Each position of x shares out its own attention, over the "
    "memory: the last axis of the scores."
)
def softmax_over_the_queries(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Normalise the columns."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-2) @ (memory @ W_v)
    there = memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    weights = scores.masked_fill(~there & ~empty, -math.inf).softmax(-2).masked_fill(empty, 0.0)
    return weights @ (memory @ W_v)


@exercise.misconception(
    "The mask is upside down: True means that this position of the memory may be looked at."
)
def mask_inverted(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Hide what is there."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (memory @ W_v)
    hidden = memory_mask[:, None, :]
    empty = hidden.all(-1, keepdim=True)
    weights = scores.masked_fill(hidden & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (memory @ W_v)


@exercise.misconception(
    "A sentence without any memory comes out as nan: the softmax of nothing but −∞ is 0 / 0. Give "
    "such rows zero weights."
)
def nan_without_memory(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Hide all and take the softmax."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is not None:
        scores = scores.masked_fill(~memory_mask[:, None, :], -math.inf)
    return scores.softmax(-1) @ (memory @ W_v)


@exercise.misconception(
    "The mask is not used: padding of the memory is looked at as if it were words."
)
def mask_ignored(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Look at the padding."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    return scores.softmax(-1) @ (memory @ W_v)


@exercise.misconception(
    "What is hidden gets the score −10⁹. Scores can lie lower, and then the padding gets all the "
    "weight. Hide with −∞, which is below every number."
)
def hidden_by_a_number(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Take a large number for infinity."""
    scores = (x @ W_q) @ (memory @ W_k).mT / math.sqrt(W_q.shape[-1])
    if memory_mask is None:
        return scores.softmax(-1) @ (memory @ W_v)
    there = memory_mask[:, None, :]
    empty = ~there.any(-1, keepdim=True)
    return scores.masked_fill(~there, -1e9).softmax(-1).masked_fill(empty, 0.0) @ (memory @ W_v)


@exercise.alternative
def with_einsum(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Name the axes; hide with a large negative number, then empty the weights."""
    q = torch.einsum("btd,dh->bth", x, W_q)
    k = torch.einsum("bsd,dh->bsh", memory, W_k)
    v = torch.einsum("bsd,dv->bsv", memory, W_v)
    scores = torch.einsum("bth,bsh->bts", q, k) * W_q.size(1) ** -0.5
    if memory_mask is None:
        return torch.einsum("bts,bsv->btv", torch.softmax(scores, dim=2), v)
    there = memory_mask.unsqueeze(1)
    shares = torch.softmax(torch.where(there, scores, torch.finfo(scores.dtype).min), dim=2)
    return torch.einsum("bts,bsv->btv", shares * there, v)


@exercise.alternative
def with_exponentials(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Write the softmax out."""
    v = memory @ W_v
    scores = x @ (W_q @ W_k.T) @ memory.transpose(1, 2) / math.sqrt(W_k.shape[1])
    if memory_mask is not None:
        scores = scores.masked_fill(~memory_mask[:, None], torch.finfo(scores.dtype).min)
    powers = torch.exp(scores - scores.detach().amax(dim=-1, keepdim=True))
    if memory_mask is not None:
        powers = powers * memory_mask[:, None].to(powers.dtype)
    total = powers.sum(dim=-1, keepdim=True)
    return powers @ v / total.masked_fill(total == 0, 1.0)


@exercise.alternative
def sentence_by_sentence(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Leave out what is hidden."""
    rows = []
    for i in range(len(x)):
        seen = memory[i]
        if memory_mask is not None:
            seen = seen[memory_mask[i]]
        if len(seen) == 0:
            rows.append(x.new_zeros(x.shape[1], W_v.shape[1]))
            continue
        scores = torch.matmul(x[i] @ W_q, (seen @ W_k).T) / W_q.shape[1] ** 0.5
        rows.append(torch.softmax(scores, dim=1) @ seen @ W_v)
    return torch.stack(rows)
