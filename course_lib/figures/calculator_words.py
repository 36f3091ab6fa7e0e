"""The cache calculator's numbers in words: the same sentences as its module writes."""

from course_lib.figures.calculator_models import PublicModel
from course_lib.figures.calculator_numbers import CacheNumbers, CacheSetting
from course_lib.figures.formats import byte_size, counted, significant, thousands


def in_words(name: str, model: PublicModel, setting: CacheSetting, now: CacheNumbers) -> str:
    """Say how large the cache is, against the weights and against the card.

    Args:
        name: What the shape is called.
        model: The public model that the reader began with.
        setting: What the reader has chosen.
        now: What follows from it.
    """
    sequences = counted(setting.batch_size, "sequence")
    words = [
        f"{name}, {sequences} of {counted(setting.seq_len, 'token')}: the cache takes "
        f"{byte_size(now.batch)}, {significant(now.ratio, 2)} times the weights "
        f"({byte_size(now.weights)}).",
        "Windows in all layers keep it smaller than the weights, however long the context."
        if now.crossing is None
        else f"It is as large as the weights at {counted(now.crossing, 'token')} a sequence.",
        _on_the_card(setting.card_gb, now.n_fit),
    ]
    if setting.seq_len > model.max_seq_len:
        words.append(
            f"{model.name} was published for up to {counted(model.max_seq_len, 'token')}: beyond, "
            "this is arithmetic only."
        )
    return " ".join(words)


def _on_the_card(card_gb: int, n_fit: int | None) -> str:
    if n_fit is None:
        return f"The weights alone do not fit a card of {card_gb} GB."
    if n_fit == 0:
        return f"A card of {card_gb} GB holds the weights, but not one such sequence."
    such = counted(n_fit, "such sequence")
    return f"A card of {card_gb} GB holds the weights and {such}."


def speed_in_words(model: PublicModel, setting: CacheSetting, now: CacheNumbers) -> str:
    """Say what a step reads, and how many tokens a second that allows at most."""
    each = (
        "" if setting.batch_size == 1 else f", {byte_size(now.read / setting.batch_size)} a token"
    )
    alone = now.tokens_per_s / setting.batch_size
    shared = "" if setting.batch_size == 1 else f" in all, {significant(alone)} a sequence"
    experts = (
        f" Only {model.n_chosen} of the {model.n_experts} experts of a layer are counted: tokens "
        "that choose others make it read more."
        if model.n_experts
        else ""
    )
    return (
        f"For the next token of each sequence a step reads {byte_size(now.weights_read)} of "
        f"weights once and {byte_size(now.batch)} of cache: {byte_size(now.read)}{each}. At "
        f"{thousands(setting.bandwidth_gb_per_s)} GB/s that allows at most "
        f"{significant(now.tokens_per_s)} tokens a second{shared}. This is a ceiling, not a "
        f"measurement: real decoding stays below it.{experts}"
    )
