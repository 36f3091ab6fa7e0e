"""Whether a text goes round in circles, and how varied some texts are."""

from collections.abc import Sequence


def loop_period(tokens: Sequence[int], n_tail: int, max_period: int) -> int:
    """Return after how many tokens the end of a text repeats itself.

    Args:
        tokens: The text.
        n_tail: How many tokens at its end must repeat; at least two rounds of the longest period.
        max_period: Longest round that counts as a loop.

    Returns:
        The shortest period: each of the last `n_tail` tokens equals the one so many places before
        it, as far as that lies among them. 0 if there is none, as in any shorter text.

    Raises:
        ValueError: The tail does not hold two rounds, or no round is allowed.
    """
    if not 1 <= max_period <= n_tail // 2:
        raise ValueError(f"{n_tail=} must hold two rounds of {max_period=}, which is at least 1")
    if len(tokens) < n_tail:
        return 0
    tail = list(tokens[-n_tail:])
    periods = range(1, max_period + 1)
    return next((p for p in periods if tail[p:] == tail[:-p]), 0)


def distinct_share(texts: Sequence[Sequence[int]], n: int) -> float:
    """Return the share of different ones among all runs of n tokens in some texts.

    The measure that Li et al. 2016 (arXiv:1510.03055) call distinct-1 and distinct-2, for any n.

    Args:
        texts: One or more texts, at least one of which has n tokens.
        n: Length of the runs.

    Returns:
        1 where no run occurs twice, near 0 where the same is said over and over.

    Raises:
        ValueError: There is no run of n tokens.
    """
    runs = [tuple(text[i : i + n]) for text in texts for i in range(len(text) - n + 1)]
    if n < 1 or not runs:
        raise ValueError(f"there is no run of {n} tokens in {len(texts)} texts")
    return len(set(runs)) / len(runs)
