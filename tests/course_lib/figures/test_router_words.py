import math

from course_lib.figures.router_numbers import RouterNumbers, Visit
from course_lib.figures.router_words import router_in_words, visits_in_words

LN3 = math.log(3)
LAYERS = [[[0.0, LN3, -9.0], [-9.0, LN3, 0.0]], [[0.0, -1.0, LN3], [0.0, LN3, -1.0]]]


def test_visits():
    said = visits_in_words([Visit(2, 0.75, True), Visit(0, 0.25, False)])
    assert said == "expert 3 (0.75) and expert 1 (0.25, no room)"


def test_the_whole_sentence():
    # Four choices among three experts: at 0.5 there is room for one word each.
    assert router_in_words(["the", "cat"], RouterNumbers(LAYERS, 2, 0.5, among_all=False), 1) == (
        "“cat”, word 2 of 2: layer 1 asks expert 2 (0.75, no room) and expert 3 (0.25); "
        "layer 2 asks expert 2 (0.75) and expert 1 (0.25, no room). "
        "An expert has room for 1 word. "
        "Layer 1: the busiest expert, 2, is asked by 2 words, and 0 experts by none; "
        "1 of 4 choices find no room: 0 words without any expert. "
        "Layer 2: the busiest expert, 1, is asked by 2 words, and 0 experts by none; "
        "1 of 4 choices find no room: 0 words without any expert."
    )


def test_one_layer_ends_the_sentence():
    said = router_in_words(["the", "cat"], RouterNumbers(LAYERS[:1], 2, 1.5, among_all=False), 0)
    assert (
        "layer 1 asks expert 2 (0.75) and expert 1 (0.25). An expert has room for 2 words." in said
    )
