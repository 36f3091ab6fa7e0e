"""Answers to the exercise about taking spans out: mistakes, and other right ways."""

from autograder.exercises.ch05_transformer_block.corrupt_spans_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The sentinels come in reverse: the first span gets the last of them. `sentinels[i]` stands "
    "for span i."
)
def sentinels_in_reverse(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Count down."""
    marks = sentinels[::-1]
    inputs, targets, place = [], [], 0
    for i, (start, end) in enumerate(spans):
        inputs += [*token_ids[place:start], marks[i]]
        targets += [marks[i], *token_ids[start:end]]
        place = end
    return inputs + token_ids[place:], [*targets, marks[len(spans)]]


@exercise.misconception(
    "The targets stop with the last span. One more sentinel ends them: it tells the decoder that "
    "nothing is missing any more."
)
def no_final_sentinel(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Forget the end."""
    inputs, targets, place = [], [], 0
    for i, (start, end) in enumerate(spans):
        inputs += [*token_ids[place:start], sentinels[i]]
        targets += [sentinels[i], *token_ids[start:end]]
        place = end
    return inputs + token_ids[place:], targets


@exercise.misconception(
    "Each span takes one token too many. A span (start, end) holds the tokens from start to "
    "end − 1, as a slice does."
)
def end_included(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Take the end for the last token."""
    inputs, targets, place = [], [], 0
    for i, (start, end) in enumerate(spans):
        inputs += [*token_ids[place:start], sentinels[i]]
        targets += [sentinels[i], *token_ids[start : end + 1]]
        place = end + 1
    return inputs + token_ids[place:], [*targets, sentinels[len(spans)]]


@exercise.misconception(
    "Each token of a span has a sentinel of its own in the inputs, which tells the model how long "
    "the span was. One sentinel stands for the whole span."
)
def one_sentinel_a_token(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Mask token by token."""
    inputs, targets = list(token_ids), []
    for (start, end), mark in zip(spans, sentinels, strict=False):
        inputs[start:end] = [mark] * (end - start)
        targets += [mark, *token_ids[start:end]]
    return inputs, [*targets, sentinels[-1]]


@exercise.misconception(
    "The targets hold the tokens alone. Each span is announced by its sentinel, so that it is "
    "clear which gap is being filled."
)
def targets_without_sentinels(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Leave the marks out of the targets."""
    inputs, targets, place = [], [], 0
    for i, (start, end) in enumerate(spans):
        inputs += [*token_ids[place:start], sentinels[i]]
        targets += token_ids[start:end]
        place = end
    return inputs + token_ids[place:], [*targets, sentinels[len(spans)]]


@exercise.misconception(
    "The spans are cut out of a list that has become shorter with the span before: from the second "
    "on they are in the wrong place. Read from the original tokens, or go from the last span to "
    "the first."
)
def places_have_moved(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Replace while walking."""
    inputs, targets = list(token_ids), []
    for i, (start, end) in enumerate(spans):
        inputs[start:end] = [sentinels[i]]
        targets += [sentinels[i], *token_ids[start:end]]
    return inputs, [*targets, sentinels[len(spans)]]


@exercise.misconception(
    "The tokens behind the last span are missing from the inputs. Only what lies in a span is "
    "taken out."
)
def end_of_the_text_lost(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Stop after the last span."""
    inputs, targets, place = [], [], 0
    for i, (start, end) in enumerate(spans):
        inputs += [*token_ids[place:start], sentinels[i]]
        targets += [sentinels[i], *token_ids[start:end]]
        place = end
    return inputs, [*targets, sentinels[len(spans)]]


@exercise.misconception(
    "You write into the list that was handed in, and the text is lost to whoever owns it. Work on "
    "a copy, or build new lists."
)
def changes_the_tokens(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Replace in place, from the last span to the first."""
    targets = [sentinels[len(spans)]]
    for i in reversed(range(len(spans))):
        start, end = spans[i]
        targets = [sentinels[i], *token_ids[start:end], *targets]
        token_ids[start:end] = [sentinels[i]]
    return token_ids, targets


@exercise.alternative
def from_the_last_to_the_first(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Replace in a copy, backwards, so that nothing moves that is still to come."""
    inputs = token_ids.copy()
    targets = sentinels[-1:]
    for (start, end), mark in reversed(list(zip(spans, sentinels[:-1], strict=True))):
        targets[:0] = [mark, *inputs[start:end]]
        inputs[start:end] = [mark]
    return inputs, targets


@exercise.alternative
def token_by_token(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Look at one token after the other."""
    inside = {place: i for i, span in enumerate(spans) for place in range(*span)}
    inputs, targets, last = [], [], None
    for place, token in enumerate(token_ids):
        number = inside.get(place)
        if number is None:
            inputs.append(token)
        else:
            if number != last:
                inputs.append(sentinels[number])
                targets.append(sentinels[number])
            targets.append(token)
        last = number
    targets.append(sentinels[len(spans)])
    return inputs, targets


@exercise.alternative
def gap_by_gap(
    token_ids: list[int], spans: list[tuple[int, int]], sentinels: list[int]
) -> tuple[list[int], list[int]]:
    """Name the gaps between the spans first."""
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), len(token_ids)]
    inputs, targets = [], []
    for i, mark in enumerate(sentinels):
        inputs.extend(token_ids[starts[i] : ends[i]])
        targets.append(mark)
        if i < len(spans):
            inputs.append(mark)
            targets.extend(token_ids[slice(*spans[i])])
    return inputs, targets
