"""The cache calculator's numbers in words: the same sentences as its module writes.

Numbers are rounded as a reader would: three digits, halves upwards.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

from course_lib.figures.calculator_models import PublicModel
from course_lib.figures.calculator_numbers import CacheNumbers, CacheSetting, Number

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
# A smaller ratio is of no interest.
_LEAST = 0.001


def significant(number: Number, digits: int = 3) -> str:
    """Write a number with some significant digits, whole where it is large."""
    if 0 < number < _LEAST:
        return f"less than {_LEAST}"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(number)
    if rounded >= 10**digits:
        return f"{Decimal(number).to_integral_value(ROUND_HALF_UP):,}"
    return f"{rounded.quantize(Decimal(1).scaleb(rounded.adjusted() - digits + 1)):f}"


def as_bytes(n_bytes: Number) -> str:
    """Write bytes in the unit that leaves up to three digits before the point."""
    power = 0
    context = Context(prec=3, rounding=ROUND_HALF_UP)
    while power < len(_UNITS) - 1 and context.create_decimal(n_bytes / _STEP**power) >= _STEP:
        power += 1
    scaled = n_bytes / _STEP**power
    return f"{significant(scaled) if power else f'{scaled:.0f}'} {_UNITS[power]}"


def counted(number: int, noun: str) -> str:
    """Write "1 token", "2,048 tokens"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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
        f"{as_bytes(now.batch)}, {significant(now.ratio, 2)} times the weights "
        f"({as_bytes(now.weights)}).",
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
    each = "" if setting.batch_size == 1 else f", {as_bytes(now.read / setting.batch_size)} a token"
    alone = now.tokens_per_s / setting.batch_size
    shared = "" if setting.batch_size == 1 else f" in all, {significant(alone)} a sequence"
    experts = (
        f" Only {model.n_chosen} of the {model.n_experts} experts of a layer are counted: tokens "
        "that choose others make it read more."
        if model.n_experts
        else ""
    )
    return (
        f"For the next token of each sequence a step reads {as_bytes(now.weights_read)} of weights "
        f"once and {as_bytes(now.batch)} of cache: {as_bytes(now.read)}{each}. At "
        f"{setting.bandwidth_gb_per_s:,} GB/s that allows at most "
        f"{significant(now.tokens_per_s)} tokens a second{shared}. This is a ceiling, not a "
        f"measurement: real decoding stays below it.{experts}"
    )
