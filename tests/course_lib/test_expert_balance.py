import pytest
import torch

from course_lib.expert_balance import (
    expert_capacity,
    expert_shares,
    uneven_use,
    within_capacity,
)

N, E, K = 7, 5, 3
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TestExpertShares:
    def test_hand_worked_case(self):
        # Of six choices two fall on 0, three on 2, one on 1, and none on 3.
        shares = expert_shares(torch.tensor([[0, 2], [2, 1], [0, 2]]), 4)
        torch.testing.assert_close(shares, torch.tensor([2.0, 1.0, 3.0, 0.0]) / 6)

    def test_nothing_chosen(self):
        with pytest.raises(ValueError, match="no position has chosen"):
            expert_shares(torch.zeros(0, 2, dtype=torch.int64), 4)


class TestUnevenUse:
    def test_hand_worked_case(self):
        # Probabilities (3, 1)/4 and (1, 1)/2, of two experts one each: both choose 0, so the
        # shares are (1, 0), and 2 · (1 · (3/4 + 1/2)/2) = 1.25. A tie is broken by hand.
        logits = torch.tensor([[3.0, 1.0], [1.0001, 1.0]]).log()
        torch.testing.assert_close(uneven_use(logits, 1), torch.tensor(1.25), rtol=0, atol=1e-4)

    def test_matches_loops(self):
        logits = rand(N, E)
        shares, wanted = [0.0] * E, [0.0] * E
        for row in logits.tolist():
            powers = torch.tensor(row, dtype=torch.float64).exp()
            for expert in sorted(range(E), key=lambda each: -row[each])[:K]:
                shares[expert] += 1 / (N * K)
            for expert in range(E):
                wanted[expert] += (powers[expert] / powers.sum()).item() / N
        due = E * sum(share * want for share, want in zip(shares, wanted, strict=True))
        # The shares are counted in single precision.
        assert uneven_use(logits, K).item() == pytest.approx(due, rel=1e-6)

    def test_it_is_between_one_expert_and_all(self):
        one = torch.zeros(N, E, dtype=torch.float64)
        one[:, 2] = 50.0
        assert uneven_use(one, 1).item() == pytest.approx(E)
        even = 50.0 * torch.eye(E, dtype=torch.float64)
        assert uneven_use(even, 1).item() == pytest.approx(1, rel=1e-6)

    def test_its_gradient_lowers_the_busiest(self):
        logits = rand(N, E)
        logits[:, 3] += 2
        logits.requires_grad_()
        uneven_use(logits, 1).backward()
        assert logits.grad is not None
        assert (logits.grad[:, 3] > 0).all()
        assert logits.grad.sum(dim=1).abs().max() < 1e-12


class TestExpertCapacity:
    @pytest.mark.parametrize(
        ("n_positions", "n_experts", "n_chosen", "factor", "due"),
        [(10, 5, 1, 1.0, 2), (10, 4, 2, 1.0, 5), (10, 4, 2, 1.25, 7), (3, 8, 2, 0.5, 1)],
    )
    def test_hand_worked_cases(self, n_positions, n_experts, n_chosen, factor, due):
        assert expert_capacity(n_positions, n_experts, n_chosen, factor) == due


class TestWithinCapacity:
    def test_first_choices_come_first_and_earlier_positions_before_later_ones(self):
        # Room for two: expert 0 is the first choice of two, before the second one of the first.
        choices = torch.tensor([[1, 0], [0, 1], [0, 1]])
        assert within_capacity(choices, 2).tolist() == [[True, False], [True, True], [True, False]]

    def test_matches_a_count_of_those_before(self):
        choices = rand(N, E).topk(K).indices
        for capacity in range(4):
            granted = within_capacity(choices, capacity)
            for n in range(N):
                for k in range(K):
                    before = (choices[:, :k] == choices[n, k]).sum()
                    before += (choices[:n, k] == choices[n, k]).sum()
                    assert granted[n, k] == (before < capacity)

    def test_nobody_takes_more(self):
        choices = rand(40, E).topk(2).indices
        granted = within_capacity(choices, 6)
        assert choices[granted].bincount(minlength=E).max() == 6
