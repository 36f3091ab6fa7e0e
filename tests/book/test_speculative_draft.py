"""The figure of speculative decoding in Chromium: used, and seen to say what Python computes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.draft_numbers import RULES
from course_lib.figures.formats import counted, fixed, thousands
from course_lib.figures.speculative_draft import Preset, SpeculativeDraft, TwoOpinions
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("example", "quality", "n_drafted", "n_draws", "seed", "rule")
SLIDERS = {
    "quality": "Draft, moved towards the target",
    "n_drafted": "Drafted for one call",
    "n_draws": "Words drawn",
    "seed": "Seed",
}
CLOSE = {"rel": 1e-7, "abs": 1e-9}


def drafting() -> SpeculativeDraft:
    """Return a figure of two texts with two buttons."""
    return SpeculativeDraft(
        [
            TwoOpinions("the cat sat on", ["the", "a", "mat"], [0.4, 0.4, 0.2], [0.6, 0.3, 0.1]),
            TwoOpinions("once", ["upon", "more", "I", "we"], [0.7, 0.3, 0.0, 0.0], [0.25] * 4),
        ],
        title="Accept",
        description="Bars.",
        presets=[
            Preset("Many", "Dots on bars.", {"n_draws": 1000}),
            Preset("Mistake", "Dots beside bars.", {"n_draws": 1000, "rule": 1, "example": 1}),
        ],
    )


def slide(figure: Locator, want: SpeculativeDraft, name: str, value: float) -> None:
    figure.get_by_role("slider", name=SLIDERS[name], exact=True).fill(str(value))
    setattr(want, name, value)


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: SpeculativeDraft) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [*compare_controls(figure, want), *compare_rows(figure, want)]
    found += [("words", figure.locator(".cf-said").inner_text(), want.summary())]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_controls(figure: Locator, want: SpeculativeDraft) -> Found:
    values = [want.quality, want.n_drafted, want.n_draws, want.seed]
    said = [
        fixed(want.quality),
        counted(want.n_drafted, "token"),
        thousands(want.n_draws),
        str(want.seed),
    ]
    rule = RULES[want.rule]
    places = [float(each.input_value()) for each in figure.get_by_role("slider").all()]
    return [
        ("sliders", places, values),
        ("outputs", figure.locator(".cf-slider output").all_inner_texts(), said),
        ("text", figure.get_by_role("combobox").input_value(), str(want.example)),
        ("rule", figure.get_by_role("radio", name=rule).is_checked(), True),
    ]  # fmt: skip


def compare_rows(figure: Locator, want: SpeculativeDraft) -> Found:
    """Return words, bars, dots and marks of every row."""
    numbers, words = want.numbers(), want.vocabularies[want.example]
    shares = [count / want.n_draws for count in numbers.counts(want.seed, want.n_draws)]
    last = numbers.draw(want.seed, want.n_draws - 1)
    rows = figure.locator(".cfs-row")
    found: Found = [("words", figure.locator(".cfs-word").all_inner_texts(), words)]
    for index, word in enumerate(words):
        row = rows.nth(index)
        due = [numbers.draft[index], numbers.target[index], shares[index]]
        shown = row.locator("[data-value]").evaluate_all(
            "(parts) => parts.map(({ dataset }) => Number(dataset.value))"
        )
        marks = [row.get_attribute(name) is not None for name in ("data-drafted", "data-word")]
        found += [
            (f"values of {word}", shown, pytest.approx(due, **CLOSE)),
            (
                f"numbers of {word}",
                row.locator(".cfs-numbers").inner_text(),
                " · ".join(fixed(each) for each in due),
            ),
            (f"marks of {word}", marks, [index == last.drafted, index == last.word]),
        ]
    return found


def test_draws_are_those_of_python(show: Show) -> None:
    want = drafting()
    figure = show(drafting()).locator(".cf")
    assert differences(figure, want) == []
    for n_draws in (2, 3, 4):
        figure.get_by_role("button", name="Draw once more").click()
        want.n_draws = n_draws
        assert differences(figure, want) == []
    figure.get_by_role("button", name="Draw 100 more").click()
    want.n_draws = 104
    slide(figure, want, "seed", 17)
    assert differences(figure, want) == []


def test_text_rule_and_draft_can_be_changed(show: Show) -> None:
    want = drafting()
    figure = show(drafting()).locator(".cf")
    figure.get_by_role("combobox").select_option("once")
    want.example = 1
    slide(figure, want, "n_draws", 300)
    assert differences(figure, want) == []
    figure.get_by_text(RULES[1], exact=True).click()
    want.rule = 1
    slide(figure, want, "quality", 0.35)
    slide(figure, want, "n_drafted", 1)
    assert differences(figure, want) == []
    slide(figure, want, "quality", 1)
    assert differences(figure, want) == []


def test_no_more_than_the_most_are_drawn(show: Show) -> None:
    want = drafting()
    figure = show(drafting()).locator(".cf")
    slide(figure, want, "n_draws", 1950)
    figure.get_by_role("button", name="Draw 100 more").click()
    want.n_draws = 2000
    assert differences(figure, want) == []
    assert figure.get_by_role("button", name="Draw once more").is_disabled()


def test_buttons_set_states(show: Show) -> None:
    want = drafting()
    figure = show(drafting()).locator(".cf")
    for at in (1, 2, 0):
        preset = want.presets[at]
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        assert differences(figure, want) == []


def test_the_table_holds_the_numbers(show: Show) -> None:
    figure = show(drafting()).locator(".cf")
    figure.locator(".cf-fold > summary").click()
    settle(figure)
    cells = figure.locator(".cf-fold tbody tr").nth(1).locator("td").all_inner_texts()
    assert cells[:5] == ["0.300", "0.400", "0.300", "0.500", "0.400"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(drafting(), theme=theme, width=width)
    page.locator(".cf-fold > summary").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_below_the_figure_moves(show: Show) -> None:
    page = show(drafting(), width=360)
    figure = page.locator(".cf")
    heights = set()
    for _ in range(8):
        settle(figure)
        box = figure.locator(".cf-fold").bounding_box()
        assert box is not None
        heights.add(round(box["y"]))
        figure.get_by_role("button", name="Draw once more").click()
    assert len(heights) == 1
