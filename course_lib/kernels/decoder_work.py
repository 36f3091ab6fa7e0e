"""How many operations and bytes one call of a decoder asks for, and a whole text.

Counted as `roofline` counts: the products of matrices, each input read once and each output
written once. Norms, bends and the softmax are left out.
"""

from collections.abc import Iterable

from course_lib.decoder import DecoderConfig
from course_lib.kernels.roofline import AttentionSizes, Work, linear_work, tiled_attention_work


def call_work(
    cfg: DecoderConfig,
    *,
    n_new: int,
    n_seen: int = 0,
    n_scored: int = 1,
    batch_size: int = 1,
    bytes_each: int = 4,
) -> Work:
    """Count one call: new positions of some sequences, behind those in the caches.

    Args:
        cfg: The decoder.
        n_new: New positions of each sequence.
        n_seen: Positions in the caches. 0 with all positions new is a call without caches.
        n_scored: How many of the new positions get scores for the next token.
        batch_size: Sequences.
        bytes_each: Bytes of one number.

    Raises:
        ValueError: There is no new position, or more are scored than are new.
    """
    if not 1 <= n_scored <= n_new:
        raise ValueError(f"of {n_new} new positions {n_scored} cannot be scored")
    d_model, n_rows = cfg.d_model, batch_size * n_new
    widths = [(d_model, d_model)] * 4 + [(d_model, cfg.d_ff), (cfg.d_ff, d_model)]
    attention = AttentionSizes(
        batch_size=batch_size,
        n_heads=cfg.n_heads,
        n_kv_heads=cfg.n_heads,
        d_head=cfg.d_head,
        n_queries=n_new,
        n_keys=n_seen + n_new,
        causal=True,
        bytes_each=bytes_each,
    )
    layer = [
        linear_work(n_rows=n_rows, d_in=d_in, d_out=d_out, bytes_each=bytes_each)
        for d_in, d_out in widths
    ]
    scores = linear_work(
        n_rows=batch_size * n_scored, d_in=d_model, d_out=cfg.vocab_size, bytes_each=bytes_each
    )
    return total([*[*layer, tiled_attention_work(attention)] * cfg.n_layers, scores])


def text_work(cfg: DecoderConfig, *, n_prompt: int, n_new: int, has_cache: bool) -> Work:
    """Count a whole text, written token by token.

    Args:
        cfg: The decoder.
        n_prompt: Tokens that it goes on from.
        n_new: Tokens that it writes.
        has_cache: Whether keys and values are kept. Without, each call reads the whole text.

    Raises:
        ValueError: There is no prompt, or nothing to write.
    """
    if min(n_prompt, n_new) < 1:
        raise ValueError(f"{n_new} new tokens behind {n_prompt} are no text")
    if not has_cache:
        return total(call_work(cfg, n_new=n_prompt + step) for step in range(n_new))
    prefill = call_work(cfg, n_new=n_prompt)
    steps = (call_work(cfg, n_new=1, n_seen=n_prompt + step) for step in range(n_new - 1))
    return total([prefill, *steps])


def total(works: Iterable[Work]) -> Work:
    """Add up what is done one after the other."""
    works = list(works)
    return Work(
        n_operations=sum(work.n_operations for work in works),
        n_bytes=sum(work.n_bytes for work in works),
    )
