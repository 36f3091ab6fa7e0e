"""What the parameter calculator says."""

from course_lib.figures.parameter_models import public_shapes
from course_lib.figures.parameter_numbers import numbers_of
from course_lib.figures.parameter_words import flops_in_words, in_words, sum_in_words
from tests.course_lib.figures.test_parameter_numbers import tiny


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_summary():
    shape = tiny()
    assert plain(in_words("Tiny", shape, numbers_of(shape, 7))) == (
        "Tiny has 71 parameters, 71: embeddings 25.4 %, attention 33.8 %, feed-forward 23.9 %, "
        "norms 16.9 %, head 0.0 %. They take 284 B in fp32, 142 B in bf16 and 71 B in int8."
    )


def test_experts_are_said():
    shape = public_shapes()["Mixtral 8x7B"]
    said = plain(in_words("Mixtral 8x7B", shape, numbers_of(shape, 1)))
    assert said.startswith("Mixtral 8x7B has 46,702,792,704 parameters, 46.7 billion: ")
    assert said.endswith(
        "A token visits 2 of 8 experts in each layer and meets 12.9 billion of them."
    )


def test_sums_are_written_with_their_numbers():
    now = numbers_of(tiny(), 1)
    assert sum_in_words("embeddings", tiny(), now.terms["embeddings"]) == (
        "5 · 2 tokens + 4 · 2 positions"
    )
    assert sum_in_words("feed-forward", tiny(), now.terms["feed-forward"]) == (
        "1 · 2 · 2 · 3 matrices + 1 · 5 biases"
    )
    assert sum_in_words("head", tiny(), ()) == "0: the token embeddings score the tokens too"
    untied = tiny(tied=False)
    assert sum_in_words("head", untied, numbers_of(untied, 1).terms["head"]) == "5 · 2 tokens"


def test_operations_are_said_with_their_sum():
    shape = tiny()
    assert plain(flops_in_words(shape, numbers_of(shape, 7), 7)) == (
        "A token takes 132 FLOPs forward: 2 · 38 weights of matrices + 4 · 1 attention layer · "
        "1 head · 2 wide · 7 tokens seen = 132. In training, with the way back, about 3 times as "
        "many: 396."
    )


def test_of_two_stacks_a_pair_of_tokens_is_counted():
    shape = public_shapes()["T5 small"]
    said = flops_in_words(shape, numbers_of(shape, 1), 1)
    assert said.startswith("One token read and one written take 121")
    assert " · 18 attention layers · " in said
