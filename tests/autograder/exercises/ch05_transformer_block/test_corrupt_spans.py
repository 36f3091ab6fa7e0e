import pytest

from autograder.exercises.ch05_transformer_block.corrupt_spans import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


def numbered_by_value(token_ids, spans, sentinels):
    """Look for the spans by their tokens, and find an earlier place where these stand too."""
    inputs, targets = list(token_ids), []
    for i, (start, end) in enumerate(spans):
        wanted = token_ids[start:end]
        place = next(n for n in range(len(inputs)) if inputs[n : n + len(wanted)] == wanted)
        inputs[place : place + len(wanted)] = [sentinels[i]]
        targets += [sentinels[i], *wanted]
    return inputs, [*targets, sentinels[-1]]


def touching_spans_joined(token_ids, spans, sentinels):
    """Leave out the sentinel of a span that begins where another ended."""
    inputs, targets = right(token_ids, spans, sentinels)
    ends = [end for _, end in spans]
    joined = {sentinels[i] for i, (start, _) in enumerate(spans) if start in ends[:i]}
    return [one for one in inputs if one not in joined], targets


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (numbered_by_value, "the targets hold what was taken out"),
        (touching_spans_joined, "spans at the edges"),
        (lambda *given: list(right(*given)), "one sentinel stands for a span"),
        (lambda *given: right(*given) if given[1] else (given[0], []), "no span at all"),
        (lambda *given: tuple(map(tuple, right(*given))), "the lists are left alone"),
    ],
    ids=["by value", "joined", "a list", "no targets", "tuples"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
