"""What the figure of the residual stream says; `residual/words.js` says the same in the page."""

from collections.abc import Sequence

from course_lib.analysis.stream_trace import part_name
from course_lib.figures.formats import fixed, significant
from course_lib.figures.residual_numbers import Stage, largest_part, settled_at


def stage_name(stage: int) -> str:
    """Say where the stream is read: at "the embedding" or after "attention 1"."""
    return part_name(stage - 1) if stage else "the embedding"


def length_in_words(length: float) -> str:
    """Write a length with three digits."""
    return significant(length)


def addition_in_words(stage: Stage, *, is_off: bool) -> str:
    """Say what a part added to the stream.

    Args:
        stage: The stream after it.
        is_off: Whether the part is switched off.
    """
    if is_off:
        return "off: adds nothing"
    return f"adds {length_in_words(stage.added)}, cosine {fixed(stage.cosine)}"


def outcome_in_words(stage: Stage) -> str:
    """Say which two words a stage reads best."""
    (first, share), (second, other) = stage.read[:2]
    return f"“{first}” ({fixed(share)}), then “{second}” ({fixed(other)})"


def place_in_words(
    words: Sequence[str],
    place: int,
    stages: Sequence[Stage],
    before: Sequence[Stage],
    off: str,
) -> str:
    """Say what happens to the stream at a word, and what comes out.

    Args:
        words: The text.
        place: Which word, from 0.
        stages: The stream as it is now.
        before: The stream with all parts on.
        off: What is switched off; empty if nothing is.
    """
    end, largest = stages[-1], largest_part(stages)
    said = [f"Word {place + 1} of {len(words)}, “{words[place]}”."]
    if off:
        said[0] = f"Word {place + 1} of {len(words)}, “{words[place]}”, without {off}."
    said.append(
        f"Its stream begins with length {length_in_words(stages[0].length)} and ends with "
        f"{length_in_words(end.length)}; most is added by {stage_name(largest)} "
        f"({length_in_words(stages[largest].added)})."
    )
    settled = settled_at(stages)
    said.append(
        f"Out comes {outcome_in_words(end)}; “{end.read[0][0]}” leads for good from "
        f"{stage_name(settled)} on."
    )
    if end.next_rank:
        with_all = f", with all parts on {fixed(before[-1].next_share)}" if off else ""
        said.append(
            f"The text goes on with “{words[place + 1]}”, which gets {fixed(end.next_share)}"
            f"{with_all}."
        )
    return " ".join(said)
