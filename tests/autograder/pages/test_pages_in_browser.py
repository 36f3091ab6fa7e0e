"""Feedback and report in a real browser: readable by everybody, on any screen, alone."""

import base64
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from autograder.classroom.times import Times
from autograder.flags import Evidence, Flag, Kind
from autograder.grading import grade, unreadable
from autograder.judge import Example, ItemResult, Verdict
from autograder.pages.feedback import feedback_page
from autograder.pages.report import class_report
from autograder.result import CellRun

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Chromium's own sandbox refuses to start for root, which continuous integration often is.
OPTIONS = ["--no-sandbox"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


DRAWING = """
import matplotlib.pyplot as plt

plt.figure(figsize=(12, 3))
plt.plot([1, 3, 2])
plt.show()
print("x" * 300)
"""
# Everything that a page could trip over, without an end to break a line at.
ODD = "<script>alert(1)</script>\u202e\x1b[2J\ud800\x00" + "m" * 3000


@pytest.fixture
def png():
    """A figure of a learner's, wider than a phone."""
    file = io.BytesIO()
    figure = Figure(figsize=(12, 3))
    figure.add_subplot().plot([1, 3, 2])
    figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def pages(tmp_path, small, worker, hand_in, png):
    """A learner's page, one that could not be read, a hostile one, and the class report."""
    wrong = "print('x' * 300)\ndef double(x):\n    return x * x\n1 / 0"
    graded = grade(hand_in(double=wrong), small, "ada", 0, worker)
    drew = (
        *(replace(cell, plots=(png,)) for cell in graded.cells),
        CellRun("added-0001", DRAWING, "", "", (png, png)),
    )
    matrix = "[[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [1, 2, 3, 4, 5, 6, 7, 8]]"
    call = f"largest({matrix}, {matrix}, dim=-1)"
    item = ItemResult("wide", "It is.", 0, 30, False, ODD, Example(call, matrix, matrix[::-1]))
    same = replace(item, name="again", message="", example=Example(call, matrix, matrix + " "))
    odd = replace(
        graded,
        learner=ODD,
        verdicts=(graded.verdicts[0], Verdict("largest", 0, 30, (item, same))),
        cells=tuple(replace(cell, source=ODD, text=ODD, error=ODD) for cell in drew),
        repairs=(ODD,),
        written=(replace(graded.written[0], answer=ODD),),
    )
    results = [
        replace(graded, cells=drew),
        unreadable(small, "b" * 90, 0, "The file is empty."),
        odd,
    ]
    flags = (
        Flag(Kind.HIDDEN, (ODD,), "Lines.", (Evidence(ODD, ODD),)),
        Flag(Kind.ALIKE, ("ada", ODD), "Alike.", (Evidence("pairs", "ada and bob"),), 0.97),
    )
    report = class_report(
        small,
        results,
        ["0.html", "1.html", "2.html"],
        times={"ada": Times(1.5, 1.0, 2**28, "m" * 200)},
        flags=flags,
    )
    texts = [*(feedback_page(small, one) for one in results), report]
    paths = [tmp_path / f"{number}.html" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        Path(path).write_text(text)
    return paths


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_pass_axe_fit_the_screen_and_ask_nobody(chromium, pages, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    for path in pages:
        page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
        said, asked = [], []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        violations = Axe().run(page).response["violations"]
        assert [one["id"] for one in violations] == [], path.name
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        page.close()


def test_no_box_is_wider_than_its_card_on_a_phone(chromium, pages):
    """Scrolling boxes hold what is wide; nothing sticks out of a card and is cut off."""
    sticking_out = """
        [...document.querySelectorAll('main *')].filter(one => {
            const box = one.closest('.scroll, pre, .hidden');
            return (!box || box === one) && one.getBoundingClientRect().right > innerWidth;
        }).map(one => one.outerHTML.slice(0, 80))
    """
    for path in pages:
        page = chromium.new_page(viewport={"width": 360, "height": 800})
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate(sticking_out) == [], path.name
        page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_learners_plots_are_drawn_and_fit(chromium, pages, width):
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(pages[0].as_uri())
    sizes = page.evaluate(
        "[...document.images].map(one => [one.naturalWidth, one.naturalHeight, one.width, one.alt])"
    )
    assert len(sizes) >= 3
    for natural_width, natural_height, shown_width, words in sizes:
        assert (natural_width, natural_height) == (1200, 300)
        assert 200 < shown_width <= min(width, natural_width)
        assert words.startswith("Figure ")
    page.close()


def test_what_is_folded_opens_by_keyboard(chromium, pages):
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(pages[0].as_uri())
    closed = page.locator("details:not([open]) > summary").first
    closed.focus()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    before = page.locator("details[open]").count()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == before + 1
    page.close()


def test_on_paper_everything_is_open_and_dark_on_light(chromium, pages):
    page = chromium.new_page(viewport={"width": 800, "height": 800}, color_scheme="dark")
    page.goto(pages[0].as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    source = page.locator("details:not([open]) pre").first
    assert source.bounding_box()["height"] > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.pdf()[:4] == b"%PDF"
    page.close()
