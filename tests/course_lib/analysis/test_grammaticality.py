import pytest
import torch

from course_lib.analysis.grammaticality import Grammaticality, Verdict, grammaticality, judge
from course_lib.data import tinytales


def tales(n):
    generator = torch.Generator().manual_seed(7)
    return [tinytales.sample_story(generator) for _ in range(n)]


class TestJudge:
    def test_whole_tales_are_right(self):
        for tale in tales(20):
            verdict = judge(tale.words)
            assert verdict.is_tale
            assert verdict.error_at is None
            assert verdict.n_right_sentences == verdict.n_sentences == tale.words.count(".")
            assert judge(tale.text) == verdict

    def test_hand_worked(self):
        opening = "once sarah and her friend john were in the park ."
        assert judge(f"{opening} sarah cat") == Verdict(1, 2, 12)

    def test_a_full_stop_in_the_wrong_place_ends_no_right_sentence(self):
        assert judge("once sarah . the cat sat .") == Verdict(0, 1, 2)

    def test_the_first_word_may_be_wrong(self):
        assert judge("the cat sat") == Verdict(0, 1, 0)
        assert judge("") == Verdict(0, 1, 0)

    def test_a_wrong_word_hides_what_comes_behind_it(self):
        words = list(tales(1)[0].words)
        at = words.index(".") + 2
        words[at] = "once"
        assert judge(words) == Verdict(1, 2, at)

    def test_a_tale_that_breaks_off_lacks_its_next_word(self):
        words = tales(1)[0].words
        verdict = judge(words[:-1])
        assert verdict.error_at == len(words) - 1
        assert verdict.n_sentences == verdict.n_right_sentences + 1 == words.count(".")
        assert not verdict.is_tale

    def test_nothing_may_follow_the_end(self):
        words = tales(1)[0].words
        n = words.count(".")
        assert judge([*words, "the"]) == Verdict(n, n + 1, len(words))


class TestGrammaticality:
    def test_hand_worked(self):
        verdicts = [Verdict(5, 5, None), Verdict(2, 3, 30), Verdict(0, 1, 4)]
        assert grammaticality(verdicts) == Grammaticality(tales=1 / 3, sentences=7 / 9)

    def test_of_no_texts(self):
        with pytest.raises(ValueError, match="at least one"):
            grammaticality([])
