import pytest
import torch

from autograder.exercises.ch07_inference_engineering.kv_cache_bytes import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_counts_the_bytes_of_the_tensors(answer):
    n_layers, n_kv_heads, d_head, batch_size, seq_len = 3, 2, 5, 4, 7
    kept = [
        torch.zeros(batch_size, n_kv_heads, seq_len, d_head, dtype=torch.float16)
        for _ in range(n_layers)
        for _ in ("key", "value")
    ]
    want = sum(one.nbytes for one in kept)
    assert answer.function(n_layers, n_kv_heads, d_head, batch_size, seq_len, 2) == want == 3360


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("float_of_bytes", ["numbers of four bits"]),
        ("half_a_byte_is_none", ["numbers of four bits"]),
        ("table_of_scores", ["every size counts once", "numbers of four bits"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert [item for item in failed if item != "a cache of a real size"] == items


def test_a_tensor_is_no_count():
    def tensor(*sizes):
        return torch.tensor(exercise.alternatives[0].function(*sizes))

    assert len(failed_items(exercise, tensor)) == len(exercise.items)
