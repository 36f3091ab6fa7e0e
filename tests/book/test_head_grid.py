"""The grid of heads in Chromium: used, and seen to say what Python computes."""

import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from playwright.sync_api import Locator, Page

from course_lib.figures.formats import fixed
from course_lib.figures.head_grid import HeadGrid, HeadText, Preset
from course_lib.figures.head_grid_words import (
    best_head,
    long_name,
    measures,
    score_in_words,
    short_name,
    weight_below,
)
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

LAYERS, HEADS = 2, 4
GIFT = (
    "once nora and her friend jane were in the barn . nora had a black bell . jane had a heavy "
    "comic . she gave the comic to nora because she liked it ."
)
TWICE = "anna had a comic . anna read the comic . anna read the comic ."
PRONOUNS = [(2, 1), (22, 17), (29, 28), (31, 26)]
THINGS = [(25, 21), (25, 23)]


def read(words: str, seed: int, **parts: Any) -> HeadText:
    """Return a text with drawn weights, sharp enough to have something to see."""
    n_words, generator = len(words.split()), torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(LAYERS, HEADS, n_words, n_words, generator=generator)
    hidden = torch.ones(n_words, n_words, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
    return HeadText(words=words.split(), weights=list(weights), **parts)


def grid(**options: Any) -> HeadGrid:
    """Return three texts: one with relations, one with a sentence twice, one short and bare."""
    relations = {"reference: whom a pronoun stands for": PRONOUNS, "tie": THINGS}
    settings: dict[str, Any] = {
        "head": 5,
        "place": 25,
        "title": "Eight heads",
        "description": "Pictures of heads.",
        "presets": [
            Preset("A pronoun", "Who is she?", {"head": 2, "place": 29}, asks=True),
            Preset("Twice", "The same again.", {"text": 1, "head": 7, "place": 10}),
        ],
    } | options
    return HeadGrid(
        [
            read(GIFT, 1, label="A gift", model="the first model", relations=relations),
            read(TWICE, 2, label="A sentence twice", model="the first model", repeat=(10, 5)),
            read("3 1 4", 3, label="Symbols", model="the second model"),
        ],
        **settings,
    )


def words_of(figure: Locator) -> Locator:
    return figure.get_by_role("radiogroup", name="Word that looks").get_by_role("radio")


def chips(figure: Locator) -> Locator:
    return figure.get_by_role("radiogroup", name="Head, by layer").get_by_role("radio")


def choose_text(figure: Locator, want: HeadGrid, text: int) -> None:
    figure.get_by_text(want.texts[text]["label"], exact=True).first.click()
    want.text = text


def differences(figure: Locator, want: HeadGrid, peek: int | None = None) -> list[str]:
    """Compare all that the figure shows with what Python computes; `peek` is under the mouse."""
    settle(figure)
    place = want.place if peek is None else peek
    found = compare_grid(figure, want) + compare_sentence(figure, want, place)
    found += compare_map(figure, want, place)
    return [f"{what}: shown {got!r}, computed {due!r}" for what, got, due in found if got != due]


def compare_grid(figure: Locator, want: HeadGrid) -> list[tuple[str, object, object]]:
    """Return the chips with their pictures and scores, and the table of measures."""
    numbers, tables = want.numbers(), want.tables()
    scores = [[score_in_words(part.scores[head]) for part in numbers.parts] for head in range(8)]
    related = [f"{each}/{numbers.n_pairs}" if numbers.n_pairs else "–" for each in numbers.found]
    best = {(k, best_head(part.scores)) for k, part in enumerate(numbers.parts) if part.even > 0}
    if any(numbers.found):
        best.add((3, best_head(numbers.found)))
    shown = chips(figure).evaluate_all(
        """(all) => all.map((chip) => [...chip.querySelectorAll(".cfg-score")].map((line) =>
            [line.lastChild.textContent, "best" in line.dataset]))"""
    )
    due = [
        [[text, (k, head) in best] for k, text in enumerate([*scores[head], related[head]])]
        for head in range(8)
    ]
    names = [short_name(head, HEADS) for head in range(8)]
    chosen = chips(figure).evaluate_all(
        "(all) => all.filter((c) => c.ariaChecked === 'true').map((c) => c.dataset.head)"
    )
    rows = figure.locator(".cfg-measures tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    text = want.texts[want.text]
    return [
        ("names", chips(figure).locator("b").all_inner_texts(), names),
        ("chosen head", chosen, [names[want.head]]),
        ("scores", shown, due),
        ("pictures", pictures_are(figure, tables), True),
        ("measures", rows, measures(numbers, want.head, HEADS)),
        ("caption", figure.locator(".cfg-measures caption").inner_text(),
         f"{long_name(want.head, HEADS)}, measured on this text"),
        ("model", f"Read by {text['model']}." in figure.locator(".cfg-caption").first.inner_text(),
         True),
    ]  # fmt: skip


def pictures_are(figure: Locator, tables: torch.Tensor) -> bool:
    """See that each little picture is as opaque as the root of its weights."""
    opaque = figure.locator(".cfg-row canvas").evaluate_all(
        """(all) => all.map((canvas) => {
            const { width, height } = canvas;  // a copy is read: reading would slow the canvas
            const pen = new OffscreenCanvas(width, height)
                .getContext("2d", { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0);
            return [...pen.getImageData(0, 0, width, height).data].filter((_, i) => i % 4 === 3);
        })"""
    )
    shown = torch.tensor(opaque, dtype=torch.float64).reshape(tables.shape) / 255
    return bool(((shown - tables.sqrt()).abs() < 0.006).all())  # one step of 255, and rounding


def compare_sentence(
    figure: Locator, want: HeadGrid, place: int
) -> list[tuple[str, object, object]]:
    """Return the words with their weights and marks, and the sentence below."""
    text, row = want.texts[want.text], want.tables()[want.head, place].tolist()
    marks = words_of(figure).evaluate_all(
        """(all) => Object.fromEntries(["peek", "related", "later"].map((name) =>
            [name, all.flatMap((word, at) => (name in word.dataset ? [at] : []))]))"""
    )
    related = {t for kind in text["relations"] for s, t in kind["pairs"] if s == place}
    n_words = len(text["words"])
    bars = figure.locator(".cfg-word i").evaluate_all(
        "(all) => all.map((bar) => parseFloat(bar.style.width))"
    )
    chosen = words_of(figure).evaluate_all(
        "(all) => all.findIndex((w) => w.ariaChecked === 'true')"
    )
    shades = figure.locator(".cfg-word").evaluate_all(
        "(all) => all.map((word) => Number(word.style.getPropertyValue('--cfg-shade')))"
    )
    return [
        ("words", words_of(figure).evaluate_all("(all) => all.map((w) => w.firstChild.data)"),
         text["words"]),
        ("chosen word", chosen, want.place),
        ("marks", marks, {"peek": [place], "related": sorted(related),
                          "later": list(range(place + 1, n_words))}),
        ("shares", figure.locator(".cfg-share").all_inner_texts(),
         [weight_below(row[at], is_later=at > place) for at in range(n_words)]),
        ("bars", bars, pytest.approx([100 * each * (each >= 0.005) for each in row], abs=1e-3)),
        ("shades", shades, pytest.approx([math.sqrt(each) for each in row], abs=1e-6)),
        ("sentence", figure.locator(".cf-said").inner_text(), want.in_words(place)),
    ]  # fmt: skip


def compare_map(figure: Locator, want: HeadGrid, place: int) -> list[tuple[str, object, object]]:
    """Return the large picture with its marks."""
    text, table = want.texts[want.text], want.tables()[want.head]
    cells = figure.locator(".cfg-cell").evaluate_all(
        "(all) => all.map(({ dataset: { i, j, weight } }) => [i, j, weight].map(Number))"
    )
    seen = torch.ones_like(table, dtype=torch.bool).tril()
    shown = torch.tensor(cells, dtype=torch.float64)
    pairs = figure.locator("rect.cfg-pair").evaluate_all(
        "(all) => all.map(({ dataset: { i, j } }) => [i, j].map(Number))"
    )
    named = figure.locator(".cfg-name[data-chosen]").all_text_contents()
    looked = int(table[place].argmax())
    return [
        ("squares", shown[:, :2].tolist(), seen.nonzero().tolist()),
        ("weights", shown[:, 2].tolist(), table[seen].tolist()),
        ("related pairs", pairs, [pair for kind in text["relations"] for pair in kind["pairs"]]),
        ("named row and column", named, [text["words"][place], text["words"][looked]]),
    ]


def test_every_text_shows_what_python_computes(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    assert differences(figure, want) == []
    for text in (1, 2, 0):
        choose_text(figure, want, text)
        assert differences(figure, want) == []


def test_heads_are_chosen_with_click_and_keys(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    chips(figure).nth(2).click()
    want.head = 2
    assert differences(figure, want) == []
    steps = [("ArrowDown", 6), ("ArrowRight", 7), ("ArrowRight", 0), ("ArrowUp", 4)]
    for key, head in [*steps, ("Home", 0), ("ArrowLeft", 7), ("ArrowDown", 3), ("End", 7)]:
        figure.page.keyboard.press(key)
        want.head = head
        assert differences(figure, want) == []
        focused = figure.page.evaluate("document.activeElement.dataset.head")
        assert focused == short_name(head, HEADS)


def test_words_are_chosen_with_click_and_keys(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    words_of(figure).nth(29).click()
    figure.page.mouse.move(0, 0)
    want.place = 29
    assert differences(figure, want) == []
    steps = [("ArrowRight", 30), ("ArrowUp", 29), ("Home", 0), ("ArrowLeft", 33), ("ArrowDown", 0)]
    for key, place in [*steps, ("End", 33)]:
        figure.page.keyboard.press(key)
        want.place = place
        assert differences(figure, want) == []
        focused = figure.page.evaluate("document.activeElement.textContent")
        assert focused == f"{want.texts[0]['words'][place]}, word {place + 1}"


def test_a_shorter_text_keeps_a_word_chosen(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    choose_text(figure, want, 2)
    assert want.place == 2
    assert differences(figure, want) == []


def test_the_mouse_shows_a_word_while_it_rests_there(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    words_of(figure).nth(22).hover()
    assert differences(figure, want, peek=22) == []
    figure.page.mouse.move(0, 0)
    assert differences(figure, want) == []


def test_the_large_picture_can_be_pointed_at_and_clicked(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    square = figure.locator(".cfg-cell[data-i='31'][data-j='4']")
    square.hover()
    assert differences(figure, want, peek=31) == []
    square.click()
    figure.page.mouse.move(0, 0)
    want.place = 31
    assert differences(figure, want) == []


@pytest.mark.parametrize("width", [340, 900])
def test_the_marks_lie_on_their_squares(show: Show, width: int) -> None:
    want = grid()
    figure = show(want, width=width).locator(".cf")
    settle(figure)
    looked = int(want.tables()[want.head, want.place].argmax())
    box = "(node) => [node.getBBox()].map((b) => [b.x, b.y, b.width, b.height])[0]"
    across, down = (figure.locator(".cfg-mark").nth(i).evaluate(box) for i in (0, 1))
    x, y, size, _ = figure.locator(f".cfg-cell[data-i='25'][data-j='{looked}']").evaluate(box)
    assert across[1] == pytest.approx(y - 1, abs=0.01)
    assert down[0] == pytest.approx(x - 1, abs=0.01)
    last = figure.locator(".cfg-cell[data-i='25'][data-j='25']").evaluate(box)
    assert across[0] + across[2] == pytest.approx(last[0] + size, abs=1.5)
    for pair, (i, j) in zip(
        figure.locator("rect.cfg-pair").all(), [*PRONOUNS, *THINGS], strict=True
    ):
        cell = figure.locator(f".cfg-cell[data-i='{i}'][data-j='{j}']")
        assert pair.evaluate(box) == cell.evaluate(box)


def test_presets_lead_to_what_they_name(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    buttons = figure.locator(".cf-try button")
    assert buttons.all_inner_texts() == ["Start", "A pronoun", "Twice"]
    choose_text(figure, want, 2)
    for i in (1, 2, 0):
        buttons.nth(i).click()
        values = want.presets[i]["values"]
        want.text, want.head, want.place = (values[name] for name in ("text", "head", "place"))
        assert differences(figure, want) == []
        assert buttons.nth(i).get_attribute("aria-pressed") == "true"


def test_the_table_holds_all_scores_and_the_word_in_all_heads(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    figure.get_by_text("The numbers as a table").press("Enter")
    figure.locator(".cf-fold table").nth(1).wait_for()
    words_of(figure).nth(29).click()
    figure.page.mouse.move(0, 0)
    settle(figure)
    scores, weights = figure.locator(".cf-fold table").evaluate_all(
        """(all) => all.map((table) => [...table.tBodies[0].rows].map((row) =>
            [...row.cells].map((cell) => cell.textContent)))"""
    )
    numbers, tables, words = want.numbers(), want.tables(), want.texts[0]["words"]
    for head, row in enumerate(scores):
        parts = [fixed(part.scores[head], 3) for part in numbers.parts[:2]]
        found = [str(kind.found[head]) for kind in numbers.relations]
        assert row == [short_name(head, HEADS), *parts, "–", *found]
    assert weights == [
        [str(at + 1), words[at], *(fixed(w, 3) for w in tables[:, 29, at].tolist())]
        for at in range(30)
    ]


def test_nothing_moves_while_the_mouse_goes_along_the_words(show: Show) -> None:
    for width in (320, 360, 540, 680, 900):
        figure = show(grid(), width=width).locator(".cf")
        settle(figure)
        top = "(node) => node.getBoundingClientRect().top + scrollY"
        below = figure.locator(".cfg-columns")
        tops = []
        for place in (0, 2, 25, 29, 33):
            words_of(figure).nth(place).hover()
            settle(figure)
            tops.append(below.evaluate(top))
        assert all(a == b for a, b in pairwise(tops)), (width, tops)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(grid(), theme=theme, width=width)
    page.get_by_text("The numbers as a table").press("Enter")
    page.locator(".cf-fold table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 900])
def test_a_finger_chooses_and_meets_what_is_large_enough(show: Show, width: int) -> None:
    want = grid()
    page = show(want, width=width, has_touch=True, is_mobile=True)
    figure = page.locator(".cf")
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".cf button, .cf .cfg-texts label, .cf summary")].map((node) => {
                const { width, height } = node.getBoundingClientRect();
                return [node.outerHTML.slice(0, 90), Math.min(width, height)];
            }).filter(([, size]) => size && size < 28)"""
    )
    assert small == []
    chips(figure).nth(6).tap()
    words_of(figure).nth(28).tap()
    want.head, want.place = 6, 28
    assert differences(figure, want) == []
    figure.get_by_text("A sentence twice", exact=True).tap()
    want.text = 1
    assert differences(figure, want) == []


def test_the_screen_reader_hears_a_head_with_its_scores(show: Show) -> None:
    want = grid()
    figure = show(want).locator(".cf")
    parts = want.numbers().parts
    spoken = (
        f"Layer 2, head 2 previous {fixed(parts[0].scores[5])} first {fixed(parts[1].scores[5])} "
        f"induction – related {want.numbers().found[5]}/6"
    )
    figure.get_by_role("radio", name=spoken, exact=True).wait_for(timeout=3000)
    figure.get_by_role("radio", name=re.compile(r"^jane ?, word 6$")).wait_for(timeout=3000)


def test_colours_follow_theme_system_and_paper(show: Show) -> None:
    page = show(grid())
    figure = page.locator(".cf")
    settle(figure)
    ink = "(figure) => getComputedStyle(figure.querySelector('.cfg-cell')).fill"
    pixels = "(figure) => figure.querySelector('canvas').toDataURL()"
    light = figure.evaluate(ink), figure.evaluate(pixels)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(figure)
    dark = figure.evaluate(ink), figure.evaluate(pixels)
    assert dark[0] != light[0]
    assert dark[1] != light[1]
    page.emulate_media(media="print")
    page.wait_for_function(f"{json.dumps(light[1])} === ({pixels})(document.querySelector('.cf'))")
    assert figure.evaluate(ink) == light[0]
    assert not page.get_by_role("button", name="A pronoun").is_visible()


def test_the_colours_of_the_system_are_used_where_it_dictates_them(show: Show) -> None:
    page = show(grid(), forced_colors="active", color_scheme="dark")
    figure = page.locator(".cf")
    settle(figure)
    highlight = page.evaluate(
        """() => { const probe = document.body.appendChild(document.createElement("p"));
            probe.style.cssText = "forced-color-adjust: none; color: Highlight";
            return getComputedStyle(probe).color; }"""
    )
    bar = figure.locator(".cfg-word i").first
    assert bar.evaluate("(i) => getComputedStyle(i).backgroundColor") == highlight
    chosen = words_of(figure).nth(25)
    assert chosen.evaluate("(b) => getComputedStyle(b).backgroundColor") == highlight
    assert broken_rules(page) == []


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    words = show(grid(), java_script_enabled=False).locator("main").inner_text()
    assert "A gift (the first model): once nora and her friend" in words
    assert "Layer 2, head 2. Word 26 of 34, “the”, looks most at" in words
