"""The figure of diffusion in Chromium: used, and seen to say what Python computes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from course_lib.figures.diffusion_steps import DiffusionSteps, Paintings, Preset
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("digit", "guidance", "step")
CLOSE: dict[str, Any] = {"rel": 1e-7, "abs": 1e-9}


def painting() -> DiffusionSteps:
    """Return a figure of two digits, two guidances and three steps."""
    return DiffusionSteps(
        Paintings(
            start=[0.5, -0.5, 0.0, 1.0],
            signal=[0.28, 0.6, 0.8],
            spread=[0.96, 0.8, 0.6],
            guesses=[
                [["AAAA", "AAgg", "AA//"], ["gggg", "//gg", "////"]],
                [["ABCD", "EFGH", "IJKL"], ["abcd", "efgh", "ijkl"]],
            ],
        ),
        ["0", "1"],
        [1.0, 2.5],
        title="Steps",
        description="Two images.",
        presets=[
            Preset("End", "The painting.", {"step": 3}),
            Preset("Strong", "Plain.", {"step": 2, "guidance": 1, "digit": 1}),
        ],
    )


def slide(figure: Locator, want: DiffusionSteps, value: int) -> None:
    figure.get_by_role("slider", name="Step", exact=True).fill(str(value))
    want.step = value


def differences(figure: Locator, want: DiffusionSteps) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    numbers, step = want.numbers(), want.step - 1
    strength = f"{want.guidances[want.guidance]:g}"
    found: list[tuple[str, object, object]] = [
        ("slider", figure.get_by_role("slider").input_value(), str(want.step)),
        ("output", figure.locator(".cf-slider output").inner_text(), f"{want.step} of 3"),
        ("digit", figure.get_by_role("combobox").input_value(), str(want.digit)),
        ("guidance", figure.get_by_role("radio", name=strength).is_checked(), True),
        ("words", figure.locator(".cf-said").inner_text(), want.summary()),
    ]
    for kind, due in (("canvas", numbers.canvases[step]), ("guess", numbers.pixels[step])):
        shown = figure.locator(f"svg[data-kind={kind}] rect").evaluate_all(
            "(parts) => parts.map(({ dataset }) => Number(dataset.value))"
        )
        found.append((kind, shown, pytest.approx(due, **CLOSE)))
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def test_steps_are_those_of_python(show: Show) -> None:
    want = painting()
    figure = show(painting()).locator(".cf")
    assert differences(figure, want) == []
    for step in (2, 3, 1):
        slide(figure, want, step)
        assert differences(figure, want) == []


def test_keys_move_the_step(show: Show) -> None:
    want = painting()
    figure = show(painting()).locator(".cf")
    figure.get_by_role("slider").press("ArrowRight")
    want.step = 2
    assert differences(figure, want) == []


def test_digit_and_guidance_can_be_changed(show: Show) -> None:
    want = painting()
    figure = show(painting()).locator(".cf")
    figure.get_by_role("combobox").select_option("1")
    figure.get_by_role("radio", name="2.5").check()
    want.digit, want.guidance = 1, 1
    slide(figure, want, 2)
    assert differences(figure, want) == []


def test_buttons_set_states(show: Show) -> None:
    want = painting()
    figure = show(painting()).locator(".cf")
    for at in (1, 2, 0):
        preset = want.presets[at]
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        assert differences(figure, want) == []


def test_the_table_holds_the_numbers(show: Show) -> None:
    figure = show(painting()).locator(".cf")
    figure.locator(".cf-fold > summary").click()
    settle(figure)
    rows = figure.locator(".cf-fold tbody tr")
    assert rows.count() == 3
    assert "36.0" in rows.nth(1).inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(painting(), theme=theme, width=width)
    page.locator(".cf-fold > summary").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_below_the_figure_moves(show: Show) -> None:
    page = show(painting(), width=360)
    figure, want = page.locator(".cf"), painting()
    heights = set()
    for step in (1, 2, 3):
        slide(figure, want, step)
        settle(figure)
        box = figure.locator(".cf-fold").bounding_box()
        assert box is not None
        heights.add(round(box["y"]))
    assert len(heights) == 1
