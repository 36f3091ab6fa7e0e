"""The grid of heads' Python side: what it stores, computes and says."""

import math

import pytest
import torch
import traitlets

from course_lib.figures.head_grid import HeadGrid, HeadText, Preset
from tests.course_lib.figures.test_head_grid_data import text
from tests.course_lib.figures.test_head_grid_numbers import WEIGHTS


def by_hand(**options):
    """Return two texts of one layer and two heads."""
    short = torch.tensor([[[1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.625, 0.375]]])
    return HeadGrid(
        [
            HeadText(
                label="Twice",
                model="a model",
                words=["a", "b", "a", "b"],
                weights=[WEIGHTS],
                relations={"owner: who has it": [(2, 1)]},
                repeat=(2, 2),
            ),
            HeadText(label="Two", model="another", words=["x", "y"], weights=[short]),
        ],
        title="T",
        description="D.",
        **options,
    )


class TestNumbers:
    def test_each_text_has_its_own(self):
        figure = by_hand()
        assert figure.numbers(1).parts[0].scores == (0.25, 0.625)
        assert figure.numbers().parts[0].scores == pytest.approx((0.5, 0.375))
        assert figure.numbers().relations[0].found == (0, 1)
        figure.text = 1
        assert figure.numbers().parts[0].scores == figure.numbers(1).parts[0].scores
        assert math.isnan(figure.numbers().parts[2].even)

    def test_layers_come_one_after_the_other(self):
        given = text(7, n_layers=2, n_heads=3)
        tables = HeadGrid([text(4), given]).tables(1)
        assert tables.shape == (6, 7, 7)
        assert (tables - torch.cat(list(given.weights))).abs().max() <= 0.0005 + 1e-12


class TestState:
    def test_the_start(self):
        figure = by_hand(head=1, place=3)
        assert (figure.text, figure.head, figure.place) == (0, 1, 3)
        assert (figure.n_layers, figure.n_heads) == (1, 2)

    def test_a_shorter_text_keeps_the_place_inside(self):
        figure = by_hand(place=3)
        figure.text = 1
        assert figure.place == 1

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("text", 2, "text 2 points outside: choose 0 to 1"),
            ("head", 2, "head 2 points outside: choose 0 to 1"),
            ("head", -1, "head -1 points outside"),
            ("place", 4, "place 4 points outside: choose 0 to 3"),
        ],
    )
    def test_a_state_that_is_not_there(self, name, value, message):
        figure = by_hand()
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(figure, name, value)
        assert getattr(figure, name) == 0

    def test_a_start_that_is_not_there(self):
        with pytest.raises(traitlets.TraitError, match="place 4 points outside"):
            by_hand(place=4)

    def test_presets_bring_everything_back(self):
        figure = by_hand(
            head=1, place=2, see="S", presets=[Preset("P", "Q", {"text": 1, "place": 0})]
        )
        assert [each["values"] for each in figure.presets] == [
            {"text": 0, "head": 1, "place": 2},
            {"text": 1, "head": 1, "place": 0},
        ]
        assert (figure.text, figure.place) == (0, 2)

    def test_a_preset_that_points_outside(self):
        with pytest.raises(traitlets.TraitError, match="place 3 points outside"):
            by_hand(presets=[Preset("P", "Q", {"text": 1, "place": 3})])


class TestWords:
    def test_the_sentence(self):
        figure = by_hand(head=1)
        assert figure.in_words(1) == (
            "Layer 1, head 2. Word 2 of 4, “b”, looks most at word 2, “b” (0.75), then at word 1, "
            "“a” (0.25)."
        )
        figure.place = 2
        assert figure.in_words().endswith("“b” (owner), which gets 0.63.")

    def test_the_text_alternative_holds_all_texts(self):
        assert by_hand().text_alternative().replace("\N{NO-BREAK SPACE}", " ") == (
            "T. D.\n"
            "Twice (a model): a b a b Best of 2 heads. "
            "previous: 0.50 by layer 1, head 1, 0.36 by looking evenly; "
            "first: 0.42 by layer 1, head 1, 0.36 by looking evenly; "
            "induction: 0.44 by layer 1, head 2, 0.29 by looking evenly; "
            "owner: 1 of 1 (head 1.2), always 1 back: 1 of 1.\n"
            "Two (another): x y Best of 2 heads. "
            "previous: 0.63 by layer 1, head 2, 0.50 by looking evenly; "
            "first: 0.63 by layer 1, head 2, 0.50 by looking evenly.\n"
            "Layer 1, head 1. Word 1 of 4, “a”, has nothing before it: it looks at itself."
        )
