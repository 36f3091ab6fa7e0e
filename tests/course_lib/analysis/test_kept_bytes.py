import torch

from course_lib.analysis.kept_bytes import kept_bytes
from course_lib.attention import scaled_dot_product_attention

T, D = 7, 3


def leaf(*shape):
    return torch.ones(*shape, dtype=torch.double, requires_grad=True)


def test_hand_worked():
    # A product keeps both of its factors, 7 × 3 and 3 × 7 numbers of 8 bytes.
    a, b = leaf(T, D), leaf(D, T)
    assert kept_bytes(lambda: a @ b) == 2 * T * D * 8


def test_what_is_kept_twice_is_counted_once():
    a = leaf(T, D)
    assert kept_bytes(lambda: a @ a.mT) == T * D * 8
    assert kept_bytes(lambda: (a * a) * (a * a)) == 3 * T * D * 8  # a, and two products


def test_each_of_many_results_is_counted():
    def ten_powers():
        x = leaf(T, D)
        for _ in range(10):  # each keeps its own result
            x = x.exp()
        return x

    assert kept_bytes(ten_powers) == 10 * T * D * 8


def test_what_needs_no_way_back_keeps_nothing():
    a = leaf(T, D)
    assert kept_bytes(lambda: a + a) == 0
    assert kept_bytes(lambda: a.detach() @ a.detach().mT) == 0


def test_attention_keeps_its_weights():
    q, k, v = leaf(T, D), leaf(T, D), leaf(T, D)
    # The three inputs, and T × T weights. The scores are scaled by a plain number.
    kept = kept_bytes(lambda: scaled_dot_product_attention(q, k, v).values)
    assert kept == (3 * T * D + T * T) * 8
