import pytest

from course_lib.agents.near_copies import resemblance, shingles, without_near_copies

ROSE = ["a", "rose", "is", "a", "rose"]


def test_shingles_of_a_rose():
    assert shingles(ROSE, 2) == {("a", "rose"), ("rose", "is"), ("is", "a")}
    assert shingles(ROSE, 5) == {tuple(ROSE)}
    assert shingles(["a"], 3) == {("a",)}


def test_resemblance_by_hand():
    # Pairs: ab bc cd against ab bc ce. Two are common, four there are.
    assert resemblance("abcd", "abce", 2) == 2 / 4
    assert resemblance("abcd", "abcd", 2) == 1
    assert resemblance("abcd", "dcba", 2) == 0
    assert resemblance("abcd", "dcba", 1) == 1  # single words know no order


def test_resemblance_is_the_same_both_ways():
    assert resemblance("abcde", "cdeab", 3) == resemblance("cdeab", "abcde", 3)


def test_the_best_of_near_copies_is_kept():
    texts = ["abcdef", "uvwxyz", "abcdeg", "abcdef"]  # the third shares two of four runs
    assert without_near_copies(texts, most=0.4) == [0, 1]
    assert without_near_copies(texts, most=0.5) == [0, 1, 2]
    assert without_near_copies(texts[::-1], most=0.4) == [0, 2]


def test_the_limit_itself_is_allowed():
    assert without_near_copies(["abcd", "abce"], most=0.5, n_words=2) == [0, 1]


def test_a_run_without_words_is_refused():
    with pytest.raises(ValueError, match="at least one word, not 0"):
        resemblance("ab", "cd", 0)
