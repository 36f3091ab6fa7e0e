"""Answers to the exercise about the block: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.capstone_mini_gpt.gpt_block_checks import exercise
from course_lib.own_gpt.parameters import NORM_EPS
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "The new tokens are turned as if the text began with them. They stand behind the past: their "
    "places begin at the number of tokens that are kept."
)
def places_from_zero(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Count the places of the new tokens from 0."""
    places = torch.arange(x.shape[1])
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(q.shape[-1])
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    x = x + parts.merge_heads(shares @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "The scores are divided by the root of the width of the stream. A head compares Dh numbers: "
    "divide by the root of Dh."
)
def scaled_by_the_stream(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Divide by the root of D."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(x.shape[-1])
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    x = x + parts.merge_heads(shares @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "The scores are not divided. They grow with the width of a head, and one token takes nearly "
    "everything: divide by the root of Dh."
)
def never_scaled(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Take the products as they are."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    scores = (parts.apply_rope(q, places) @ k.mT).masked_fill(~mask, -math.inf)
    x = x + parts.merge_heads(parts.stable_softmax(scores, -1) @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "What comes back to be kept are the new keys and values alone: the next token would find no "
    "past. Hand back those of all tokens so far."
)
def new_ones_alone(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Look at all, and keep what is new."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = parts.apply_rope(k, places)
    keys, values = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ keys.mT / math.sqrt(q.shape[-1])
    mask = parts.causal_mask(q.shape[2], keys.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    x = x + parts.merge_heads(shares @ values) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "The values are turned too. A place decides how well a key is found, not what is handed over: "
    "turn queries and keys alone."
)
def values_turned(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Turn all three."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (
        parts.apply_rope(parts.split_heads(seen @ params[one], n_heads), places)
        for one in ("W_q", "W_k", "W_v")
    )
    k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(~mask, -math.inf)
    x = x + parts.merge_heads(parts.stable_softmax(scores, -1) @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "The keys are kept as they were before they were turned, and are then turned by the wrong "
    "places, or not at all. Turn first, then keep."
)
def kept_before_the_turn(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Look with turned keys and hand back the others."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    kept = torch.cat([past[0], k], 2)
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(q.shape[-1])
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    x = x + parts.merge_heads(shares @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"]), (kept, v)


@exercise.misconception(
    "The stream itself is normalised: what is added to is the normalised copy. Each part reads a "
    "copy and adds to the stream as it was."
)
def stream_normalised(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Overwrite the stream by its normalised copy."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    x = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(x @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(q.shape[-1])
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    x = x + parts.merge_heads(shares @ v) @ params["W_o"]
    x = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    return x + parts.swiglu(x, params["W_gate"], params["W_up"], params["W_down"]), (k, v)


@exercise.misconception(
    "Both parts read the stream as it came in. The gated layer stands behind attention: it reads "
    "what attention has added."
)
def side_by_side(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Let the second part read the stream of the beginning."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q, k, v = (parts.split_heads(seen @ params[one], n_heads) for one in ("W_q", "W_k", "W_v"))
    k = torch.cat([past[0], parts.apply_rope(k, places)], 2)
    v = torch.cat([past[1], v], 2)
    scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(q.shape[-1])
    mask = parts.causal_mask(q.shape[2], k.shape[2])
    shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)
    found = parts.merge_heads(shares @ v) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    made = parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"])
    return x + found + made, (k, v)


@exercise.alternative
def with_named_steps(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Write the two halves as functions, and add minus infinity in place of filling it in."""

    def attend(seen: Tensor) -> tuple:
        n_past, n_new = past[0].size(2), seen.size(1)
        places = torch.arange(n_past, n_past + n_new)
        q = parts.apply_rope(parts.split_heads(seen @ params["W_q"], n_heads), places)
        k = parts.apply_rope(parts.split_heads(seen @ params["W_k"], n_heads), places)
        k = torch.concat((past[0], k), -2)
        v = torch.concat((past[1], parts.split_heads(seen @ params["W_v"], n_heads)), -2)
        mask = parts.causal_mask(n_new, n_past + n_new)
        hidden = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, -math.inf)
        scores = q @ k.transpose(-1, -2) * (n_heads / x.size(-1)) ** 0.5 + hidden
        return parts.merge_heads(parts.stable_softmax(scores, 3) @ v), (k, v)

    mixed, pair = attend(parts.rms_norm(x, params["attention_norm"], NORM_EPS))
    after = x + mixed @ params["W_o"]
    normed = parts.rms_norm(after, params["feed_forward_norm"], NORM_EPS)
    gates = [params[name] for name in ("W_gate", "W_up", "W_down")]
    return parts.swiglu(normed, *gates) + after, pair


@exercise.alternative
def whole_mask_made_here(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Number all places, and turn scores of hidden ones to minus infinity by `where`."""
    n_past = past[0].shape[-2]
    everywhere = torch.arange(n_past + x.shape[1])
    here = everywhere[n_past:]
    seen = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q = parts.apply_rope(parts.split_heads(seen @ params["W_q"], n_heads), here)
    new_k = parts.apply_rope(parts.split_heads(seen @ params["W_k"], n_heads), here)
    new_v = parts.split_heads(seen @ params["W_v"], n_heads)
    k, v = torch.cat((past[0], new_k), 2), torch.cat((past[1], new_v), 2)
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / k.shape[-1] ** 0.5
    visible = parts.causal_mask(len(here), len(everywhere))
    scores = torch.where(visible, scores, scores.new_tensor(-math.inf))
    mixed = torch.einsum("bhqk,bhkd->bhqd", parts.stable_softmax(scores, -1), v)
    x = x + parts.merge_heads(mixed) @ params["W_o"]
    seen = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    x = x + parts.swiglu(seen, params["W_gate"], params["W_up"], params["W_down"])
    return x, (k, v)


@exercise.alternative
def queries_scaled_first(x: Tensor, params: dict, past: tuple, n_heads: int, parts: Parts) -> tuple:
    """Divide the queries in place of the scores."""
    places = torch.arange(x.shape[1]) + past[0].shape[2]
    normed = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    heads = {name: parts.split_heads(normed @ params[f"W_{name}"], n_heads) for name in "qkv"}
    keys = torch.cat([past[0], parts.apply_rope(heads["k"], places)], dim=-2)
    values = torch.cat([past[1], heads["v"]], dim=-2)
    q = parts.apply_rope(heads["q"], places) / math.sqrt(heads["q"].shape[-1])
    scores = torch.matmul(q, keys.transpose(2, 3))
    scores = scores.masked_fill(parts.causal_mask(*scores.shape[2:]).logical_not(), -math.inf)
    merged = parts.merge_heads(torch.matmul(parts.stable_softmax(scores, dim=-1), values))
    stream = merged @ params["W_o"] + x
    normed = parts.rms_norm(stream, params["feed_forward_norm"], NORM_EPS)
    return (
        stream + parts.swiglu(normed, params["W_gate"], params["W_up"], params["W_down"]),
        (keys, values),
    )
