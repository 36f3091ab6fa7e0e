"""What the figure of speculative decoding says; `draft/words.js` says the same in the page."""

from collections.abc import Sequence

from course_lib.figures.draft_numbers import RULES, DraftNumbers, Draw, tokens_a_call
from course_lib.figures.formats import counted, fixed, percent, thousands

SAME = 1e-9  # a distance below this is rounding


def draft_in_words(
    words: Sequence[str], numbers: DraftNumbers, n_drafted: int, last: Draw, n_draws: int
) -> str:
    """Say what became of the last drafted word, how often words stand, and what comes out.

    Args:
        words: The vocabulary.
        numbers: The two distributions and the rule.
        n_drafted: How many tokens are drafted for one call.
        last: The last draw.
        n_draws: How many draws there are so far.
    """
    drafted = words[last.drafted]
    judged = (
        f"Draw {thousands(n_draws)}: “{drafted}” was drafted and stands with probability "
        f"{fixed(last.chance)}; the lot said {fixed(last.share)}, so it "
    )
    judged += "stands." if last.stands else f"falls, and “{words[last.word]}” takes its place."
    alpha = numbers.acceptance
    often = (
        f"A drafted word stands in {percent(alpha)} of all cases; drafts of "
        f"{counted(n_drafted, 'token')} would yield {fixed(tokens_a_call(alpha, n_drafted))} "
        "tokens a call."
    )
    if numbers.apart < SAME:
        whole = "In the long run exactly the target’s probabilities come out."
    else:
        whole = (
            f"Replaced from {RULES[numbers.rule]}, words come out with probabilities that are off "
            f"by up to {fixed(numbers.apart, 3)}."
        )
    return f"{judged} {often} {whole}"
