import pytest
import torch

from course_lib.analysis.waiting import longest_chain
from course_lib.attention import scaled_dot_product_attention
from course_lib.recurrent import RNN


def leaf(*shape):
    return torch.ones(*shape, requires_grad=True)


def test_hand_worked():
    x = leaf(3)
    # exp and sin stand side by side; the product waits for both, the sum for the product.
    assert longest_chain((x.exp() * x.sin()).sum()) == 3
    # One of the two factors takes two operations: one more to wait for.
    assert longest_chain((x.exp().cos() * x.sin()).sum()) == 4


def test_an_input_takes_no_operation():
    assert longest_chain(leaf(2)) == 0


def test_what_needs_no_gradient_is_not_waited_for():
    assert longest_chain(leaf(2) + torch.ones(2).exp().exp()) == 1


@pytest.mark.parametrize("n_positions", [1, 2, 5, 600])
def test_a_recurrent_network_waits_at_every_position(n_positions):
    # A product, a sum and a tanh at each position, longer than Python's stack at the last size.
    rnn = RNN(3, 4, torch.Generator().manual_seed(0))
    chain = longest_chain(rnn(torch.ones(2, n_positions, 3)).h)
    assert chain - longest_chain(rnn(torch.ones(2, 1, 3)).h) == 3 * (n_positions - 1)


def test_attention_waits_as_long_for_many_positions_as_for_few():
    few, many = (
        longest_chain(scaled_dot_product_attention(x, x, x).values)
        for x in (leaf(3, 4), leaf(50, 4))
    )
    assert few == many


def test_a_shared_part_is_walked_once():
    # Doubling 200 times has 2 to the 200 ways through it: counting must not walk each of them.
    x = leaf(1)
    y = x
    for _ in range(200):
        y = y + y
    assert longest_chain(y) == 200


def test_what_was_not_recorded_cannot_be_counted():
    with pytest.raises(ValueError, match="nothing was recorded"):
        longest_chain(torch.ones(2).exp())
