"""The residual stream in Chromium: used, and seen to say what Python computes."""

import json
import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from course_lib.decoder import build_decoder
from course_lib.figures.formats import fixed, significant
from course_lib.figures.residual_data import StreamText, read_text
from course_lib.figures.residual_numbers import Stage
from course_lib.figures.residual_stream import Preset, ResidualStream
from course_lib.figures.residual_words import addition_in_words, stage_name
from tests.book.figure_page import broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)

LAYERS = 3
TALE = (
    "once nora and her friend jane were in the barn . nora had a black bell . jane had a heavy "
    "comic . she gave the comic to nora because she liked it ."
)
GIFT = TALE.split()
VOCABULARY = sorted({*GIFT, "him", "went", "away", "<", "&", ">", "“said”"})
EDGE, HEIGHT = 7, 84
ATTENTION_2, ALL_ATTENTION, ALL_FEED_FORWARD = 3, 7, 8  # cases


@cache
def read(words: tuple[str, ...], label: str) -> StreamText:
    """Let a decoder with drawn weights read a text, as sharp as a trained one."""
    model = build_decoder(
        vocab_size=len(VOCABULARY), d_model=16, n_heads=2, n_layers=LAYERS, d_ff=24, spread=0.6
    )
    return read_text(model, words, VOCABULARY, label=label, model=f"the model of {label}")


def streams(**options: Any) -> ResidualStream:
    """Return a long and a short text, with two buttons."""
    settings: dict[str, Any] = {
        "place": 25,
        "title": "A stream",
        "description": "Arrows of a stream.",
        "presets": [
            Preset("Without words", "Nobody looks at anybody.", {"off": ALL_ATTENTION}, asks=True),
            Preset("Short", "Another text.", {"text": 1, "off": 2, "place": 1}),
        ],
    } | options
    texts = [read(tuple(GIFT), "A gift"), read(tuple(GIFT[:5]), "A beginning")]
    return ResidualStream(texts, **settings)


def words_of(figure: Locator) -> Locator:
    group = figure.get_by_role("radiogroup", name="Word whose stream is shown")
    return group.get_by_role("radio")


def choose(figure: Locator, label: str) -> None:
    figure.locator(".cfs-chips label", has_text=label).get_by_text(label, exact=True).click()


def switch_off(figure: Locator, want: ResidualStream, case: int) -> None:
    choose(figure, want.cases[case]["name"])
    want.off = case


# All that is shown, read in one go: a test compares it dozens of times.
SHOWN = """(figure) => {
    const all = (part, read, within = figure) => [...within.querySelectorAll(part)].map(read);
    const text = (part, within) => all(part, (node) => node.textContent, within);
    const lens = (part) => all("li:has(> i)", (line) => [...text("span", line),
        parseFloat(line.querySelector("i").style.width), "next" in line.dataset], part);
    const words = figure.querySelector(".cfs-words");
    const [now, before] = figure.querySelectorAll(".cfs-out > div");
    return {
        words: all("button", (word) => word.firstChild.data, words),
        chosen: all("button", (word) => word.ariaChecked, words),
        shares: text(".cfs-share"),
        bars: all(".cfs-gauge i", (bar) => parseFloat(bar.style.width)),
        marks: all(".cfs-gauge b", (mark) => parseFloat(mark.style.left)),
        hidden: all(".cfs-gauge b", (mark) => mark.hidden),
        choices: text("label:has(:checked)"),
        note: text(".cfs-caption")[0],
        said: text(".cf-said")[0],
        stages: all(".cfs-stage", (row) => ({
            name: text(".cfs-part b", row)[0], adds: text(".cfs-adds", row)[0],
            length: text(".cfs-length", row)[0], off: "off" in row.dataset, lens: lens(row),
            numbers: ["length", "added", "cosine"].map((name) => Number(row.dataset[name])),
            end: row.querySelector("svg").dataset.end.split(" ").map(Number),
        })),
        width: Number(figure.querySelector(".cfs-picture").getAttribute("width")),
        outcome: lens(now), title: text("b", now)[0], before: lens(before),
        compared: getComputedStyle(before).visibility === "visible" && before.offsetHeight > 0,
    };
}"""


def differences(figure: Locator, want: ResidualStream) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    settle(figure)
    shown = figure.evaluate(SHOWN)
    due = due_text(want) | due_outcome(want) | {"stages": due_stages(want)}
    ends = due_ends(want, shown.pop("width"))
    arrows = [stage.pop("end") for stage in shown["stages"]]
    found = [
        f"arrow {i}: shown {got!r}, computed {end!r}"
        for i, (got, end) in enumerate(zip(arrows[1:], ends, strict=True))
        if got != pytest.approx(end, abs=1e-3)
    ]
    return found + [
        f"{name}: shown {shown[name]!r}, computed {each!r}"
        for name, each in due.items()
        if shown[name] != each
    ]


def due_text(want: ResidualStream) -> dict[str, object]:
    """Return the words with what comes out at each, what is chosen, and the sentence."""
    text = want.texts[want.text]
    now, before = want.next_shares(), want.next_shares(off=0)
    return {
        "words": text["words"],
        "chosen": ["true" if at == want.place else "false" for at in range(len(now))],
        "shares": [*(fixed(share) for share in now[:-1]), ""],
        "bars": pytest.approx([100 * share for share in now], abs=1e-3),
        "marks": pytest.approx([100 * share for share in before], abs=1e-3),
        "hidden": [not want.off] * len(now),
        "choices": [text["label"], want.cases[want.off]["name"]],
        "note": f"Read by {text['model']}. Below each word: the probability that comes out for "
        "the word that follows it.",
        "said": want.in_words(),
    }


def due_lens(want: ResidualStream, stage: Stage) -> list[list]:
    """Return the words of a lens with their numbers, bars and frames."""
    words = want.texts[want.text]["words"]
    following = words[want.place + 1] if want.place + 1 < len(words) else None
    return [
        [word, fixed(share), pytest.approx(100 * share, abs=1e-3), word == following]
        for word, share in stage.read
    ]


def due_stages(want: ResidualStream) -> list[dict[str, object]]:
    """Return each stage's name, numbers and lens."""
    stages, off = want.stages(), want.cases[want.off]["parts"]
    before = ["", *(f"{significant(stage.length)} → " for stage in stages)]
    return [
        {
            "name": stage_name(i),
            "adds": addition_in_words(stage, is_off=i - 1 in off) if i else "begins the stream",
            "length": f"stream {before[i]}{significant(stage.length)}",
            "off": i - 1 in off,
            "lens": due_lens(want, stage),
            "numbers": pytest.approx([stage.length, stage.added, stage.cosine], rel=1e-8),
        }
        for i, stage in enumerate(stages)
    ]


def due_outcome(want: ResidualStream) -> dict[str, object]:
    """Return what comes out, and what would with all parts on."""
    case, word = want.cases[want.off], want.texts[want.text]["words"][want.place]
    without = f", without {case['name']}" if case["parts"] else ""
    return {
        "outcome": due_lens(want, want.stages()[-1]),
        "title": f"After “{word}” comes out{without}:",
        "compared": bool(case["parts"]),
        "before": due_lens(want, want.stages(off=0)[-1]),
    }


def due_ends(want: ResidualStream, width: float) -> list[list[float]]:
    """Return where the arrow of each part ends, from its angle and the lengths."""
    pairs = list(pairwise(want.stages()))
    along = [found.length + part.added * part.cosine for found, part in pairs]
    across = [part.added * math.sqrt(1 - part.cosine**2) for _, part in pairs]
    lengths = [found.length for found, _ in pairs]
    left, right = min(0.0, *along, *lengths), max(0.0, *along, *lengths)
    high = (HEIGHT - 2 * EDGE) / max(*across, 0.01 * (right - left))
    scale = min((width - 2 * EDGE) / (right - left), high)
    return [
        [EDGE + (x - left) * scale, HEIGHT - EDGE - y * scale]
        for x, y in zip(along, across, strict=True)
    ]


def test_every_case_shows_what_python_computes(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    assert differences(figure, want) == []
    for case in (*range(1, len(want.cases)), 0):
        switch_off(figure, want, case)
        assert differences(figure, want) == []


@pytest.mark.parametrize("width", [320, 700])
def test_every_width_shows_what_python_computes(show: Show, width: int) -> None:
    want = streams()
    figure = show(want, width=width).locator(".cf")
    assert differences(figure, want) == []
    switch_off(figure, want, ALL_FEED_FORWARD)
    assert differences(figure, want) == []


def test_words_are_chosen_with_click_and_keys(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    switch_off(figure, want, ATTENTION_2)
    words_of(figure).nth(29).click()
    want.place = 29
    assert differences(figure, want) == []
    steps = [("ArrowRight", 30), ("ArrowUp", 29), ("Home", 0), ("ArrowLeft", 33), ("ArrowDown", 0)]
    for key, place in [*steps, ("End", 33)]:
        figure.page.keyboard.press(key)
        want.place = place
        assert differences(figure, want) == []
        focused = figure.page.evaluate("document.activeElement.textContent")
        assert focused == f"{GIFT[place]}, word {place + 1}"


def test_parts_are_switched_off_with_keys(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    nothing = figure.get_by_role("radio", name="nothing", exact=True)
    nothing.focus()
    for key, case in (("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("ArrowUp", 0)):
        figure.page.keyboard.press(key)
        want.off = case
        assert differences(figure, want) == []


def test_another_text_keeps_a_word_and_what_is_off(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    switch_off(figure, want, 4)
    choose(figure, "A beginning")
    want.text = 1
    assert want.place == 4
    assert differences(figure, want) == []
    choose(figure, "A gift")
    want.text = 0
    assert differences(figure, want) == []


def test_a_single_text_needs_no_choice(show: Show) -> None:
    want = ResidualStream([read(tuple(GIFT[:5]), "A beginning")], place=2)
    figure = show(want).locator(".cf")
    assert not figure.get_by_text("Text", exact=True).is_visible()
    assert figure.locator(".cfs-stage").count() == 2 * LAYERS + 1


def test_presets_lead_to_what_they_name(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    buttons = figure.locator(".cf-try button")
    assert buttons.all_inner_texts() == ["Start", "Without words", "Short"]
    for i in (1, 2, 0):
        buttons.nth(i).click()
        values = want.presets[i]["values"]
        want.text, want.off, want.place = (values[name] for name in ("text", "off", "place"))
        assert differences(figure, want) == []
        assert buttons.nth(i).get_attribute("aria-pressed") == "true"


def test_the_table_holds_the_stream_and_what_comes_out(show: Show) -> None:
    want = streams()
    figure = show(want).locator(".cf")
    figure.get_by_text("The numbers as a table").press("Enter")
    figure.locator(".cf-fold table").nth(1).wait_for()
    switch_off(figure, want, ATTENTION_2)
    settle(figure)
    stream, words = figure.locator(".cf-fold table").evaluate_all(
        """(all) => all.map((table) => [...table.tBodies[0].rows].map((row) =>
            [...row.cells].map((cell) => cell.textContent)))"""
    )
    for i, (row, stage) in enumerate(zip(stream, want.stages(), strict=True)):
        added = ["–", "–"] if i in (0, 3) else [significant(stage.added), fixed(stage.cosine, 3)]
        assert row == [
            stage_name(i),
            significant(stage.length),
            *added,
            *(f"{word} {fixed(share, 3)}" for word, share in stage.read),
            fixed(stage.next_share, 3),
            str(stage.next_rank),
        ]
    now, before = want.next_shares(), want.next_shares(off=0)
    assert words == [
        [str(at + 1), GIFT[at], GIFT[at + 1], fixed(now[at], 3), fixed(before[at], 3)]
        for at in range(len(GIFT) - 1)
    ]
    switch_off(figure, want, 0)
    words_of(figure).last.click()
    settle(figure)
    heads = figure.locator(".cf-fold table").evaluate_all(
        "(all) => all.map((table) => table.tHead.rows[0].cells.length)"
    )
    assert heads == [8, 4]  # nothing follows the last word; nothing is off


def test_two_views_of_one_figure_move_together(show: Show) -> None:
    want = streams()
    figures = show(want, want).locator(".cf")
    switch_off(figures.nth(0), want, ALL_ATTENTION)
    words_of(figures.nth(0)).nth(3).click()
    want.place = 3
    assert differences(figures.nth(1), want) == []


def test_a_narrower_window_draws_anew(show: Show) -> None:
    want = streams()
    page = show(want)
    figure = page.locator(".cf")
    assert differences(figure, want) == []
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(100)
    assert differences(figure, want) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [320, 400, 900])
def test_the_stream_stays_where_it_is_while_words_are_chosen(show: Show, width: int) -> None:
    want = streams()
    figure = show(want, width=width).locator(".cf")
    switch_off(figure, want, ALL_FEED_FORWARD)
    top = "(node) => node.getBoundingClientRect().top + scrollY"
    tops = set()
    for place in (0, 4, 25, 28, 33):
        words_of(figure).nth(place).click()
        settle(figure)
        tops.add(figure.locator(".cfs-out").evaluate(top))
    assert len(tops) == 1


def test_arrows_point_where_the_numbers_say(show: Show) -> None:
    """Look at the drawn paths themselves: the tip of each head is the end that is compared."""
    want = streams()
    figure = show(want).locator(".cf")
    settle(figure)
    for picture in figure.locator(".cfs-picture").all()[1:]:
        end = [float(number) for number in picture.get_attribute("data-end").split()]
        for kind in (".cfs-added", ".cfs-sum"):
            path = picture.locator(f"{kind} .cfs-head").get_attribute("d")
            tip = [float(number) for number in path[1 : path.index("L")].split()]
            assert tip == pytest.approx(end, abs=1e-3)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(streams(), theme=theme, width=width)
    figure = page.locator(".cf")
    choose(figure, "attention 2")
    page.get_by_text("The numbers as a table").press("Enter")
    page.locator(".cf-fold table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 900])
def test_a_finger_chooses_and_meets_what_is_large_enough(show: Show, width: int) -> None:
    want = streams()
    page = show(want, width=width, has_touch=True, is_mobile=True)
    figure = page.locator(".cf")
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".cf button, .cf .cfs-chips label, .cf summary")].map((node) => {
                const { width, height } = node.getBoundingClientRect();
                return [node.outerHTML.slice(0, 90), Math.min(width, height)];
            }).filter(([, size]) => size && size < 28)"""
    )
    assert small == []
    words_of(figure).nth(28).tap()
    figure.get_by_text("all attention", exact=True).tap()
    want.place, want.off = 28, ALL_ATTENTION
    assert differences(figure, want) == []


def test_the_keyboard_reaches_everything(show: Show) -> None:
    page = show(streams())
    page.locator(".cf-try button").first.focus()
    reached = []
    for _ in range(8):
        reached.append(
            page.evaluate(
                """() => { const now = document.activeElement;
                    return (now.closest("label") ?? now).textContent; }"""
            )
        )
        page.keyboard.press("Tab")
    assert reached[:7] == [
        *("Start", "Without words", "Short", "A gift", "the, word 26", "nothing"),
        "The numbers as a table",
    ]


def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(show: Show) -> None:
    figure = show(streams()).locator(".cf")
    choose(figure, "all attention")
    figure.get_by_role("status").get_by_text("“the”, without all attention.").wait_for(
        state="attached", timeout=3000
    )


def test_parts_are_told_apart_without_colour(show: Show) -> None:
    figure = show(streams()).locator(".cf")
    switch_off(figure, streams(), ATTENTION_2)
    settle(figure)
    styles = figure.locator(".cfs-stage").evaluate_all(
        "(all) => all.map((row) => getComputedStyle(row).borderInlineStartStyle)"
    )
    assert styles == ["solid", "solid", "double", "dotted", "double", "solid", "double"]
    dashes = "(all) => all.map((line) => getComputedStyle(line).strokeDasharray)"
    lines = figure.locator(".cfs-stage").nth(1).locator(".cfs-line").evaluate_all(dashes)
    assert lines == ["4px, 3px", "none", "none"]


def test_nothing_moves_for_who_wants_no_motion(show: Show) -> None:
    figure = show(streams(), reduced_motion="reduce").locator(".cf")
    moving = figure.locator("*").evaluate_all(
        """(all) => all.filter((node) => { const style = getComputedStyle(node);
            return style.transitionDuration !== "0s" || style.animationName !== "none"; }).length"""
    )
    assert moving == 0


def test_colours_follow_theme_and_paper(show: Show) -> None:
    page = show(streams())
    figure = page.locator(".cf")
    settle(figure)
    ink = "(figure) => getComputedStyle(figure.querySelector('.cfs-added .cfs-line')).stroke"
    light = figure.locator(".cfs-stage").nth(1).evaluate(ink)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(figure)
    assert figure.locator(".cfs-stage").nth(1).evaluate(ink) != light
    page.emulate_media(media="print")
    page.wait_for_function(
        f"{json.dumps(light)} === ({ink})(document.querySelectorAll('.cfs-stage')[1])"
    )
    assert not page.get_by_role("button", name="Short").is_visible()
    assert figure.locator(".cfs-chips label:visible").all_inner_texts() == ["A gift", "nothing"]
    for part in (".cfs-picture", ".cfs-lens", ".cfs-out", ".cf-said"):
        assert figure.locator(part).first.is_visible()


def test_the_colours_of_the_system_are_used_where_it_dictates_them(show: Show) -> None:
    page = show(streams(), forced_colors="active", color_scheme="dark")
    figure = page.locator(".cf")
    settle(figure)
    colours = page.evaluate(
        """() => ["Highlight", "CanvasText"].map((name) => {
            const probe = document.body.appendChild(document.createElement("p"));
            probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
            return getComputedStyle(probe).color; })"""
    )
    line = figure.locator(".cfs-stage[data-kind=attention] .cfs-added .cfs-line").first
    assert line.evaluate("(path) => getComputedStyle(path).stroke") == colours[0]
    bar = figure.locator(".cfs-lens i").first
    assert bar.evaluate("(i) => getComputedStyle(i).backgroundColor") == colours[1]
    chosen = figure.locator("label:has(:checked)").first
    assert chosen.evaluate("(node) => getComputedStyle(node).backgroundColor") == colours[0]
    frames = figure.locator(".cfs-stage .cfs-lens li").evaluate_all(
        "(all) => all.map((row) => [getComputedStyle(row).borderTopColor, 'next' in row.dataset])"
    )
    assert {is_next for colour, is_next in frames if colour == colours[1]} == {True}
    assert broken_rules(page) == []


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    words = show(streams(), java_script_enabled=False).locator("main").inner_text()
    assert "A gift (the model of A gift): once nora and her friend" in words
    assert "Word 26 of 34, “the”. Its stream begins with length" in words
