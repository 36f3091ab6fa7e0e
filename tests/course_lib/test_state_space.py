import pytest
import torch

from course_lib.state_space import (
    join_steps,
    states_by_chunks,
    states_by_doubling,
    states_in_turn,
)

T, D, N = 11, 3, 4


def steps(seed=0, seq_len=T):
    generator = torch.Generator().manual_seed(seed)
    factors = torch.rand(seq_len, D, N, dtype=torch.float64, generator=generator)
    return factors, torch.randn(seq_len, D, N, dtype=torch.float64, generator=generator)


def test_two_steps_by_hand():
    # 4 is fed; a quarter of it is left, and 4 is fed again.
    factors, addends = torch.tensor([[1.0], [0.25]]), torch.tensor([[4.0], [4.0]])
    assert states_in_turn(factors, addends).tolist() == [[4.0], [5.0]]
    assert states_by_doubling(factors, addends).tolist() == [[4.0], [5.0]]


def test_joined_steps_do_what_both_do():
    (a, b), (c, d) = steps(1), steps(2)
    start = torch.full_like(a, 3.0)
    factor, addend = join_steps((a, b), (c, d))
    torch.testing.assert_close(factor * start + addend, c * (a * start + b) + d)


def test_each_state_is_a_sum_over_the_past():
    factors, addends = steps()
    got = states_in_turn(factors, addends)
    for t in range(T):
        want = sum(factors[s + 1 : t + 1].prod(dim=0) * addends[s] for s in range(t + 1))
        torch.testing.assert_close(got[t], want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seq_len", [1, 2, 8, 11])
def test_doubling_gives_the_same(seq_len):
    factors, addends = steps(seq_len=seq_len)
    want = states_in_turn(factors, addends)
    got = states_by_doubling(factors, addends)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chunk_len", [1, 3, 4, 11, 20])
def test_chunks_give_the_same(chunk_len):
    factors, addends = steps()
    want = states_in_turn(factors, addends)
    got = states_by_chunks(factors, addends, chunk_len)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_what_has_faded_to_nothing_is_no_harm():
    factors, addends = torch.full((500, 1), 1e-3), torch.ones(500, 1)
    for got in (states_by_doubling(factors, addends), states_by_chunks(factors, addends, 64)):
        torch.testing.assert_close(got, states_in_turn(factors, addends))


def test_a_chunk_holds_something():
    with pytest.raises(ValueError, match="got 0"):
        states_by_chunks(*steps(), 0)
