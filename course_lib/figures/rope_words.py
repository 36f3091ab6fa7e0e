"""What the RoPE dial says; `rope/words.js` says the same in the page."""

from course_lib.figures.formats import counted, fixed, significant, thousands
from course_lib.figures.rope_numbers import RopeNumbers

SCORE_DECIMALS = 6  # enough to see that a score stays the same
# Shares that agree in so many decimals count as equal, and the first of them is named.
TIE_DECIMALS = 9


def places_in_words(query_at: int, key_at: int) -> str:
    """Say where the two stand, and how far apart."""
    apart = "at the same place"
    if gap := abs(query_at - key_at):
        apart = f"{counted(gap, 'position')} {'before' if key_at < query_at else 'after'} it"
    return (
        f"The query stands at position {thousands(query_at)}, the key at {thousands(key_at)}, "
        f"{apart}"
    )


def largest_share(numbers: RopeNumbers) -> int:
    """Return the index of the pair that adds or takes most."""
    sizes = [round(abs(pair.share), TIE_DECIMALS) for pair in numbers.pairs]
    return sizes.index(max(sizes))


def rope_in_words(numbers: RopeNumbers, places: tuple[int, int], shift: int, unmoved: float) -> str:
    """Say the score, what it is without the shift, and which pair matters most.

    Args:
        numbers: What `rope_numbers` computes at the shifted positions.
        places: Positions of the query and of the key before both are moved.
        shift: By how much both are moved.
        unmoved: The score at `places`.
    """
    query_at, key_at = places
    score = f"the score is {fixed(numbers.score, SCORE_DECIMALS)}"
    if shift:
        at_first = f"{thousands(query_at)} and {thousands(key_at)}"
        score += f", and at {at_first} it is {fixed(unmoved, SCORE_DECIMALS)}"
    most = largest_share(numbers)
    pair = numbers.pairs[most]
    return (
        f"{places_in_words(query_at + shift, key_at + shift)}; {score}. The largest share is that "
        f"of pair {most + 1} ({fixed(pair.share, 3)}), whose arrows stand at {degrees(pair.angle)} "
        f"to each other and go once round in {significant(pair.positions_a_turn)} positions."
    )


def degrees(angle: float | None) -> str:
    """Write an angle in degrees; that of an arrow without length is a dash."""
    return "–" if angle is None else f"{fixed(angle, 1)}°"
