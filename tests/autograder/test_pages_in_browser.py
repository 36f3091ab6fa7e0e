"""Feedback and report in a real browser: readable by everybody, on any screen, alone."""

import os
from pathlib import Path

import pytest

from autograder.feedback import feedback_page
from autograder.grading import grade, unreadable
from autograder.report import class_report

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


@pytest.fixture
def pages(tmp_path, small, worker, hand_in):
    wrong = "print('x' * 300)\ndef double(x):\n    return x * x\n1 / 0"
    results = [
        grade(hand_in(double=wrong), small, "ada", 0, worker),
        unreadable(small, "b" * 90, 0, "The file is empty."),
    ]
    texts = [*(feedback_page(small, one) for one in results), class_report(small, results)]
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
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        violations = Axe().run(page).response["violations"]
        assert [one["id"] for one in violations] == []
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        page.close()
