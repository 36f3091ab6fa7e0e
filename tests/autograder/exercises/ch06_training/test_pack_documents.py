import pytest
import torch

from autograder.exercises.ch06_training.pack_documents import exercise
from course_lib.training.packing import document_mask, pack_rows

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

LAST = "padding sees nothing, and pad may be eos"
"""The item that looks at everything at once."""


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_packs_as_the_library_does(answer):
    docs, eos, pad = [[7, 8, 9, 4, 5], [], [1], [2, 3, 0]], 1, 0
    rows = pack_rows(docs, 4, end=eos, padding=pad)
    token_ids, segment_ids, mask = answer.function(docs, 4, eos, pad)
    assert torch.equal(token_ids, rows.token_ids)
    assert torch.equal(segment_ids, rows.documents)
    assert torch.equal(mask, document_mask(rows.documents))


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    token_ids, segment_ids, mask = answer.function([[5, 6], [7, 8, 9]], 4, 1, 0)
    assert token_ids.tolist() == [[5, 6, 1, 7], [8, 9, 1, 0]]
    assert segment_ids.tolist() == [[0, 0, 0, 1], [1, 1, 1, -1]]
    assert mask.int().tolist() == [
        [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]],
        [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]],
    ]


def test_numbers_for_a_mask_lose_the_points_of_the_mask():
    def as_numbers(docs, seq_len, eos, pad):
        token_ids, segment_ids, mask = exercise.alternatives[0].function(docs, seq_len, eos, pad)
        return token_ids, segment_ids, mask.float()

    assert failed_items(exercise, as_numbers) == [
        "who may look at whom",
        "padding sees nothing, and pad may be eos",
    ]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("tail_dropped", ["the last row is filled up", "segments"]),
        ("attention_across_documents", ["who may look at whom"]),
        ("eos_in_front", ["every token, and eos after each document", "the last row is filled up"]),
        ("padding_sees_padding", []),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert [item for item in failed if item != LAST] == items
