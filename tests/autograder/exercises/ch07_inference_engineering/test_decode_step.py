import pytest
import torch

from autograder.exercises.ch07_inference_engineering.decode_step import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_steps_of_a_right_answer_are_rows_of_torchs_attention_under_a_causal_mask(answer):
    generator = torch.Generator().manual_seed(3)
    B, T, D, H, DH = 2, 5, 7, 3, 4

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x = draw(B, T, D)
    W_q, W_k, W_v, W_o = draw(D, H * DH), draw(D, H * DH), draw(D, H * DH), draw(H * DH, D)
    q, k, v = ((x @ one).reshape(B, T, H, DH).transpose(1, 2) for one in (W_q, W_k, W_v))
    whole = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    want = whole.transpose(1, 2).reshape(B, T, H * DH) @ W_o
    cache = (x.new_zeros(B, H, 0, DH), x.new_zeros(B, H, 0, DH))
    for t in range(T):
        y, cache = answer.function(x[:, t : t + 1], cache, W_q, W_k, W_v, W_o, H)
        torch.testing.assert_close(y, want[:, t : t + 1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(cache[0], k, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(cache[1], v, rtol=1e-12, atol=1e-12)


def test_a_list_is_no_cache():
    def lists(*args):
        y, cache = exercise.alternatives[0].function(*args)
        return y, list(cache)

    assert len(failed_items(exercise, lists)) == len(exercise.items)


def test_an_answer_without_gradients_loses_their_points_alone():
    def cut_off(*args):
        with torch.no_grad():
            return exercise.alternatives[0].function(*args)

    assert failed_items(exercise, cut_off) == ["float64, and gradients"]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("changes_the_cache", ["the cache is a value"]),
        ("no_scale", ["the query looks at all positions", "step after step"]),
        ("cache_turned_round", ["the cache grows by one position", "the first token"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[: len(items)] == items
