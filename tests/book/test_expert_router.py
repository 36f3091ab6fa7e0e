"""The figure of experts in Chromium: used, and seen to say what Python computes."""

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.expert_router import ExpertRouter, Preset, RoutedText, RouterModel
from course_lib.figures.formats import counted, fixed, percent, plain
from course_lib.figures.router_numbers import Visit
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("text", "model", "word", "factor")
N_LAYERS, N_EXPERTS = 2, 8
REL, ABS = 1e-7, 1e-9
ROOM = "Room, in even shares"
LONG = (
    "once sarah and her friend john were in the park . john had a red ball . the hedgehog sat on "
    "the cushion because it was comfortable . john gave the ball to sarah"
)


def scores(seed: int, n_words: int, lean: float) -> list[list[list[float]]]:
    """Return what routers might say that lean towards the first experts."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(N_LAYERS, n_words, N_EXPERTS, generator=generator)
    leaning = torch.linspace(lean, -lean, N_EXPERTS)
    return [[[round(x, 3) for x in row] for row in layer] for layer in (drawn + leaning).tolist()]


def routing(*, among_all: bool = True) -> ExpertRouter:
    """Return a figure of two texts and two models, with two buttons."""
    texts = [
        RoutedText(label, words, [scores(at, len(words), lean) for lean in (0.0, 2.0)])
        for at, (label, words) in enumerate((("a long one", LONG.split()), ("short", ["a", "cat"])))
    ]
    even = [[1 / N_EXPERTS] * N_EXPERTS] * N_LAYERS
    uneven = [[0.5, 0.3, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0]] * N_LAYERS
    return ExpertRouter(
        texts,
        [RouterModel("with the loss", even), RouterModel("without it", uneven)],
        among_all=among_all,
        word=5,
        title="Route",
        description="Words and experts.",
        presets=[
            Preset("Uneven", "Few experts do it all.", {"model": 1}),
            Preset("Narrow", "Words find no room.", {"model": 1, "factor": 1.0, "word": 7}),
        ],
    )


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: ExpertRouter) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [*compare_controls(figure, want), *compare_words(figure, want)]
    found += [*compare_panel(figure, want, want.place), *compare_bars(figure, want)]
    found += [("words", figure.locator(".cf-said").inner_text(), want.summary())]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_controls(figure: Locator, want: ExpertRouter) -> Found:
    room = f"{plain(want.factor)}: {counted(want.numbers().capacity, 'word')} an expert"
    name = want.model_names[want.model]
    return [
        ("text", figure.get_by_role("combobox").input_value(), str(want.text)),
        ("model", figure.get_by_role("radio", name=name, exact=True).is_checked(), True),
        ("room", float(figure.get_by_role("slider").input_value()), want.factor),
        ("room in words", figure.locator(".cf-slider output").inner_text(), room),
    ]


def compare_words(figure: Locator, want: ExpertRouter) -> Found:
    """Return each word's experts, weights and marks, layer by layer."""
    words, visits = want.texts[want.text], want.numbers().visits
    shown = figure.locator(".cfx-words button").evaluate_all(
        """(chips) => chips.map((chip) => ({
          word: chip.querySelector("b").textContent,
          chosen: chip.getAttribute("aria-checked") === "true",
          without: chip.hasAttribute("data-without"),
          layers: [...chip.querySelectorAll(".cfx-experts")].map((layer) =>
            [...layer.children].map((part) => [
              part.textContent, part.hasAttribute("data-refused"), Number(part.dataset.value)]))
        }))"""
    )
    found: Found = [("number of words", len(shown), len(words))]
    for place, (word, chip) in enumerate(zip(words, shown, strict=False)):
        mine = [layer[place] for layer in visits]
        due = [[[str(v.expert + 1), not v.granted, v.weight] for v in layer] for layer in mine]
        without = any(not any(visit.granted for visit in layer) for layer in mine)
        got = [chip["word"], chip["chosen"], chip["without"]]
        found += [(f"word {place}", got, [word, place == want.place, without])]
        for got_layer, due_layer in zip(chip["layers"], due, strict=True):
            for got_visit, due_visit in zip(got_layer, due_layer, strict=True):
                expected = [*due_visit[:2], pytest.approx(due_visit[2], rel=REL, abs=ABS)]
                found += [(f"visit of word {place}", got_visit, expected)]
    return found


def compare_panel(figure: Locator, want: ExpertRouter, place: int) -> Found:
    def said(visit: Visit) -> str:
        room = "" if visit.granted else " (no room)"
        return f"expert {visit.expert + 1}, {fixed(visit.weight)}{room}"

    lines = [f"“{want.texts[want.text][place]}”"] + [
        f"Layer {number + 1}: {' · '.join(map(said, layer[place]))}"
        for number, layer in enumerate(want.numbers().visits)
    ]
    return [("panel", figure.locator(".cfx-panel p").all_inner_texts(), lines)]


def compare_bars(figure: Locator, want: ExpertRouter) -> Found:
    numbers, found = want.numbers(), []
    for number in range(N_LAYERS):
        layer = figure.locator(".cfx-layer").nth(number)
        values = layer.locator(".cfx-bar").evaluate_all(
            """(bars) => bars.map((bar) =>
              [...bar.children].map(({ dataset }) => Number(dataset.value)))"""
        )
        counts = layer.locator(".cfx-count").all_inner_texts()
        for expert, load in enumerate(numbers.loads(number)):
            share = want.shares[want.model][number][expert]
            over = max(0, load - numbers.capacity)
            text = f"{load}{f', {over} refused' if over else ''} · {percent(share)}"
            due = [load, over, pytest.approx(share, rel=REL, abs=ABS)]
            found += [
                (f"bar {number}.{expert}", values[expert], due),
                (f"count {number}.{expert}", counts[expert], text),
            ]
    return found


def make_room(figure: Locator, want: ExpertRouter, factor: float) -> None:
    figure.get_by_role("slider", name=ROOM, exact=True).fill(str(factor))
    want.factor = factor


def test_texts_models_and_room_can_be_changed(show: Show) -> None:
    want = routing()
    figure = show(routing()).locator(".cf")
    assert differences(figure, want) == []
    figure.get_by_text("without it", exact=True).click()
    want.model = 1
    assert differences(figure, want) == []
    for factor in (0.5, 1.25, 3.75):
        make_room(figure, want, factor)
        assert differences(figure, want) == []
    figure.get_by_role("combobox").select_option("short")
    want.text = 1
    assert differences(figure, want) == []


def test_experts_that_share_it_out_among_themselves(show: Show) -> None:
    want = routing(among_all=False)
    figure = show(routing(among_all=False)).locator(".cf")
    assert differences(figure, want) == []


def test_words_are_chosen_by_click_and_by_keys(show: Show) -> None:
    want = routing()
    page = show(routing())
    figure = page.locator(".cf")
    figure.locator(".cfx-words button").nth(12).click()
    want.word = 12
    page.mouse.move(0, 0)
    assert differences(figure, want) == []
    for key, place in (("ArrowRight", 13), ("ArrowUp", 12), ("Home", 0), ("ArrowLeft", -1)):
        page.keyboard.press(key)
        want.word = place % len(LONG.split())
        assert differences(figure, want) == []
    assert (
        figure.locator(".cfx-words button")
        .nth(want.word)
        .evaluate("(chip) => chip === document.activeElement")
    )


def test_hovering_shows_the_weights_of_a_word_and_changes_nothing_else(show: Show) -> None:
    want = routing()
    page = show(routing())
    figure = page.locator(".cf")
    figure.locator(".cfx-words button").nth(2).hover()
    settle(figure)
    assert [got for _, got, due in compare_panel(figure, want, 2) if got != due] == []
    assert figure.locator(".cf-said").inner_text() == want.summary()
    page.mouse.move(0, 0)
    assert differences(figure, want) == []


def test_buttons_set_states(show: Show) -> None:
    want = routing()
    figure = show(routing()).locator(".cf")
    for at in (1, 2, 0):
        preset = want.presets[at]
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        assert differences(figure, want) == []


def test_the_table_holds_the_numbers(show: Show) -> None:
    want = routing()
    figure = show(routing()).locator(".cf")
    figure.locator(".cf-fold > summary").click()
    settle(figure)
    first, second = want.numbers().visits[0][5]
    row = figure.locator(".cf-fold table").first.locator("tbody tr").nth(5)
    assert row.locator("th").inner_text() == "john"
    assert row.locator("td").first.inner_text() == (
        f"expert {first.expert + 1} ({fixed(first.weight)}) and "
        f"expert {second.expert + 1} ({fixed(second.weight)})"
    )
    cells = figure.locator(".cf-fold table").nth(1).locator("tbody tr").first.locator("td")
    assert cells.all_inner_texts()[:2] == [
        f"{want.numbers().loads(0)[0]} of {want.numbers().n_choices}",
        percent(1 / N_EXPERTS),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(routing(), theme=theme, width=width)
    page.get_by_role("button", name="Narrow", exact=True).click()
    page.locator(".cf-fold > summary").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_below_the_figure_moves(show: Show, width: int) -> None:
    page = show(routing(), width=width)
    figure = page.locator(".cf")
    heights = set()
    for action in (
        lambda: figure.get_by_text("without it", exact=True).click(),
        lambda: make_room(figure, routing(), 0.5),
        lambda: figure.locator(".cfx-words button").nth(17).click(),
        lambda: figure.get_by_text("with the loss", exact=True).click(),
    ):
        settle(figure)
        box = figure.locator(".cf-fold").bounding_box()
        assert box is not None
        heights.add(round(box["y"]))
        action()
    assert len(heights) == 1
