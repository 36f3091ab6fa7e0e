import pytest
import traitlets

from course_lib.figures.speculative_draft import (
    MAX_DRAWS,
    MAX_WORDS,
    Preset,
    SpeculativeDraft,
    TwoOpinions,
)

HAND = TwoOpinions("three", ["the", "a", "mat"], [0.4, 0.4, 0.2], [0.6, 0.3, 0.1])
OTHER = TwoOpinions("two", ["yes", "no"], [0.9, 0.1], [0.5, 0.5])


def test_it_computes_what_its_traits_say():
    figure = SpeculativeDraft([HAND, OTHER])
    assert figure.numbers().acceptance == pytest.approx(0.8)
    figure.quality = 0.5
    assert figure.numbers().draft == pytest.approx([0.5, 0.35, 0.15])
    figure.example, figure.rule = 1, 1
    assert figure.numbers().target == [0.9, 0.1]
    assert figure.numbers().rule == 1


def test_the_words_tell_of_the_last_draw():
    figure = SpeculativeDraft([HAND])
    figure.n_draws, figure.seed = 12, 4
    last = figure.numbers().draw(4, 11)
    assert figure.summary().startswith(f"Draw 12: “{HAND.words[last.drafted]}” was drafted")
    assert figure.text_alternative().endswith(figure.summary())


def test_presets_set_and_restore():
    figure = SpeculativeDraft([HAND], presets=[Preset("Wrong", "A mistake.", {"rule": 1})])
    start, wrong = figure.presets
    assert start["values"] == {
        "example": 0, "quality": 0.0, "n_drafted": 4, "n_draws": 1, "seed": 0, "rule": 0,
    }  # fmt: skip
    assert wrong["values"]["rule"] == 1


@pytest.mark.parametrize(
    ("opinions", "sentence"),
    [
        (TwoOpinions("x", ["a", "b"], [0.5, 0.5], [1.0]), "2 words and 1 probabilities"),
        (TwoOpinions("x", ["a", "b"], [0.5, 0.4], [0.5, 0.5]), "sum to 0.9000"),
        (TwoOpinions("x", ["a", "b"], [1.5, -0.5], [0.5, 0.5]), "a probability below 0"),
        (TwoOpinions("x", ["a", "b"], [0.5, 0.5], [1.0, 0.0]), "a draft of exactly 0"),
        (TwoOpinions("x", [], [], []), "has 0 words"),
        (
            TwoOpinions("x", ["a"] * (MAX_WORDS + 1), [1.0], [1.0]),
            f"has {MAX_WORDS + 1} words: 1 to {MAX_WORDS} fit",
        ),
    ],
)
def test_what_is_no_distribution_is_refused(opinions, sentence):
    with pytest.raises(ValueError, match=sentence):
        SpeculativeDraft([opinions])


def test_no_text_is_refused():
    with pytest.raises(ValueError, match="at least one text"):
        SpeculativeDraft([])


@pytest.mark.parametrize(
    ("name", "value"),
    [("example", 2), ("quality", 1.5), ("n_drafted", 0), ("n_draws", MAX_DRAWS + 1), ("rule", 2)],
)
def test_what_is_out_of_reach_is_refused(name, value):
    figure = SpeculativeDraft([HAND, OTHER])
    with pytest.raises(traitlets.TraitError):
        setattr(figure, name, value)
