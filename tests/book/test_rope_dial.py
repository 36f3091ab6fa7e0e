"""The RoPE dial in Chromium: used, and seen to say what Python computes."""

import math
import re
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.formats import fixed, significant, thousands
from course_lib.figures.rope_dial import Preset, QueryAndKey, RopeDial
from course_lib.figures.rope_numbers import rope_numbers
from course_lib.figures.rope_words import degrees
from tests.book.figure_page import broken_rules, figure_pages, press_presets, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

STATE = ("example", "query_at", "key_at", "shift", "base")
SLIDERS = {"query_at": "Query at", "key_at": "Key at", "shift": "Move both by"}


def dial(**options: object) -> RopeDial:
    """Return a figure of four pairs with two choices and three buttons."""
    generator = torch.Generator().manual_seed(6)
    query, key = torch.randn(2, 8, dtype=torch.float64, generator=generator)
    alike = [1.0, 0.0] * 4
    settings = {
        "title": "Two arrows",
        "description": "Arrows that turn.",
        "presets": [
            Preset("Far", "Both stand farther on. Move them on.", {"shift": 100}, asks=True),
            Preset("Alike", "All arrows agree.", {"example": 1, "query_at": 0, "key_at": 0}),
            Preset("Small base", "All pairs are fast.", {"base": 10, "query_at": 8}),
        ],
    } | options
    return RopeDial(
        [QueryAndKey("drawn", query, key), QueryAndKey("alike", alike, alike)], **settings
    )


def slide(figure: Locator, want: RopeDial, name: str, value: int) -> None:
    figure.get_by_role("slider", name=SLIDERS[name]).fill(str(value))
    setattr(want, name, value)


def choose(figure: Locator, want: RopeDial, name: str, value: int) -> None:
    label = want.labels[value] if name == "example" else thousands(value)
    figure.locator(".cfr-choice").get_by_text(label, exact=True).click()
    setattr(want, name, value)


def differences(figure: Locator, want: RopeDial) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    found = [*compare_controls(figure, want), *compare_score(figure, want)]
    for index in range(len(want.query_rows[0]) // 2):
        found += compare_pair(figure, want, index)
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


Found = list[tuple[str, object, object]]


def compare_controls(figure: Locator, want: RopeDial) -> Found:
    shift = want.shift
    chosen = figure.locator(".cfr-choice label:has(:checked)").all_inner_texts()
    sums = figure.locator(".cfr-slider .cfr-sum").all_text_contents()
    places = [want.query_at, want.key_at]
    terms = [f"= {each} + {thousands(shift)}" if shift else "" for each in places]
    return [
        ("chosen", chosen, [want.labels[want.example], thousands(want.base)]),
        (
            "positions",
            figure.locator(".cfr-slider output").all_inner_texts(),
            [*(thousands(each + shift) for each in places), thousands(shift)],
        ),
        (
            "sliders",
            [int(each.input_value()) for each in figure.get_by_role("slider").all()],
            [*places, shift],
        ),
        ("sums", sums, [*terms, ""]),
    ]  # fmt: skip


# Of one dial: each arrow's components, direction and length; the marks on the rim; angle and bar.
DRAWN = """(dial) => {
    const of = (name, part) => dial.querySelector(`${part}[data-arrow=${name}]`);
    const arrow = (name) => {
        const { dataset, transform } = of(name, ".cfr-arrow");
        const head = of(name, ".cfr-arrow").querySelector(".cfr-head").getBBox();
        const turn = transform.baseVal.getItem(0).angle;
        return [Number(dataset.x), Number(dataset.y), -turn, head.x + head.width]; };
    const mark = (name) => {
        const { cx, cy } = of(name, ".cfr-start");
        return [cx.baseVal.value, cy.baseVal.value]; };
    const { style, dataset: { share } } = dial.querySelector(".cfr-bar i");
    return { arrows: ["query", "key"].map(arrow), marks: ["query", "key"].map(mark),
        angle: Number(dial.querySelector(".cfr-sector").dataset.angle),
        bar: [style.left, style.width].map(parseFloat), share: Number(share) }; }"""


def compare_pair(figure: Locator, want: RopeDial, index: int) -> Found:
    """Return the arrows, the angle, the words, the bar and the point of one pair."""
    pair, node = want.numbers().pairs[index], figure.locator(".cfr-dial").nth(index)
    start = rope_numbers(
        want.query_rows[want.example], want.key_rows[want.example], 0, 0, want.base
    ).pairs[index]
    every = want.numbers().pairs
    longest = max(length for each in every for length in (each.query_length, each.key_length))
    most = max(each.query_length * each.key_length for each in every)
    drawn = node.evaluate(DRAWN)
    close = {"rel": 1e-4, "abs": 1e-4}  # what CSS and SVG keep of a number
    ends = [
        [length * math.cos(math.radians(to)), length * math.sin(math.radians(to)), to,
         46 * length / longest]
        for length, to in (
            (pair.query_length, pair.query_direction), (pair.key_length, pair.key_direction)
        )
    ]  # fmt: skip
    rim = [
        [46 * math.cos(math.radians(to)), -46 * math.sin(math.radians(to))]
        for to in (start.query_direction, start.key_direction)
    ]
    part = pair.share / most
    bar = [50 + 50 * min(0, part), 50 * abs(part)]
    return [
        (f"arrows {index}", drawn["arrows"], [pytest.approx(each, **close) for each in ends]),
        (f"marks {index}", drawn["marks"], [pytest.approx(each, **close) for each in rim]),
        (f"angle {index}", drawn["angle"], pytest.approx(pair.angle, abs=1e-6)),
        (f"share {index}", drawn["share"], pytest.approx(pair.share, rel=1e-8, abs=1e-8)),
        (f"bar {index}", drawn["bar"], pytest.approx(bar, **close)),
        (
            f"speed {index}",
            node.locator(".cfr-round").inner_text(),
            f"once round in {significant(pair.positions_a_turn)} positions",
        ),
        (
            f"sum {index}",
            node.locator(".cfr-sum").text_content(),
            f"{fixed(pair.query_length)} × {fixed(pair.key_length)} × cos {degrees(pair.angle)} "
            f"= {fixed(pair.share, 3)}",
        ),
    ]  # fmt: skip


def compare_score(figure: Locator, want: RopeDial) -> Found:
    """Return the sum of the shares, the sentence and the curve."""
    numbers, curve = want.numbers(), want.curve()
    first, *others = (fixed(pair.share, 3) for pair in numbers.pairs)
    terms = [f"− {each[1:]}" if each.startswith("−") else f"+ {each}" for each in others]
    dots = figure.locator(".cfr-dots circle").evaluate_all(
        "(all) => all.map(({ dataset }) => [Number(dataset.difference), Number(dataset.score)])"
    )
    point = figure.locator(".cfr-curve .cfr-point").evaluate(
        "({ dataset }) => [Number(dataset.difference), Number(dataset.score)]"
    )
    score = " ".join([f"Score {fixed(numbers.score, 6)} = {first}", *terms])
    return [
        ("score", figure.locator(".cfr-score").text_content(), score),
        ("sentence", figure.locator(".cf-said").inner_text(), want.in_words()),
        ("curve", dots, [[d, pytest.approx(y, rel=1e-8, abs=1e-8)] for d, y in curve.items()]),
        (
            "point",
            point,
            [want.query_at - want.key_at, pytest.approx(numbers.score, rel=1e-8, abs=1e-8)],
        ),
    ]


def test_every_choice_and_place_shows_what_python_computes(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    assert differences(figure, want) == []
    for name, value in [("query_at", 31), ("key_at", 30), ("query_at", 0), ("shift", 1000)]:
        slide(figure, want, name, value)
        assert differences(figure, want) == []
    for name, value in [("example", 1), ("base", 10), ("base", 500_000), ("example", 0)]:
        choose(figure, want, name, value)
        assert differences(figure, want) == []


def test_moving_both_changes_no_angle_no_share_and_no_score(show: Show) -> None:
    want = dial(positions=(9, 2))
    figure = show(want).locator(".cf")

    def unchanging() -> list[str]:
        settle(figure)
        point = figure.locator(".cfr-curve .cfr-point")
        return [
            *figure.locator(".cfr-sum, .cfr-round, .cfr-score").all_text_contents()[2:],
            *(point.get_attribute(name) for name in ("cx", "data-difference")),
        ]

    before, arrows = unchanging(), figure.locator(".cfr-arrow")
    turns = "(all) => all.map((each) => each.getAttribute('transform'))"
    standing = arrows.evaluate_all(turns)
    for shift in (1, 7, 100, 999):
        slide(figure, want, "shift", shift)
        assert unchanging()[1:] == before[1:]
        assert differences(figure, want) == []
        moved = arrows.evaluate_all(turns)
        assert all(a != b for a, b in zip(standing, moved, strict=True))


def test_the_keys_move_sliders_and_choices(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    for name, key, value in [
        ("query_at", "ArrowRight", 4), ("query_at", "End", 31), ("key_at", "ArrowLeft", 0),
        ("key_at", "ArrowUp", 1), ("shift", "End", 1000), ("shift", "ArrowLeft", 999),
        ("shift", "Home", 0),
    ]:  # fmt: skip
        slider = figure.get_by_role("slider", name=SLIDERS[name])
        slider.press(key)
        setattr(want, name, value)
        assert differences(figure, want) == []
    assert slider.get_attribute("aria-valuetext") == "0 positions"
    query = figure.get_by_role("slider", name="Query at")
    assert query.get_attribute("aria-valuetext") == "position 31"
    figure.get_by_role("radio", name="10,000").press("ArrowRight")
    want.base = 500_000
    assert differences(figure, want) == []


def test_the_keyboard_reaches_everything_in_the_order_of_reading(show: Show) -> None:
    page = show(dial())
    page.locator(".cf-try button").first.focus()
    reached = []
    for _ in range(10):
        reached.append(
            page.evaluate(
                """() => { const { labels, textContent } = document.activeElement;
                return labels?.[0]?.textContent.trim() || textContent; }"""
            )
        )
        page.keyboard.press("Tab")
    assert reached == [
        *("Start", "Far", "Alike", "Small base", "drawn", "10,000"),
        *("Query at", "Key at", "Move both by", "The numbers as a table"),
    ]


def place_of(figure: Locator, difference: int) -> tuple[float, float]:
    box = figure.locator(f".cfr-dots [data-difference='{difference}']").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_and_a_drag_in_the_curve_choose_a_difference(show: Show) -> None:
    want = dial()  # the key stands at 1
    page = show(want)
    figure = page.locator(".cf")
    figure.locator(".cfr-curve svg").scroll_into_view_if_needed()
    page.mouse.click(*place_of(figure, 7))
    want.query_at = 8
    assert differences(figure, want) == []
    page.mouse.move(*place_of(figure, 7))
    page.mouse.down()
    page.mouse.move(*place_of(figure, -20))  # the query can go back to 0 only: the key moves
    page.mouse.up()
    want.query_at, want.key_at = 0, 20
    assert differences(figure, want) == []
    x, y = place_of(figure, 31)
    page.mouse.click(x + 6, y)  # beyond the end
    want.query_at, want.key_at = 31, 0
    assert differences(figure, want) == []
    page.mouse.move(*place_of(figure, 3))  # no button is pressed
    assert differences(figure, want) == []


def test_the_curve_lies_where_its_numbers_say(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    places = figure.locator(".cfr-dots circle").evaluate_all(
        """(dots) => dots.map(({ dataset: { difference, score }, cx, cy }) =>
            [Number(difference), Number(score), cx.baseVal.value, cy.baseVal.value])"""
    )
    difference, score, x, y = torch.tensor(places, dtype=torch.float64).T
    for value, place in ((difference, x), (score, y)):  # both axes are straight in what they show
        design = torch.stack([value, torch.ones_like(value)], dim=1)
        fit = torch.linalg.lstsq(design, place.unsqueeze(1)).solution
        assert (design @ fit - place.unsqueeze(1)).abs().max() < 0.01
        for tick in figure.locator(".cfr-ticks text").all():
            text = tick.text_content().replace("−", "-")
            across = tick.get_attribute("text-anchor") == "middle"
            if text.lstrip("-").isdigit() and across == (place is x):
                at = float(tick.get_attribute("x" if across else "y"))
                assert (fit[0] * int(text) + fit[1] - at).abs().item() < 0.01
    line = figure.locator(".cfr-curve .cfr-line").get_attribute("d")
    assert f"L{x[40]:.1f} {y[40]:.1f}L" in line


def test_the_small_curves_are_the_cosines(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    for index in range(4):
        line = figure.locator(".cfr-spark .cfr-line").nth(index).get_attribute("d")
        heights = [float(each.split(" ")[1]) for each in line[1:].split("L")]
        point = figure.locator(".cfr-spark .cfr-point").nth(index)
        for difference in (-31, -3, 0, 12, 31):
            pair = rope_numbers(want.query_rows[0], want.key_rows[0], difference, 0, 10_000).pairs[
                index
            ]
            cosine = math.cos(math.radians(pair.angle))
            assert heights[4 * (difference + 31)] == pytest.approx(17 - 12 * cosine, abs=0.051)
        cosine = math.cos(math.radians(want.numbers().pairs[index].angle))
        assert float(point.get_attribute("cy")) == pytest.approx(17 - 12 * cosine, abs=1e-6)


def test_presets_lead_to_what_they_name_and_one_that_asks_keeps_its_words(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    for button in press_presets(figure, want):
        assert differences(figure, want) == []
        assert button.get_attribute("aria-pressed") == "true"
    figure.get_by_role("button", name="Far").click()
    slide(figure, want, "shift", 500)
    settle(figure)
    assert figure.locator(".cf-try span:not([data-off])").inner_text() == want.presets[1]["see"]


def test_the_table_of_numbers_holds_what_is_shown(show: Show) -> None:
    want = dial()
    figure = show(want).locator(".cf")
    figure.get_by_text("The numbers as a table").press("Enter")
    slide(figure, want, "shift", 40)
    tables = figure.locator(".cf-scroll table")
    tables.nth(1).wait_for()
    settle(figure)
    pairs, curve = tables.evaluate_all(
        """(all) => all.map((t) =>
            [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent)))"""
    )
    assert pairs == [
        [
            str(i), fixed(pair.speed, 6), significant(pair.positions_a_turn),
            fixed(pair.query_length, 3), fixed(pair.key_length, 3), degrees(pair.query_direction),
            degrees(pair.key_direction), degrees(pair.angle), fixed(pair.share, 6),
        ]
        for i, pair in enumerate(want.numbers().pairs, start=1)
    ]  # fmt: skip
    assert curve == [[fixed(d, 0), fixed(score, 6)] for d, score in want.curve().items()]


@pytest.mark.parametrize(("width", "theme"), [(320, "light"), (768, "dark"), (900, "light")])
def test_no_rule_of_accessibility_is_broken(show: Show, width: int, theme: str) -> None:
    page = show(dial(), theme=theme, width=width)
    page.get_by_role("button", name="Far").click()
    page.get_by_text("The numbers as a table").press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 360, 560, 900])
def test_nothing_moves_while_arrows_turn(show: Show, width: int) -> None:
    want = dial()
    figure = show(want, width=width).locator(".cf")
    parts = figure.locator(".cfr-slider input, .cfr-circle, .cfr-spark, .cfr-curve svg, .cf-fold")
    tops = "(all) => all.map((node) => node.getBoundingClientRect().top + scrollY)"
    before = parts.evaluate_all(tops)
    for name, value in [("shift", 1000), ("query_at", 31), ("query_at", 0), ("base", 500_000)]:
        (slide if name in SLIDERS else choose)(figure, want, name, value)
        settle(figure)
        assert parts.evaluate_all(tops) == before


# Words outside the figure, and pairs of words that cover each other.
FAULTS = """(figure) => {
    const textBox = (node) => {
        if (node.ownerSVGElement) return node.getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getBoundingClientRect(); };
    const inside = figure.getBoundingClientRect();
    const boxes = [...figure.querySelectorAll(
        ".cfr-ticks text, .cfr-round, .cfr-words .cfr-sum > *, .cfr-slider label, .cfr-score, " +
        ".cfr-slider output, .cfr-slider .cfr-sum, .cfr-choice label"
    )].filter((node) => node.textContent).map((node) => [node.textContent, textBox(node)]);
    const outside = boxes.filter(([, p]) => p.left < inside.left || p.right > inside.right);
    const meet = (p, q) => p.left < q.right - 1 && q.left < p.right - 1
        && p.top < q.bottom - 4 && q.top < p.bottom - 4;
    const covered = boxes.flatMap(([a, p], i) =>
        boxes.slice(i + 1).filter(([, q]) => meet(p, q)).map(([b]) => [a, b]));
    return [...outside.map(([name]) => name), ...covered]; }"""


@pytest.mark.parametrize("width", [320, 360, 560, 900])
def test_no_words_leave_their_place_or_cover_each_other(show: Show, width: int) -> None:
    want = dial()
    figure = show(want, width=width).locator(".cf")
    slide(figure, want, "shift", 1000)
    slide(figure, want, "query_at", 31)
    choose(figure, want, "base", 500_000)
    settle(figure)
    assert figure.evaluate(FAULTS) == []


@pytest.mark.parametrize("width", [320, 900])
def test_what_a_finger_meets_is_large_enough(show: Show, width: int) -> None:
    page = show(dial(), width=width, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".cf button, .cf .cfr-choice label, .cf [type=range], .cf summary")].map((node) => {
                const { width, height } = node.getBoundingClientRect();
                return [node.outerHTML.slice(0, 90), width, height];
            }).filter(([, width, height]) => width && (width < 24 || height < 28))"""
    )
    assert small == []


def test_a_tap_chooses_a_difference_a_base_and_the_vectors(show: Show) -> None:
    want = dial()
    page = show(want, width=360, has_touch=True, is_mobile=True)
    figure = page.locator(".cf")
    figure.locator(".cfr-curve svg").scroll_into_view_if_needed()
    page.touchscreen.tap(*place_of(figure, 12))
    want.query_at = 13
    assert differences(figure, want) == []
    for name, value, label in [("base", 10, "10"), ("example", 1, "alike")]:
        figure.locator(".cfr-choice").get_by_text(label, exact=True).tap()
        setattr(want, name, value)
        assert differences(figure, want) == []


def test_colours_follow_the_theme_and_paper_is_light(show: Show) -> None:
    page = show(dial())
    figure = page.locator(".cf")
    colours = """(figure) => [
        [".cfr-dials [data-arrow=query] .cfr-shaft", "stroke"], [".cfr-ticks text", "fill"],
        [".cfr-dials [data-arrow=key] .cfr-head", "fill"], [".cfr-rim", "fill"],
        [".cfr-line", "stroke"],
    ].map(([name, part]) => getComputedStyle(figure.querySelector(name))[part])"""
    light = figure.evaluate(colours)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(figure)
    dark = figure.evaluate(colours)
    assert all(a != b for a, b in zip(light, dark, strict=True))
    page.emulate_media(media="print")
    settle(figure)
    assert figure.evaluate(colours) == light
    assert not figure.get_by_role("slider").first.is_visible()
    assert figure.locator(".cfr-choice label:visible").all_inner_texts() == ["drawn", "10,000"]
    assert figure.locator(".cfr-slider output").first.is_visible()


def test_the_colours_of_the_system_are_used_where_it_dictates_them(show: Show) -> None:
    page = show(dial(), forced_colors="active", color_scheme="dark")
    figure = page.locator(".cf")
    settle(figure)
    highlight, link = page.evaluate(
        """() => { const probe = document.body.appendChild(document.createElement("p"));
            return ["Highlight", "LinkText"].map((name) => {
                probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
                return getComputedStyle(probe).color; }); }"""
    )
    stroke = "(path) => getComputedStyle(path).stroke"
    assert figure.locator("[data-arrow=query] .cfr-shaft").nth(1).evaluate(stroke) == highlight
    assert figure.locator("[data-arrow=key] .cfr-shaft").nth(1).evaluate(stroke) == link


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    words = show(dial(), java_script_enabled=False).locator("main").inner_text()
    assert "The query stands at position 3, the key at 1, 2 positions before it" in words
    assert re.search(r"Score by difference of positions, base 10,000: 0: .*; 31: ", words)


def test_one_pair_an_arrow_without_length_and_one_choice_are_enough(show: Show) -> None:
    want = RopeDial([QueryAndKey("none", [0.0, 0.0], [1.0, 2.0])])
    figure = show(want).locator(".cf")
    settle(figure)
    assert figure.locator(".cf-said").inner_text() == want.in_words()
    assert figure.locator(".cfr-words .cfr-sum").text_content() == "0.00 × 2.24 × cos – = 0.000"
    assert figure.locator(".cfr-choice").first.is_hidden()
    assert "NaN" not in figure.inner_html()
