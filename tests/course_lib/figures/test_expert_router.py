import pytest
import traitlets

from course_lib.figures.expert_router import (
    LEAST_FACTOR,
    MAX_WORDS,
    ExpertRouter,
    Preset,
    RoutedText,
    RouterModel,
)

ROWS = [[1.0, 2.0, 0.0, -1.0], [0.0, 3.0, 1.0, 2.0]]
OTHER = [[-1.0, 0.0, 2.0, 1.0], [3.0, 0.0, 2.0, 1.0]]
TEXT = RoutedText("two words", ["the", "cat"], [[ROWS, OTHER], [OTHER, ROWS]])
LONGER = RoutedText("three", ["a", "cat", "sat"], [[[*ROWS, OTHER[0]]] * 2] * 2)
EVEN = [[0.25] * 4] * 2
MODELS = [RouterModel("with", EVEN), RouterModel("without", [[0.7, 0.1, 0.1, 0.1]] * 2)]


def test_it_computes_what_its_traits_say():
    figure = ExpertRouter([TEXT, LONGER], MODELS)
    assert figure.factor == figure.most_factor == 2.0
    assert figure.numbers().scores == [ROWS, OTHER]
    figure.model, figure.factor = 1, 1.0
    assert figure.numbers().scores == [OTHER, ROWS]
    assert figure.numbers().capacity == 1
    figure.text = 1
    assert figure.numbers().n_words == 3


def test_experts_are_weighed_by_either_rule():
    among_all, by_themselves = (
        ExpertRouter([TEXT], MODELS, among_all=rule).numbers().visits[0][0]
        for rule in (True, False)
    )
    assert sum(visit.weight for visit in by_themselves) == pytest.approx(1)
    assert sum(visit.weight for visit in among_all) < 1


def test_the_last_word_stands_for_one_that_is_not_there():
    figure = ExpertRouter([TEXT, LONGER], MODELS)
    figure.text, figure.word = 1, 2
    assert figure.summary().startswith("“sat”, word 3 of 3:")
    figure.text = 0
    assert figure.summary().startswith("“cat”, word 2 of 2:")
    assert figure.text_alternative().endswith(figure.summary())


def test_presets_set_and_restore():
    figure = ExpertRouter([TEXT], MODELS, word=1, presets=[Preset("No", "None.", {"model": 1})])
    start, without = figure.presets
    assert start["values"] == {"text": 0, "model": 0, "word": 1, "factor": 2.0}
    assert without["values"] == {"text": 0, "model": 1, "word": 1, "factor": 2.0}


@pytest.mark.parametrize(
    ("texts", "models", "sentence"),
    [
        ([], MODELS, "at least one text and one model"),
        ([TEXT], [], "at least one text and one model"),
        ([RoutedText("x", [], [[[], []]] * 2)], MODELS, "has 0 words"),
        (
            [RoutedText("x", ["a"] * (MAX_WORDS + 1), [[[ROWS[0]] * (MAX_WORDS + 1)] * 2] * 2)],
            MODELS,
            f"{MAX_WORDS + 1} words: 1 to {MAX_WORDS} fit",
        ),
        ([RoutedText("x", ["a"], [[ROWS, OTHER]] * 2)], MODELS, "the scores of “x” are not those"),
        ([TEXT], MODELS[:1], "the scores of “two words” are not those of 1 models"),
        ([TEXT], [MODELS[0], RouterModel("other", [[0.5, 0.5]] * 2)], "“other” has other layers"),
        ([TEXT], [RouterModel("wide", [[0.1] * 9] * 2)], "2 layers of 9 experts cannot be shown"),
        ([TEXT], [RouterModel("one", [[1.0]])], "1 layers of 1 experts cannot be shown"),
    ],
)
def test_what_does_not_fit_is_refused(texts, models, sentence):
    with pytest.raises(ValueError, match=sentence):
        ExpertRouter(texts, models)


@pytest.mark.parametrize(
    ("name", "value"),
    [("text", 1), ("model", 2), ("word", -1), ("factor", LEAST_FACTOR / 2)],
)
def test_what_is_out_of_reach_is_refused(name, value):
    figure = ExpertRouter([TEXT], MODELS)
    with pytest.raises(traitlets.TraitError):
        setattr(figure, name, value)
