import pytest
import torch

from course_lib.generation.choices import pick_at_random, pick_largest

V = 4


def test_the_largest_of_equals_the_first():
    pick = pick_largest()
    assert pick(torch.tensor([0.5, 2.0, -1.0, 2.0])) == 1
    assert type(pick(torch.zeros(V))) is int


class TestPickAtRandom:
    def test_hand_worked_case(self):
        # Shares 1/8, 5/8, 1/4: up to 0.125 token 0, up to 0.75 token 1, then token 2.
        logits = torch.tensor([1.0, 5.0, 2.0]).log()
        drawn = torch.rand(200, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        pick = pick_at_random(5)
        expected = [0 if one < 0.125 else 1 if one < 0.75 else 2 for one in drawn.tolist()]
        assert [pick(logits) for _ in range(200)] == expected
        assert set(expected) == {0, 1, 2}

    def test_the_seed_decides_and_calls_go_on(self):
        logits = torch.zeros(1000)
        first, second = pick_at_random(1), pick_at_random(1)
        drawn = [first(logits) for _ in range(5)]
        assert drawn == [second(logits) for _ in range(5)]
        assert len(set(drawn)) > 1
        other = pick_at_random(2)
        assert drawn != [other(logits) for _ in range(5)]

    def test_what_is_ruled_out_is_never_drawn(self):
        logits = torch.tensor([-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf])
        pick = pick_at_random(0)
        drawn = [pick(logits) for _ in range(50)]
        assert set(drawn) == {1, 3}
        assert all(type(one) is int for one in drawn)

    def test_scores_are_rounded_or_carry_gradients_as_they_like(self):
        logits = torch.linspace(-2, 2, 30)
        picks = [pick_at_random(3) for _ in range(3)]
        for _ in range(20):
            drawn = {pick(one) for pick, one in zip(picks, versions(logits), strict=True)}
            assert len(drawn) == 1


def versions(logits):
    """The same scores, in float64, with a gradient, and all of them higher."""
    return logits.double(), logits.clone().requires_grad_(), logits + 1e-7


@pytest.mark.parametrize("pick", [pick_largest(), pick_at_random(0)])
@pytest.mark.parametrize("shape", [(1, V), (2, 3, V), ()])
def test_scores_of_several_positions_are_refused(pick, shape):
    with pytest.raises(ValueError, match="of the shape"):
        pick(torch.zeros(shape))
