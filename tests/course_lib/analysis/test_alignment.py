import torch

from course_lib.analysis.alignment import antidiagonal_share


def test_hand_worked():
    # The first row looks at the last column and the third at the first, as they should; the second
    # row looks at the last column instead of its own.
    weights = torch.tensor([[0.1, 0.2, 0.7], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    assert antidiagonal_share(weights) == 2 / 3


def test_a_line_backwards_is_whole_and_one_ahead_has_only_its_middle():
    ahead = torch.eye(5)
    assert antidiagonal_share(ahead.flip(1)) == 1.0
    assert antidiagonal_share(ahead) == 1 / 5
    assert antidiagonal_share(torch.eye(4)) == 0.0


def test_batches_are_averaged():
    both = torch.stack([torch.eye(4), torch.eye(4).flip(1), torch.eye(4).flip(1)])
    assert antidiagonal_share(both) == 2 / 3


def test_of_equal_weights_the_first_counts():
    assert antidiagonal_share(torch.full((3, 3), 1 / 3)) == 1 / 3
