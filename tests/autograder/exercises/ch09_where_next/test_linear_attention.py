import pytest
import torch

from autograder.exercises.ch09_where_next.linear_attention import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
SUM, CAUSAL, STATE, STEPS, LAST = [item.name for item in exercise.items]
B, H, T, DH, DV = 2, 3, 7, 4, 5


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def drawn(*shape, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_attention_with_the_logarithms_of_the_weights(answer):
    q, k, v = drawn(B, H, T, DH), drawn(B, H, T, DH, seed=4), drawn(B, H, T, DV, seed=5)
    features = (torch.nn.functional.elu(one) + 1 for one in (q, k))
    scores = torch.einsum("bhid,bhjd->bhij", *features).log()
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    want = torch.nn.functional.scaled_dot_product_attention(
        torch.zeros_like(q), k, v, attn_mask=scores.masked_fill(hidden, -torch.inf)
    )
    torch.testing.assert_close(answer.function(q, k, v)[0], want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    # φ(k) = (1, 2), (3, 1) and φ(q) = (2, 1) twice; S = (20, 20), z = (4, 3): 60/11.
    q = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    k = torch.tensor([[[[0.0, 1.0], [2.0, 0.0]]]])
    v = torch.tensor([[[[8.0], [4.0]]]])
    y, (S, z) = answer.function(q, k, v)
    torch.testing.assert_close(y, torch.tensor([[[[8.0], [60 / 11]]]]))
    assert S.tolist() == [[[[20.0], [20.0]]]]
    assert z.tolist() == [[[4.0, 3.0]]]


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_memory_that_does_not_lie_in_order_is_taken(answer):
    q, k, v = (drawn(B, T, H, d, seed=d).transpose(1, 2) for d in (DH, DH, DV))
    in_order = (one.contiguous() for one in (q, k, v))
    torch.testing.assert_close(answer.function(q, k, v), answer.function(*in_order))


def test_a_list_is_no_state():
    def lists(*given):
        y, state = right(*given)
        return y, list(state)

    assert failed_items(exercise, lists) == [SUM, CAUSAL, STATE, STEPS, LAST]


def test_a_result_cut_off_or_rounded_loses_the_points_of_that_alone():
    def cut_off(*given):
        y, state = right(*given)
        return y.detach(), state

    def rounded(*given):
        y, (S, z) = right(*given)
        return y, (S.float(), z)

    assert failed_items(exercise, cut_off) == [LAST]
    assert failed_items(exercise, rounded) == [LAST]


def test_writing_into_the_old_state_is_noticed():
    def in_place(q, k, v, state=None):
        y, (S, z) = right(q, k, v, state)
        if state is not None:
            state[0].copy_(S.detach())
        return y, (S, z)

    assert LAST in failed_items(exercise, in_place)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("not_causal", [CAUSAL, STATE, STEPS, LAST]),
        ("divided_by_everything", [CAUSAL, STATE, STEPS, LAST]),
        ("state_dropped", [STATE, STEPS, LAST]),
        ("old_keys_dropped", [STATE, STEPS, LAST]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
