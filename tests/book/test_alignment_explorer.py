"""The alignment explorer in Chromium: used, and seen to say what Python computes."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.alignment_explorer import AlignmentExplorer
from course_lib.figures.alignment_words import wrong_in_words
from course_lib.figures.formats import fixed
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

GAPS = (4, 8, 16, 32, 64, 128, 256)
READERS = {"RNN": 0.55, "LSTM": 0.72, "GRU": 0.8, "attention": 1.0}
PLANS = ("all gaps at once", "short gaps first")


def reversal(n_letters: int, slip: int | None = None) -> dict:
    """Return letters written backwards with soft weights; from a slip on it looks one place off."""
    generator = torch.Generator().manual_seed(n_letters)
    source = ["abcdefghijklmnop"[i] for i in torch.randint(16, (n_letters,), generator=generator)]
    looked = torch.arange(n_letters - 1, -1, -1)
    if slip is not None:
        looked[slip:] = (looked[slip:] - 1).clamp(min=0)
    distance = (torch.arange(n_letters) - looked.unsqueeze(1)).abs()
    noise = 0.5 * torch.randn(n_letters, n_letters, generator=generator)
    return {
        "source": source,
        "expected": source[::-1],
        "produced": [source[i] for i in looked],
        "weights": (noise - 2.5 * distance).softmax(dim=1),
    }


def writer(**options: object) -> AlignmentExplorer:
    """Return a figure of four lengths, the longest with a slip, and eight lines of recall."""
    recall = {
        f"{reader}, {plan}": [
            (gap, min(1.0, level + 0.25 * late) - 0.02 * late * i) for i, gap in enumerate(GAPS)
        ]
        for late, plan in enumerate(PLANS)
        for reader, level in READERS.items()
    }
    return AlignmentExplorer(
        [reversal(6), reversal(12), reversal(20), reversal(40, slip=33)],
        recall,
        yardsticks={"one of the two seen": 0.625, "any value": 0.25},
        title="Looking back",
        description="Letters and lines.",
        **options,
    )


def choose_length(figure: Locator, want: AlignmentExplorer, example: int) -> None:
    figure.get_by_text(str(len(want.sources[example])), exact=True).first.click()
    want.example = example


def letters(figure: Locator) -> Locator:
    return figure.get_by_role("radiogroup", name="Letters written").get_by_role("radio")


def differences(figure: Locator, want: AlignmentExplorer, peek: int | None = None) -> list[str]:
    """Compare all that the figure shows with what Python computes; `peek` is under the mouse."""
    settle(figure)
    row = want.row if peek is None else peek
    found = compare_letters(figure, want, row) + compare_recall(figure, want, want.gap)
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_letters(
    figure: Locator, want: AlignmentExplorer, row: int
) -> list[tuple[str, object, object]]:
    """Return the strips, the sentence, the table of weights and the list, shown and computed."""
    numbers, table = want.numbers(), torch.from_numpy(want._table(want.example))
    weights = table[row].tolist()
    n = len(weights)
    source, expected, produced = (
        part[want.example] for part in (want.sources, want.expected, want.produced)
    )
    read = figure.locator(".cfa-letters").nth(1)
    marks = figure.locator(".cfa-letters button + span").all_inner_texts()
    lines = figure.locator(".cfa-lines path")
    thick = lines.evaluate_all("(all) => all.map((each) => parseFloat(each.style.strokeWidth))")
    order = sorted(range(n), key=lambda j: -weights[j])[:5]
    listed = [
        [f"{j + 1}, “{source[j]}”{' (due)' * (j == n - 1 - row)}", fixed(weights[j], 3)]
        for j in order
    ]
    rows = figure.locator(".cfa-list tbody tr:not([hidden])")
    shown_rows = [each.locator("th, td:not(.cfa-bar)").all_inner_texts() for each in rows.all()]
    due = "(all) => all.findIndex((b) => 'due' in b.dataset)"
    chosen = figure.locator(".cfa-letters [aria-checked=true]").get_attribute("aria-label")
    wrong = wrong_in_words(expected, produced, numbers)
    named = figure.locator(".cfa-name[data-chosen]").all_text_contents()
    return [
        ("written", letters(figure).all_inner_texts(), produced),
        (
            "wrong",
            [mark.replace("\u2009", "") for mark in marks],
            ["" if right else f"≠{expected[i]}" for i, right in enumerate(numbers.right)],
        ),
        ("read", read.locator("b").all_inner_texts(), source),
        ("due", read.locator("b").evaluate_all(due), n - 1 - row),
        (
            "shares",
            read.locator("span").all_inner_texts(),
            [fixed(w) if w >= 0.005 else "" for w in weights],
        ),
        (
            "lines",
            [round(each, 3) for each in thick],
            [round(1 + 8 * w, 3) if w >= 0.005 else 0 for w in weights],
        ),
        ("chosen", chosen, spoken(want, want.row)),
        ("sentence", figure.locator(".cf-said").inner_text(), want.in_words(row)),
        ("wrong, in words", figure.locator(".cfa-wrong").inner_text(), wrong),
        ("all weights", bool(((shown_table(figure, n) - table).abs() < 1e-8).all()), True),
        ("marked row and column", named, [produced[row], source[numbers.looked[row]]]),
        ("largest weights", shown_rows, listed),
    ]  # fmt: skip


def spoken(want: AlignmentExplorer, row: int) -> str:
    written, due = (part[want.example][row] for part in (want.produced, want.expected))
    return f"letter {row + 1}: {written}" + ("" if written == due else f", wrong, {due} was due")


def shown_table(figure: Locator, n: int) -> torch.Tensor:
    cells = figure.locator(".cfa-cell").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.weight))"
    )
    return torch.tensor(cells, dtype=torch.float64).reshape(n, n)


def compare_recall(
    figure: Locator, want: AlignmentExplorer, gap: int
) -> list[tuple[str, object, object]]:
    """Return the curves that are drawn and the table beside them, shown and computed."""
    drawn = figure.locator("g[data-name]:not([display])").evaluate_all(
        """(groups) => groups.map((group) => [group.dataset.name,
            [...group.querySelectorAll(".cfa-point")].map(({ dataset }) =>
                [Number(dataset.gap), Number(dataset.share), "chosen" in dataset])])"""
    )
    shown = want.recall_at(gap)
    points = [
        [line["name"], [[g, pytest.approx(y), g == gap] for g, y in line["points"]]]
        for line in want.lines
        if line["name"] in shown
    ]
    cells = figure.locator(".cfa-values td").evaluate_all(
        "(cells) => cells.map((cell) => [cell.textContent, 'off' in cell.dataset])"
    )
    shares = {line["name"]: dict(line["points"])[gap] for line in want.lines}
    names = [f"{reader}, {plan}" for reader in READERS for plan in PLANS]
    ends = figure.locator(".cfa-ends text").all_text_contents()
    return [
        ("curves", drawn, points),
        ("table at the gap", cells, [[fixed(shares[n]), n not in shown] for n in names]),
        ("names at the ends", ends, [name.split(", ")[0] for name in shown]),
        ("gap", figure.locator(".cfa-gap output").inner_text(), str(gap)),
    ]


def test_every_length_shows_what_python_computes(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    assert differences(figure, explorer) == []
    for example in (0, 2, 3):
        choose_length(figure, explorer, example)
        assert differences(figure, explorer) == []


def test_a_click_and_the_keys_choose_a_letter(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    choose_length(figure, explorer, 3)
    letters(figure).nth(35).click()
    figure.page.mouse.move(0, 0)
    explorer.row = 35
    assert differences(figure, explorer) == []
    steps = [("ArrowRight", 36), ("ArrowUp", 35), ("Home", 0), ("ArrowLeft", 39), ("End", 39)]
    for key, row in [*steps, ("ArrowDown", 0)]:
        figure.page.keyboard.press(key)
        explorer.row = row
        assert differences(figure, explorer) == []
        focused = figure.page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == spoken(explorer, row)


def test_a_shorter_length_keeps_a_letter_chosen(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    letters(figure).nth(11).click()
    explorer.row = 11
    choose_length(figure, explorer, 0)
    assert explorer.row == 5
    assert differences(figure, explorer) == []


def test_the_mouse_shows_a_letter_while_it_rests_there(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    letters(figure).nth(4).hover()
    assert differences(figure, explorer, peek=4) == []
    figure.page.mouse.move(0, 0)
    assert differences(figure, explorer) == []


def test_the_table_of_weights_can_be_pointed_at_and_clicked(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    choose_length(figure, explorer, 3)
    picture = figure.locator(".cfa-matrix svg")
    square = figure.locator(".cfa-cell").nth(40 * 36 + 5)
    square.hover()
    assert differences(figure, explorer, peek=36) == []
    square.click()
    figure.page.mouse.move(0, 0)
    explorer.row = 36
    assert differences(figure, explorer) == []
    # The frames lie on the row, and on the column that it looks at most.
    at, size = explorer.numbers().looked[36], picture.bounding_box()["width"]
    frames = figure.locator(".cfa-mark").evaluate_all(
        "(all) => all.map((each) => [each.x, each.y].map(({ baseVal }) => baseVal.value))"
    )
    one = (size - 24) / 40
    assert frames[0] == pytest.approx([21, 21 + 36 * one], abs=0.1)
    assert frames[1] == pytest.approx([21 + at * one, 21], abs=0.1)


def test_lines_lead_from_the_letter_to_what_it_looks_at(show: Show) -> None:
    explorer = writer()
    for width in (360, 900):
        figure = show(explorer, width=width).locator(".cf")
        explorer.example = 1
        choose_length(figure, explorer, 3)
        letters(figure).nth(7).click()
        settle(figure)
        ends = figure.evaluate(
            """(figure) => {
                const paths = figure.querySelectorAll(".cfa-lines path");
                const places = figure.querySelectorAll(".cfa-letters b");
                const from = figure.querySelector(".cfa-letters [aria-checked=true]");
                const edge = (box, side) => [box.left + box.width / 2, box[side]];
                const gap = ([a, b], [c, d]) => Math.hypot(a - c, b - d);
                const at = (path, length) => {
                    const { x, y } = path.getPointAtLength(length);
                    const { left, top } = path.ownerSVGElement.getBoundingClientRect();
                    return [x + left, y + top];
                };
                return [...paths].map((path, j) => Math.max(
                    gap(at(path, 0), edge(from.getBoundingClientRect(), "bottom")),
                    gap(at(path, path.getTotalLength()),
                        edge(places[j].getBoundingClientRect(), "top"))));
            }"""
        )
        assert max(ends) < 1


def test_readers_and_plans_choose_the_lines(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    figure.get_by_label("RNN").uncheck()
    figure.get_by_label("GRU").uncheck()
    explorer.readers = ["LSTM", "attention"]
    assert differences(figure, explorer) == []
    figure.get_by_label("all gaps at once").uncheck()
    explorer.plans = ["short gaps first"]
    assert differences(figure, explorer) == []
    figure.get_by_label("RNN").check()
    explorer.readers = ["RNN", "LSTM", "attention"]
    assert differences(figure, explorer) == []
    figure.get_by_label("short gaps first").uncheck()
    explorer.plans = []
    assert differences(figure, explorer) == []
    spoken_gap = figure.get_by_role("slider").get_attribute("aria-valuetext")
    assert spoken_gap == "Gap 32: no line is chosen."


def test_the_plans_differ_in_their_dashes(show: Show) -> None:
    figure = show(writer()).locator(".cf")
    dashes = figure.locator("g[data-name] .cfa-curve").evaluate_all(
        "(all) => all.map((each) => getComputedStyle(each).strokeDasharray)"
    )
    assert set(dashes[:4]) == {"none"}
    assert set(dashes[4:]) == {"5px, 4px"}


def test_a_gap_is_read_off_with_keys_click_and_mouse(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    slider = figure.get_by_role("slider", name="Read off at a gap of")
    for key, gap in [("ArrowRight", 64), ("End", 256), ("Home", 4)]:
        slider.press(key)
        explorer.gap = gap
        assert differences(figure, explorer) == []
    assert slider.get_attribute("aria-valuetext").startswith("Gap 4: RNN, all gaps at once 0.55; ")
    point = figure.locator("g[data-name^='GRU'] [data-gap='128']").first.bounding_box()
    middle = (point["x"] + 6, point["y"] + 6)
    figure.page.mouse.move(*middle)
    settle(figure)
    assert [each for each in compare_recall(figure, explorer, 128) if each[1] != each[2]] == []
    figure.page.mouse.click(*middle)
    figure.page.mouse.move(0, 0)
    explorer.gap = 128
    assert differences(figure, explorer) == []


def test_the_curves_lie_where_their_numbers_say(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    places = figure.locator("g[data-name] .cfa-point").evaluate_all(
        """(points) => points.map((point) => {
            const { e, f } = point.transform.baseVal.getItem(0).matrix;
            return [Math.log2(point.dataset.gap), Number(point.dataset.share), e, f]; })"""
    )
    octave, share, x, y = torch.tensor(places, dtype=torch.float64).T
    for value, place in ((octave, x), (share, y)):  # both axes are straight in what they show
        design = torch.stack([value, torch.ones_like(value)], dim=1)
        fit = torch.linalg.lstsq(design, place.unsqueeze(1)).solution
        assert (design @ fit - place.unsqueeze(1)).abs().max() < 0.01
    levels = figure.locator(".cfa-level-names text").all_text_contents()
    assert levels == ["one of the two seen: 0.625", "any value: 0.25"]
    ends = figure.locator(".cfa-ends text").evaluate_all(
        "(all) => all.map((t) => t.y.baseVal[0].value)"
    )
    assert min(ends) >= 10  # the top of the scale
    assert min(b - a for a, b in pairwise(sorted(ends))) >= 13.9  # no name lies on another


def test_presets_lead_to_what_they_name(show: Show) -> None:
    explorer = writer()
    page = show(explorer)
    figure = page.locator(".cf")
    labels = figure.locator(".cf-try button").all_inner_texts()
    assert labels == ["Start", "40 letters", "A slip", "One reader, two plans"]
    for preset in [*explorer.presets[1:], explorer.presets[0]]:
        figure.get_by_role("button", name=preset["label"]).click()
        for name, value in preset["values"].items():
            setattr(explorer, name, value)
        assert differences(figure, explorer) == []


def test_the_table_of_numbers_holds_what_is_shown(show: Show) -> None:
    explorer = writer()
    figure = show(explorer).locator(".cf")
    choose_length(figure, explorer, 3)
    figure.get_by_text("The numbers as a table").press("Enter")
    tables = figure.locator(".cf-scroll table")
    tables.nth(2).wait_for()
    settle(figure)

    def rows(index: int) -> list[list[str]]:
        return tables.nth(index).evaluate(
            "(t) => [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent))"
        )

    numbers, weights = explorer.numbers(), explorer._table(3)
    assert rows(0)[36] == [
        "37", explorer.produced[3][36], explorer.expected[3][36], "no", str(numbers.looked[36] + 1),
        explorer.sources[3][numbers.looked[36]], fixed(numbers.weight[36], 3), "no",
        fixed(weights[36, 3], 3),
    ]  # fmt: skip
    assert rows(1) == [
        [str(j + 1), letter, fixed(weights[0, j], 3)]
        for j, letter in enumerate(explorer.sources[3])
    ]
    assert rows(2) == [
        [line["name"], *(fixed(share, 3) for _, share in line["points"])] for line in explorer.lines
    ]


@pytest.mark.parametrize(("width", "theme"), [(320, "light"), (900, "dark")])
def test_no_rule_of_accessibility_is_broken(show: Show, width: int, theme: str) -> None:
    page = show(writer(), theme=theme, width=width)
    page.get_by_role("button", name="A slip").click()
    page.get_by_text("The numbers as a table").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 900])
def test_nothing_moves_while_the_mouse_goes_along_the_letters(show: Show, width: int) -> None:
    explorer = writer()
    figure = show(explorer, width=width).locator(".cf")
    choose_length(figure, explorer, 3)
    settle(figure)
    top = "(node) => node.getBoundingClientRect().top + scrollY"
    places = figure.locator(".cfa-matrix svg, .cfa-wrong, .cfa-chart svg, .cf-fold")
    before = [each.evaluate(top) for each in places.all()]
    for row in (0, 32, 33, 38, 39):
        letters(figure).nth(row).hover()
        settle(figure)
        assert [each.evaluate(top) for each in places.all()] == before


@pytest.mark.parametrize("width", [320, 900])
def test_what_a_finger_meets_is_large_enough(show: Show, width: int) -> None:
    explorer = writer()
    page = show(explorer, width=width, has_touch=True, is_mobile=True)
    choose_length(page.locator(".cf"), explorer, 3)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".cf button, .cf .cfa-lengths label, .cf .cfa-choice, .cf [type=range], .cf summary"
        )].map((node) => {
            const { width, height } = node.getBoundingClientRect();
            return [node.outerHTML.slice(0, 90), width, height];
        }).filter(([, width, height]) => width && (width < 24 || height < 28))"""
    )
    assert small == []


def test_a_tap_chooses_a_letter_and_a_gap(show: Show) -> None:
    explorer = writer()
    page = show(explorer, width=360, has_touch=True, is_mobile=True)
    figure = page.locator(".cf")
    letters(figure).nth(8).tap()
    explorer.row = 8
    figure.locator("g[data-name^='attention'] [data-gap='8']").first.tap(force=True)
    explorer.gap = 8
    assert differences(figure, explorer) == []


def test_colours_follow_the_theme_and_paper_is_light(show: Show) -> None:
    page = show(writer())
    figure = page.locator(".cf")
    fills = """(figure) => [".cfa-cell", ".cfa-ends text"].map((name) =>
        getComputedStyle(figure.querySelector(name)).fill)"""
    light = figure.evaluate(fills)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(figure)
    dark = figure.evaluate(fills)
    assert all(a != b for a, b in zip(light, dark, strict=True))
    page.emulate_media(media="print")
    settle(figure)
    assert figure.evaluate(fills) == light
    assert not figure.get_by_role("slider").is_visible()


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    words = show(writer(), java_script_enabled=False).locator("main").inner_text()
    assert re.search(r"40 letters: read .* rows \(8\d.%\) the largest weight lies", words)
    assert "Gap 256: RNN, all gaps at once 0.55;" in words


def test_one_line_and_one_short_example_are_enough(show: Show) -> None:
    explorer = AlignmentExplorer([reversal(1)], {"LSTM": [(4, 0.5)]})
    figure = show(explorer).locator(".cf")
    settle(figure)
    assert figure.locator(".cf-said").inner_text() == explorer.in_words()
    assert figure.locator(".cfa-values td").all_inner_texts() == ["0.50"]
