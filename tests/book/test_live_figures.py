"""The attention explorer in a static page without a kernel: moved, seen to change, and right."""

import math
import re
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.attention_explorer import AttentionExplorer
from tests.book.figure_page import (
    SIX_TOKENS,
    differences,
    figure_pages,
    four_wide,
    settle,
    shown_matrix,
    six_tokens,
    twelve_tokens,
    with_presets,
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


def press(figure: Locator, name: str) -> None:
    figure.get_by_role("button", name=name, exact=True).click()


def put(explorer: AttentionExplorer, values: dict) -> None:
    """Give an explorer the state that a button gives the figure."""
    for name, value in values.items():
        setattr(explorer, name, value)


class TestWhatIsShown:
    @pytest.mark.parametrize("make", [six_tokens, twelve_tokens, four_wide])
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

    def test_arcs_end_above_the_tokens_that_are_looked_at(self, show: Show) -> None:
        figure = show(six_tokens()).locator(".cf")
        ends = figure.locator(".cf-arc:not(.cf-past)").evaluate_all(
            """(arcs) => arcs.map((arc) => {
                const end = arc.getPointAtLength(arc.getTotalLength());
                const { x, y } = end.matrixTransform(arc.getScreenCTM());
                return [x, y];
            })"""
        )
        # That to the token itself ends at its side.
        for j, token in enumerate(figure.locator(".cf-token button").all()):
            box = token.bounding_box()
            x, y = ends[j]
            assert x == pytest.approx(box["x"] + box["width"] / 2 + 13 * (j == 1), abs=1)
            assert box["y"] - 5 <= y <= box["y"]

    def test_the_arithmetic_is_spelled_out_as_on_paper(self, show: Show) -> None:
        explorer = six_tokens(key=3)  # q = (1, 0.5), k = (−0.3, −0.6)
        figure = show(explorer).locator(".cf")
        pair = figure.locator(".cf-pair > span:not([class]), .cf-pair > b").all_inner_texts()
        assert pair == ["q · k", "(−0.30)", "+ (−0.30)", "= −0.60"]
        score, share, _ = figure.locator(".cf-sum").all_inner_texts()
        assert score == "score = 0.707 × (−0.60) = −0.424"
        total = explorer.numbers().scores[1].exp().sum().item()
        weight = explorer.numbers().weights[1, 3].item()
        assert share == f"“on”: e−0.42 = 0.65, of {total:.2f} in all: {weight:.3f}"

    def test_large_powers_are_written_without_the_largest_score(self, show: Show) -> None:
        explorer = six_tokens(key=2)
        explorer.edits = [{"head": 0, "part": "q", "token": 1, "row": [30.0, 0.0]}]
        figure = show(explorer).locator(".cf")
        # q · k = 30 · 1.5 = 45, times 1/√2 = 31.82: the largest, so that nothing is left of it.
        share = figure.locator(".cf-sum").nth(1).inner_text()
        assert share.startswith("“sat”: e31.82 − 31.82 = 1.00, of 1.00 in all: 1.000")
        assert differences(figure, explorer) == []


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
        assert "looks at all 6 tokens alike (0.17 each)" in (
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

    def test_the_mouse_shows_another_token_in_the_pictures_only(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        figure.get_by_role("radio", name="mat").hover()
        assert differences(figure, explorer, peek=(5, explorer.key)) == []
        page.mouse.move(5, 5)
        assert differences(figure, explorer) == []

    def test_a_square_of_the_heat_map_names_its_pair_and_chooses_it(self, show: Show) -> None:
        explorer = six_tokens()
        page = show(explorer)
        figure = page.locator(".cf")
        square = figure.locator(".cf-cell[data-i='2'][data-j='5']")
        square.hover()
        assert differences(figure, explorer, peek=(2, 5)) == []
        square.click()
        page.mouse.move(5, 5)
        explorer.query, explorer.key = 2, 5
        assert differences(figure, explorer) == []
        assert figure.get_by_role("combobox").input_value() == "5"

    def test_a_row_of_the_table_and_the_list_choose_the_key(self, show: Show) -> None:
        explorer = six_tokens()
        figure = show(explorer).locator(".cf")
        figure.locator(".cf-steps tbody tr").nth(4).click()
        explorer.key = 4
        assert differences(figure, explorer) == []
        figure.get_by_role("combobox").select_option("1. The")
        explorer.key = 0
        assert differences(figure, explorer) == []

    @pytest.mark.parametrize("width", [400, 700])
    def test_nothing_moves_while_the_mouse_passes_over(self, show: Show, width: int) -> None:
        boxes = """(figure) => {
            const top = figure.getBoundingClientRect().top;
            return [figure, ...figure.querySelectorAll(
                "button, input, select, summary, table, svg, .cf-step, .cf-foot")].map((node) => {
                    const { x, y, width, height } = node.getBoundingClientRect();
                    return (width ? [x, y - top, width, height] : []).map(Math.round).join(" ");
                });
        }"""
        for explorer in (with_presets(), twelve_tokens()):
            figure = show(explorer, width=width).locator(".cf").first
            for changed in (False, True):
                if changed:
                    figure.get_by_role("slider", name="Scale").press("End")
                settle(figure)
                before = figure.evaluate(boxes)
                for token in figure.get_by_role("radiogroup").get_by_role("radio").all()[::2]:
                    token.hover()
                    settle(figure)
                    assert figure.evaluate(boxes) == before, token.inner_text()
                for square in figure.locator(".cf-cell").all()[::17]:
                    square.hover()
                    settle(figure)
                    assert figure.evaluate(boxes) == before

    def test_the_causal_mask_hides_the_future(self, show: Show) -> None:
        explorer = six_tokens(causal_switch=True)
        figure = show(explorer).locator(".cf")
        switch = figure.get_by_role("checkbox", name="Hide the future")
        switch.press("Space")
        explorer.causal = True
        assert differences(figure, explorer) == []
        figure.get_by_role("radio", name="The", exact=True).click()
        explorer.query = 0
        assert differences(figure, explorer) == []
        switch.click()
        explorer.causal = False
        assert differences(figure, explorer) == []

    def test_a_figure_without_the_switch_does_not_show_it(self, show: Show) -> None:
        assert not show(six_tokens()).get_by_role("checkbox").count()

    def test_a_finger_works_too(self, show: Show) -> None:
        explorer = twelve_tokens()
        figure = show(explorer, width=320, has_touch=True, is_mobile=True).locator(".cf")
        figure.get_by_role("radio", name="street").tap()
        explorer.query = 6
        assert differences(figure, explorer) == []
        figure.get_by_text("layer 2, head 1", exact=True).tap()
        explorer.head = 4
        assert differences(figure, explorer) == []
        figure.locator(".cf-steps tbody tr").nth(3).tap()
        explorer.key = 3
        assert differences(figure, explorer) == []


class TestPresets:
    def test_each_button_sets_what_python_says_from_wherever_the_reader_is(
        self, show: Show
    ) -> None:
        explorer = with_presets()
        figure = show(explorer).locator(".cf")
        words = figure.locator(".cf-try p span:not([data-off])")
        for name in ("Hide", "Turn", "Sharpen", "Turn", "Start"):
            press(figure, name)
            (chosen,) = [each for each in explorer.presets if each["label"] == name]
            put(explorer, chosen["values"])
            assert differences(figure, explorer) == []
            assert words.all_inner_texts() == [chosen["see"]]
            pressed = figure.locator(".cf-try [aria-pressed=true]").all_inner_texts()
            assert pressed == [name]

    def test_what_the_reader_makes_is_no_preset_and_start_brings_all_back(self, show: Show) -> None:
        explorer = with_presets()
        figure = show(explorer).locator(".cf")
        press(figure, "Hide")
        figure.get_by_role("radio", name="sat").click()
        scale_of(figure).press("Home")
        settle(figure)
        assert figure.locator(".cf-try [aria-pressed=true]").count() == 0
        words = figure.locator(".cf-try p span:not([data-off])").all_inner_texts()
        assert words == [explorer.presets[0]["see"]]
        press(figure, "Start")
        assert differences(figure, explorer) == []

    def test_only_what_a_change_moves_is_dashed(self, show: Show) -> None:
        explorer = with_presets()
        figure = show(explorer).locator(".cf")
        press(figure, "Turn")  # another token's query
        put(explorer, explorer.presets[1]["values"])
        figure.get_by_role("radio", name="mat").click()
        explorer.query = 5
        assert differences(figure, explorer) == []

    def test_a_preset_reached_by_hand_is_recognised(self, show: Show) -> None:
        figure = show(with_presets()).locator(".cf")
        scale_of(figure).press("End")
        settle(figure)
        assert figure.locator(".cf-try [aria-pressed=true]").all_inner_texts() == ["Sharpen"]


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
        press(figure, "Start")
        assert torch.equal(shown_matrix(figure), before)
        assert figure.get_by_label("query of cat, component 2").input_value() == "0.5"

    def test_one_row_is_put_back_and_the_other_stays(self, show: Show) -> None:
        explorer = six_tokens(key=5)
        page = show(explorer)
        figure = page.locator(".cf")
        undo = figure.get_by_role("button", name="undo the change of the query of cat")
        assert undo.count() == 0  # nothing to undo: neither seen nor reached
        figure.get_by_label("query of cat, component 1").fill("-3")
        figure.get_by_label("key of mat, component 2").fill("4")
        undo.click()
        explorer.edits = [
            {"head": 0, "part": "k", "token": 5, "row": [torch.tensor(-0.8).item(), 4.0]}
        ]
        assert differences(figure, explorer) == []
        focus = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focus == "query of cat, component 1"

    def test_a_number_being_typed_stays_while_the_mouse_passes(self, show: Show) -> None:
        figure = show(six_tokens()).locator(".cf")
        box = figure.get_by_label("query of cat, component 1")
        box.press("Control+A")
        box.press_sequentially("-")
        figure.get_by_role("radio", name="mat").hover()
        settle(figure)
        box.press_sequentially("2")
        settle(figure)
        assert box.input_value() == "-2"
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
        explorer.key = 1
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
