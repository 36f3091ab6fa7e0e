import pytest

from course_lib.agents.ranking import first_places, fuse, judge


class TestFuse:
    def test_by_hand(self):
        # With offset 1: a gets 1/2 + 1/4, b 1/3 + 1/2, c 1/4 + 1/3, d 1/5 = 0.2 only.
        # 0.75, 0.83, 0.58, 0.2.
        assert fuse([["a", "b", "c"], ["b", "c", "a", "d"]], offset=1) == ["b", "a", "c", "d"]

    def test_what_both_find_beats_what_one_finds_first(self):
        assert fuse([["a", "b"], ["c", "b"]])[0] == "b"

    def test_of_equals_the_first_met(self):
        assert fuse([["b"], ["a"]]) == ["b", "a"]

    def test_places_count_from_one(self):
        # 1 + 1/3 for a, 1/2 + 1/2 for b, 1 for c: counted from 0 there would be no first share.
        assert fuse([["a", "b"], ["c", "b", "a"]], offset=0) == ["a", "b", "c"]

    def test_of_nothing(self):
        assert fuse([]) == fuse([[], []]) == []

    def test_an_offset_is_not_negative(self):
        with pytest.raises(ValueError, match="unlike -1"):
            fuse([["a"]], offset=-1)


def test_first_places():
    assert first_places(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


class TestJudge:
    def test_by_hand(self):
        # The first question: 1 of 2 right items among the first two, the first of them at 2.
        # The second: nothing. The third: at once.
        quality = judge(
            [["x", "a", "y", "b"], ["x", "y"], ["c"]], [{"a", "b"}, {"z"}, {"c"}], (1, 2, 4)
        )
        assert quality.ranks == (2, None, 1)
        assert quality.recall == pytest.approx({1: 1 / 3, 2: 1.5 / 3, 4: 2 / 3})
        assert quality.mean_reciprocal_rank == pytest.approx((1 / 2 + 0 + 1) / 3)

    @pytest.mark.parametrize(
        ("rankings", "relevant"), [([], []), ([["a"]], []), ([["a"]], [set()])]
    )
    def test_questions_without_answers(self, rankings, relevant):
        with pytest.raises(ValueError, match="needs its right items"):
            judge(rankings, relevant, (1,))
