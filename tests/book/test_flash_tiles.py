"""The figure of tiles in Chromium: used, and seen to say what Python computes."""

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.flash_tiles import FlashTiles, Preset
from course_lib.figures.formats import fixed
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("block_q", "block_k", "causal", "step")
SLIDERS = {"block_q": "Queries in a tile", "block_k": "Keys in a tile", "step": "Tiles done"}


def tiles(**options: object) -> FlashTiles:
    """Return a figure of seven rows, which few blocks divide, with two buttons."""
    generator = torch.Generator().manual_seed(3)
    q, k = 1.5 * torch.randn(2, 7, 2, generator=generator)
    v = torch.randn(7, 3, generator=generator)
    settings = {
        "block_q": 3,
        "block_k": 2,
        "step": 2,
        "title": "Tiles",
        "description": "Squares.",
        "presets": [
            Preset("Causal", "Some squares are hidden.", {"causal": True, "step": 4}),
            Preset("One row", "One query at a time.", {"block_q": 1, "block_k": 7, "step": 7}),
        ],
    } | options
    return FlashTiles(q, k, v, **settings)


def slide(figure: Locator, want: FlashTiles, name: str, value: int) -> None:
    figure.get_by_role("slider", name=SLIDERS[name]).fill(str(value))
    setattr(want, name, value)


def press(figure: Locator, want: FlashTiles, name: str, step: int) -> None:
    figure.get_by_role("button", name=name, exact=True).click()
    want.step = step


Found = list[tuple[str, object, object]]


def differences(figure: Locator, want: FlashTiles) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [*compare_controls(figure, want), *compare_squares(figure, want)]
    found += compare_kept(figure, want)
    found += [("words", figure.locator(".cf-said").inner_text(), want.summary())]
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_controls(figure: Locator, want: FlashTiles) -> Found:
    n_tiles, done = len(want.work().tiles), want.done
    values = [want.block_q, want.block_k, done]
    sliders = figure.get_by_role("slider").all()
    enabled = [
        figure.get_by_role("button", name=name, exact=True).is_enabled()
        for name in ("Back", "Next tile")
    ]
    return [
        ("sliders", [int(each.input_value()) for each in sliders], values),
        ("ends", [int(each.get_attribute("max") or 0) for each in sliders], [7, 7, n_tiles]),
        (
            "outputs",
            figure.locator(".cf-slider output").all_inner_texts(),
            [str(value) for value in values],
        ),
        ("mask", figure.get_by_role("checkbox").is_checked(), want.causal),
        ("buttons", enabled, [done > 0, done < n_tiles]),
    ]


def kind_of(want: FlashTiles, query: int, key: int) -> str:
    """Say how a square is to look."""
    work = want.work()
    if work.score(query, key) is None:
        return "hidden"
    [at] = [
        at
        for at, tile in enumerate(work.tiles)
        if tile.first_query <= query < tile.end_query and tile.first_key <= key < tile.end_key
    ]
    return "here" if at + 1 == want.done else "done" if at < want.done else "open"


def compare_squares(figure: Locator, want: FlashTiles) -> Found:
    places = [(query, key) for query in range(7) for key in range(7)]
    kinds = figure.locator(".cft-squares rect").evaluate_all(
        "(squares) => squares.map(({ dataset }) => [dataset.place, dataset.kind])"
    )
    due = [[f"{query},{key}", kind_of(want, query, key)] for query, key in places]
    work = want.work()
    scores = [
        fixed(work.score(*place) or 0.0, 1) for place in places if kind_of(want, *place) == "here"
    ]
    return [
        ("squares", kinds, due),
        ("scores", figure.locator(".cft-squares text").all_text_contents(), scores),
    ]


def compare_kept(figure: Locator, want: FlashTiles) -> Found:
    """Return the cells of every row, and whether it is marked."""
    work, done = want.work(), want.done
    held, finished = work.rows_after(done), dict[int, tuple[float, ...]]()
    for step in range(1, done + 1):
        if work.is_last_of_row(step - 1):
            finished |= {row: state.result for row, state in work.rows_after(step).items()}
    found: Found = []
    for row in range(7):
        line = figure.locator(f".cft-kept tr[data-row='{row}']")
        due = [""] * 4
        if row in held:
            state = held[row]
            due[:3] = [fixed(state.row_max), fixed(state.row_sum), joined(state.mixture)]
        if row in finished:
            due[3] = joined(finished[row])
        found.append((f"row {row}", line.locator("td").all_inner_texts(), due))
        marked = line.get_attribute("data-held") is not None
        found.append((f"mark {row}", marked, row in held))
    return found


def joined(numbers: tuple[float, ...]) -> str:
    return ", ".join(fixed(number) for number in numbers)


def test_every_step_shows_what_python_computes(show: Show) -> None:
    want = tiles(step=0)
    figure = show(tiles(step=0)).locator(".cf")
    assert differences(figure, want) == []
    for step in range(1, len(want.work().tiles) + 1):
        press(figure, want, "Next tile", step)
        assert differences(figure, want) == []
    press(figure, want, "Back", len(want.work().tiles) - 1)
    assert differences(figure, want) == []


def test_blocks_and_mask_can_be_changed(show: Show) -> None:
    want = tiles()
    figure = show(tiles()).locator(".cf")
    slide(figure, want, "block_q", 7)
    slide(figure, want, "block_k", 3)
    assert differences(figure, want) == []
    figure.get_by_role("checkbox").check()
    want.causal = True
    assert differences(figure, want) == []
    # More steps than there are tiles count as all of them.
    slide(figure, want, "block_q", 2)
    slide(figure, want, "step", 9)
    slide(figure, want, "block_k", 7)
    slide(figure, want, "block_q", 7)
    assert differences(figure, want) == []
    assert want.done == 1


def test_buttons_set_states(show: Show) -> None:
    want = tiles()
    figure = show(tiles()).locator(".cf")
    for at in (1, 2, 0):
        preset = want.presets[at]
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        assert differences(figure, want) == []


def test_the_table_holds_the_numbers(show: Show) -> None:
    want = tiles()
    figure = show(tiles()).locator(".cf")
    figure.locator(".cf-fold > summary").click()
    settle(figure)
    work, rows = want.work(), figure.locator(".cf-fold tbody tr")
    first = rows.nth(0).locator("td").all_inner_texts()
    state = work.rows_after(2)[0]
    assert first[:2] == [fixed(state.row_max), fixed(state.row_sum, 3)]
    assert first[2] == ", ".join(fixed(part, 3) for part in state.mixture)
    scores = rows.nth(7 + 1).locator("td").all_inner_texts()
    assert scores == [fixed(work.score(1, key) or 0.0) for key in (2, 3)]


def test_the_keyboard_reaches_everything(show: Show) -> None:
    want = tiles()
    page = show(tiles())
    figure = page.locator(".cf")
    figure.get_by_role("button", name="Next tile").focus()
    page.keyboard.press("Enter")
    want.step = 3
    figure.get_by_role("slider", name="Keys in a tile").focus()
    page.keyboard.press("ArrowRight")
    want.block_k = 3
    figure.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    want.causal = True
    assert differences(figure, want) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(tiles(causal=True), theme=theme, width=width)
    page.locator(".cf-fold > summary").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_below_the_figure_moves(show: Show) -> None:
    page = show(tiles(step=0), width=360)
    figure = page.locator(".cf")
    fold = figure.locator(".cf-fold")
    heights = set()
    for _ in range(6):
        settle(figure)
        box = fold.bounding_box()
        assert box is not None
        heights.add(round(box["y"]))
        figure.get_by_role("button", name="Next tile").click()
    assert len(heights) == 1
