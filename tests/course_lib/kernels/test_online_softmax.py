import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.kernels.online_softmax import LOG2_E, add_piece, finish, start
from tests.course_lib.kernels.dense import rand

N, ROWS, COLUMNS, DV = 2, 5, 11, 3
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def in_pieces(scores, v, widths):
    """Mixtures and log-sum-exp of natural scores that come in pieces of the given widths."""
    state = start((*scores.shape[:2], v.shape[2]), like=v)
    for piece, values in zip(scores.split(widths, dim=2), v.split(widths, dim=1), strict=True):
        state = add_piece(state, piece * LOG2_E, values)
    return finish(state)


def test_hand_worked_case():
    # Scores 0, then ln 3, then ln 4: exponentials 1, 3 and 4, weights 1/8, 3/8 and 4/8.
    # The values 8, 16 and 24 mix to 1 + 6 + 12 = 19.
    scores = torch.tensor([[[0.0, math.log(3), math.log(4)]]], dtype=torch.float64)
    v = torch.tensor([[[8.0], [16.0], [24.0]]], dtype=torch.float64)
    mixture, lse = in_pieces(scores, v, [1, 1, 1])
    assert mixture.item() == pytest.approx(19.0)
    assert lse.item() == pytest.approx(math.log(8))


def test_state_after_each_piece():
    # In base 2: scores 1 and 0 give 2¹⁻¹ + 2⁰⁻¹ = 1.5; then 3 scales that by 2¹⁻³, and adds 1.
    v = torch.tensor([[[4.0], [8.0]]])
    state = add_piece(start((1, 1, 1), like=v), torch.tensor([[[1.0, 0.0]]]), v)
    assert (state.row_max.item(), state.row_sum.item()) == (1.0, 1.5)
    assert state.mixture.item() == 4.0 + 0.5 * 8.0
    state = add_piece(state, torch.tensor([[[3.0]]]), torch.tensor([[[16.0]]]))
    assert (state.row_max.item(), state.row_sum.item()) == (3.0, 1.5 / 4 + 1)
    assert state.mixture.item() == 8.0 / 4 + 16.0


@given(
    widths=st.permutations([1, 2, 3, 5]),
    seed=st.integers(0, 10**6),
    scale=st.sampled_from([1e-3, 1.0, 300.0]),
)
def test_the_pieces_do_not_matter(widths, seed, scale):
    scores, v = rand(N, ROWS, COLUMNS, seed=seed) * scale, rand(N, COLUMNS, DV, seed=seed + 1)
    mixture, lse = in_pieces(scores, v, list(widths))
    # Scores of some hundreds are rounded at 1e-14 of their size, which their exponentials show.
    bound = 1e-12 * max(1.0, scale)
    torch.testing.assert_close(mixture, scores.softmax(-1) @ v, rtol=bound, atol=bound)
    torch.testing.assert_close(lse, scores.logsumexp(-1), **TIGHT)


def test_hidden_scores_weigh_nothing_wherever_they_stand():
    scores, v = rand(N, ROWS, COLUMNS), rand(N, COLUMNS, DV, seed=1)
    hidden = torch.zeros(N, ROWS, COLUMNS, dtype=torch.bool)
    hidden[0, 1, :6] = True  # the whole first piece, and some of the next
    hidden[1, 2, 8:] = True
    scores = scores.masked_fill(hidden, -torch.inf)
    mixture, lse = in_pieces(scores, v, [5, 4, 2])
    torch.testing.assert_close(mixture, scores.softmax(-1) @ v, **TIGHT)
    torch.testing.assert_close(lse, scores.logsumexp(-1), **TIGHT)


def test_a_row_that_is_hidden_throughout_mixes_nothing():
    scores, v = rand(N, ROWS, COLUMNS), rand(N, COLUMNS, DV, seed=1)
    scores[0, 3] = -torch.inf
    mixture, lse = in_pieces(scores, v, [5, 4, 2])
    assert torch.equal(mixture[0, 3], torch.zeros(DV, dtype=torch.float64))
    assert lse[0, 3] == -torch.inf
    assert mixture.isfinite().all()


def test_without_pieces_nothing_is_mixed():
    mixture, lse = finish(start((N, ROWS, DV), like=torch.ones(1)))
    assert torch.equal(mixture, torch.zeros(N, ROWS, DV))
    assert torch.equal(lse, torch.full((N, ROWS), -torch.inf))


def test_a_nan_is_never_hidden():
    scores, v = rand(N, ROWS, COLUMNS), rand(N, COLUMNS, DV, seed=1)
    scores[1, 2, 7] = torch.nan
    mixture, lse = in_pieces(scores, v, [5, 4, 2])
    assert mixture[1, 2].isnan().all()
    assert lse[1, 2].isnan()
    assert mixture[0].isfinite().all()


def test_it_works_in_the_dtype_and_on_the_device_of_the_likeness():
    state = start((N, ROWS, DV), like=torch.ones(1, dtype=torch.float64, device="meta"))
    for tensor in (state.row_max, state.row_sum, state.mixture):
        assert (tensor.dtype, tensor.device.type) == (torch.float64, "meta")
