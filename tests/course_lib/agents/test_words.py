import pytest

from course_lib.agents.words import search_words, vocabulary_of


def test_by_hand():
    assert search_words("The cats WERE training, trained and trains!") == [
        "cats",
        "train",
        "train",
        "train",
    ]


@pytest.mark.parametrize(
    ("word", "stem"),
    [("sing", "sing"), ("quizzes", "quizz"), ("losses", "loss"), ("bus", "bus"), ("2017", "2017")],
)
def test_short_words_keep_their_endings(word, stem):
    assert search_words(word) == [stem]


def test_numbers_and_apostrophes():
    assert search_words("GPT-2's 768") == ["gpt", "2's", "768"]


def test_nothing_to_look_for():
    assert search_words("What is it that they are?") == []


def test_words_are_numbered_as_they_come():
    assert vocabulary_of([["b", "a"], [], ["a", "c"]]) == {"b": 0, "a": 1, "c": 2}
