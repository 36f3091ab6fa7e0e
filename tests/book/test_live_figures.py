"""The attention explorer in a static page without a kernel: moved, seen to change, and right."""

import math
import re
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from tests.book.figure_page import (
    SIX_TOKENS,
    differences,
    figure_pages,
    settle,
    shown_matrix,
    six_tokens,
    twelve_tokens,
)

pytestmark = pytest.mark.browser
Show = Callable[..., Page]


show = pytest.fixture(figure_pages)


def scale_of(figure: Locator) -> Locator:
    return figure.get_by_role("slider", name="Scale")


def factor_of(figure: Locator, d_head: int) -> float:
    """Read the multiple of 1/√Dh that the figure says it uses."""
    settle(figure)
    said = figure.locator(".cf-scale output").inner_text()
    factor = float(re.match(rf"([\d.]+) × 1/√{d_head} = ", said)[1])
    assert float(scale_of(figure).get_attribute("data-scale")) == pytest.approx(
        factor / math.sqrt(d_head), abs=1e-8
    )
    return factor


class TestWhatIsShown:
    @pytest.mark.parametrize("make", [six_tokens, twelve_tokens])
    def test_every_token_s_numbers_agree_with_python(self, show: Show, make: Callable) -> None:
        explorer = make()
        figure = show(explorer).locator(".cf")
        for query, token in enumerate(figure.get_by_role("radiogroup").get_by_role("radio").all()):
            token.click()
            explorer.query = query
            assert differences(figure, explorer) == []

    def test_every_head_s_numbers_agree_with_python(self, show: Show) -> None:
        explorer = twelve_tokens()
        figure = show(explorer).locator(".cf")
        for head, label in enumerate(explorer.head_labels):
            figure.get_by_text(label, exact=True).click()
            explorer.head = head
            assert differences(figure, explorer) == []
            assert (
                figure.locator(".cf-said").inner_text().startswith(f"{label}: “it” looks most at ")
            )

    def test_a_mask_hides_what_it_hides(self, show: Show) -> None:
        mask = torch.ones(6, 6, dtype=torch.bool).tril()
        mask[0] = False  # the first token may look at nothing
        explorer = six_tokens(mask=mask, query=0)
        figure = show(explorer).locator(".cf")
        assert differences(figure, explorer) == []
        assert (
            "“The” may look at nothing: its output is zero."
            in figure.locator(".cf-said").inner_text()
        )
        figure.get_by_role("radio", name="sat").click()
        explorer.query = 2
        assert differences(figure, explorer) == []

    def test_arcs_are_as_thick_as_the_weights(self, show: Show) -> None:
        explorer = six_tokens()
        figure = show(explorer).locator(".cf")
        widths = figure.locator(".cf-arc").evaluate_all(
            "(arcs) => arcs.map((arc) => parseFloat(arc.style.strokeWidth))"
        )
        weights = explorer.numbers().weights[1].tolist()
        assert widths == pytest.approx([1 + 8 * weight for weight in weights], abs=1e-3)
        ends = figure.locator(".cf-arc").evaluate_all(
            """(arcs) => arcs.map((arc) => {
                const end = arc.getPointAtLength(arc.getTotalLength());
                const { x, y } = end.matrixTransform(arc.getScreenCTM());
                return [x, y];
            })"""
        )
        # Each arc ends over its key, just above the word; that to the token itself at its side.
        for j, token in enumerate(figure.locator(".cf-token button").all()):
            box = token.bounding_box()
            x, y = ends[j]
            assert x == pytest.approx(box["x"] + box["width"] / 2 + 13 * (j == 1), abs=1)
            assert box["y"] - 5 <= y <= box["y"]

    def test_the_arithmetic_is_spelled_out(self, show: Show) -> None:
        explorer = six_tokens(key=3)  # q = (1, 0.5), k = (−0.3, −0.6)
        lines = show(explorer).locator(".cf-sum").all_inner_texts()
        assert lines[0] == "q · k = 1.00 × (−0.30) + 0.50 × (−0.60) = −0.60"
        assert lines[1] == "−0.60 × 0.707 = −0.424"
        weight = explorer.numbers().weights[1, 3].item()
        assert lines[2].endswith(f" in all: {weight:.3f}")


class TestMoving:
    def test_dragging_the_scale_changes_the_numbers(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        before = shown_matrix(figure)
        box = scale_of(figure).bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=5)
        page.mouse.up()
        explorer.scale_factor = factor_of(figure, d_head=2)
        assert explorer.scale_factor > 2
        assert differences(figure, explorer) == []
        assert (shown_matrix(figure) - before).abs().max() > 0.05

    def test_the_ends_of_the_scale_are_all_alike_and_nearly_hard(self, show: Show) -> None:
        explorer = six_tokens()
        figure = show(explorer).locator(".cf")
        for key, factor in (("Home", 0.0), ("End", 8.0)):
            scale_of(figure).press(key)
            assert factor_of(figure, d_head=2) == factor
            explorer.scale_factor = factor
            assert differences(figure, explorer) == []
        figure.locator(".cf-scale input").press("Home")
        assert "looks at all tokens alike (0.17)" in (
            settle(figure) or figure.locator(".cf-said").inner_text()
        )

    def test_arrow_keys_walk_through_the_tokens(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        figure.get_by_role("radio", name="cat").focus()
        for key, query in (
            ("ArrowRight", 2),
            ("ArrowDown", 3),
            ("ArrowLeft", 2),
            ("End", 5),
            ("ArrowRight", 0),
        ):
            page.keyboard.press(key)
            explorer.query = query
            assert differences(figure, explorer) == []
            assert page.evaluate("document.activeElement.textContent") == SIX_TOKENS[query]
        tab_stops = figure.locator("[role=radio][tabindex='0']")
        assert tab_stops.all_inner_texts() == ["The"]

    def test_hovering_shows_a_token_and_leaving_shows_the_chosen_one_again(
        self, show: Show
    ) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        figure.get_by_role("radio", name="mat").hover()
        explorer.query = 5
        assert differences(figure, explorer) == []
        page.mouse.move(5, 5)
        explorer.query = 1
        assert differences(figure, explorer) == []

    def test_a_square_of_the_heat_map_names_its_pair_and_chooses_it(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        square = figure.locator(".cf-cell[data-i='2'][data-j='5']")
        square.hover()
        settle(figure)
        weight = explorer.numbers().weights[2, 5].item()
        assert figure.locator(".cf-readout").inner_text() == f"“sat” looks at “mat”: {weight:.3f}"
        square.click()
        page.mouse.move(5, 5)
        explorer.query = 2
        assert differences(figure, explorer) == []
        assert figure.get_by_role("combobox").input_value() == "5"

    def test_a_finger_works_too(self, show: Show) -> None:
        explorer = twelve_tokens()
        figure = show(explorer, width=320, has_touch=True, is_mobile=True).locator(".cf")
        figure.get_by_role("radio", name="street").tap()
        explorer.query = 6
        assert differences(figure, explorer) == []


class TestEditing:
    def test_a_number_typed_into_q_or_k_changes_what_depends_on_it(self, show: Show) -> None:
        explorer = six_tokens(key=5)
        figure = show(explorer).locator(".cf")
        before = shown_matrix(figure)
        figure.get_by_label("query of cat, component 2").fill("-1.25")
        figure.get_by_label("key of mat, component 1").fill("2")
        explorer.edits = [
            {"head": 0, "part": "q", "token": 1, "row": [1.0, -1.25]},
            {"head": 0, "part": "k", "token": 5, "row": [2.0, torch.tensor(0.9).item()]},
        ]
        assert differences(figure, explorer) == []
        assert "You changed the numbers" in figure.locator(".cf-said").inner_text()
        figure.get_by_role("button", name="Reset").click()
        assert torch.equal(shown_matrix(figure), before)
        assert figure.get_by_label("query of cat, component 2").input_value() == "0.5"

    def test_what_is_not_a_number_is_marked_and_changes_nothing(self, show: Show) -> None:
        explorer = six_tokens()
        figure = show(explorer).locator(".cf")
        box = figure.get_by_label("query of cat, component 1")
        box.fill("")
        assert box.get_attribute("aria-invalid") == ""
        assert differences(figure, explorer) == []
        box.press_sequentially("-0.5")
        explorer.edits = [{"head": 0, "part": "q", "token": 1, "row": [-0.5, 0.5]}]
        assert differences(figure, explorer) == []
        assert box.get_attribute("aria-invalid") is None

    def test_an_arrow_dragged_in_the_plane_changes_its_query(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        tip = figure.locator(".cf-tip.cf-query")
        tip.scroll_into_view_if_needed()
        box = tip.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 120, y + 40, steps=4)
        page.mouse.up()
        settle(figure)
        row = [
            float(figure.get_by_label(f"query of cat, component {c}").input_value()) for c in (1, 2)
        ]
        assert row[0] < 0 < 1.0
        explorer.edits = [{"head": 0, "part": "q", "token": 1, "row": row}]
        assert differences(figure, explorer) == []

    def test_a_wide_query_is_pulled_towards_a_key(self, show: Show) -> None:
        explorer = twelve_tokens()
        figure = show(explorer).locator(".cf")
        figure.get_by_role("combobox").select_option("2. animal")
        pull = figure.get_by_role(
            "slider", name="Pull the query of “it” towards the key of “animal”"
        )
        pull.press("End")
        q, k, _ = explorer._matrices(0)
        # All the way: as long as the query, along the key.
        row = k[1] * q[8].norm() / k[1].norm()
        explorer.edits = [{"head": 0, "part": "q", "token": 8, "row": row.tolist()}]
        assert differences(figure, explorer) == []
        for head in (1, 0):  # the other heads keep their own numbers
            figure.get_by_text(explorer.head_labels[head], exact=True).click()
            explorer.head = head
            assert differences(figure, explorer) == []
        pull.press("Home")
        explorer.edits = []
        assert differences(figure, explorer) == []

    def test_two_views_of_one_figure_move_together(self, show: Show) -> None:
        explorer = six_tokens()
        figures = show(explorer, explorer, six_tokens()).locator(".cf")
        scale_of(figures.nth(0)).press("End")
        explorer.scale_factor = 8.0
        assert differences(figures.nth(1), explorer) == []
        assert differences(figures.nth(2), six_tokens()) == []
