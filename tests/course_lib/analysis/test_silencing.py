import pytest
import torch

from course_lib.analysis.silencing import gains_without, share_flipped, smallest_flipping_set

L, H = 2, 3


class TestGainsWithout:
    def test_hand_worked(self):
        assert gains_without([(0, 2), (1, 0)], L, H).tolist() == [[1, 1, 0], [0, 1, 1]]

    def test_without_none_all_heads_speak(self):
        assert torch.equal(gains_without([], L, H), torch.ones(L, H))

    @pytest.mark.parametrize("head", [(2, 0), (0, 3), (-1, 0), (0, -1)])
    def test_a_head_that_does_not_exist_is_refused(self, head):
        with pytest.raises(ValueError, match="there is no head"):
            gains_without([head], L, H)


def test_the_share_of_flipped_answers():
    assert share_flipped(torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 4, 3])) == 0.5


class TestSmallestFlippingSet:
    def test_one_head_that_decides_is_found(self):
        assert smallest_flipping_set(lambda gains: int(gains[1, 2]), L, H) == ((1, 2),)

    def test_two_heads_that_can_stand_in_for_each_other_are_found_together(self):
        def answer(gains):
            return int(gains[0, 1] + gains[1, 0] > 0)

        assert smallest_flipping_set(answer, L, H) == ((0, 1), (1, 0))

    def test_a_smaller_set_is_preferred_to_an_earlier_one(self):
        def answer(gains):
            return int((gains[0, 0] + gains[0, 1] > 0) and gains[1, 2] > 0)

        assert smallest_flipping_set(answer, L, H) == ((1, 2),)

    def test_an_answer_that_hangs_on_no_head_gives_no_set(self):
        assert smallest_flipping_set(lambda gains: 7, L, H) == ()

    def test_every_head_may_be_needed(self):
        found = smallest_flipping_set(lambda gains: int(gains.sum() > 0), L, H)
        assert len(found) == L * H
