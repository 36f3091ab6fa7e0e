from course_lib.figures.draft_numbers import DraftNumbers, Draw
from course_lib.figures.draft_words import draft_in_words
from course_lib.figures.formats import percent

WORDS = ["the", "a", "mat"]
TARGET, DRAFT = [0.4, 0.4, 0.2], [0.6, 0.3, 0.1]


def test_a_word_that_stands():
    last = Draw(drafted=1, chance=1.0, share=0.25, stands=True, word=1)
    assert draft_in_words(WORDS, DraftNumbers(TARGET, DRAFT, 0), 4, last, 1) == (
        "Draw 1: “a” was drafted and stands with probability 1.00; the lot said 0.25, so it "
        f"stands. A drafted word stands in {percent(0.8)} of all cases; drafts of "
        "4 tokens would yield 3.36 tokens a call. In the long run exactly the target’s "
        "probabilities come out."
    )


def test_a_word_that_falls_under_the_wrong_rule():
    last = Draw(drafted=0, chance=2 / 3, share=0.9, stands=False, word=2)
    said = draft_in_words(WORDS, DraftNumbers(TARGET, DRAFT, 1), 1, last, 1200)
    assert "the lot said 0.90, so it falls, and “mat” takes its place." in said
    assert "drafts of 1 token would yield 1.80 tokens a call" in said
    assert said.endswith(
        "Replaced from the target itself, words come out with probabilities that are off by up to "
        "0.080."
    )
