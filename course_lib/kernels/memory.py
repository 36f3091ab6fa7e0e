"""How many bytes a model and its cache take: formulas, and what a module really holds.

A cache grows with every token of every sequence; the weights do not grow at all. Past some number
of tokens the cache is the larger of the two.
"""

from torch import nn


def cache_bytes(
    *,
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: int | float,
) -> int | float:
    """Return the bytes of the keys and values of some sequences.

    Args:
        n_layers: Layers, each with a cache of its own.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        batch_size: Sequences.
        seq_len: Positions kept of each.
        bytes_each: Bytes of one number: 4, 2, 1, or ½ in 4 bits. Scales are not counted.

    Raises:
        ValueError: A size is negative.
    """
    sizes = (n_layers, n_kv_heads, d_head, batch_size, seq_len, bytes_each)
    if min(sizes) < 0:
        raise ValueError(f"no size of a cache can be negative, got {sizes}")
    keys_and_values = 2
    return keys_and_values * n_layers * n_kv_heads * d_head * batch_size * seq_len * bytes_each


def tokens_as_large_as(weight_bytes: int | float, bytes_per_token: int | float) -> int:
    """Return how many tokens, of all sequences together, make the cache as large as the weights.

    Args:
        weight_bytes: Bytes of the weights.
        bytes_per_token: Bytes that `cache_bytes` gives for one position of one sequence.

    Raises:
        ValueError: A token takes no bytes, so no number of tokens is enough.
    """
    if bytes_per_token <= 0:
        raise ValueError(f"a token must take some bytes, not {bytes_per_token}")
    return int(-(-weight_bytes // bytes_per_token))


def module_bytes(module: nn.Module) -> int:
    """Return the bytes of all parameters and buffers, counting once what is used twice."""
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))
