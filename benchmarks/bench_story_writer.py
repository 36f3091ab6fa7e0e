"""The small GPT in the page, in headless Chromium: how soon it begins, and how fast it goes on.

    python benchmarks/bench_story_writer.py [--visits 9]

Every visit has a browser context of its own, so that nothing is kept from the one before: the first
word waits for the model's file, for the worker to start, and for the model to read the beginning.
The story is then written as fast as it can, and drawn word by word as a reader sees it.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from measuring import spread
from playwright.sync_api import Browser, sync_playwright
from side_by_side import RESULTS, machine

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the page of the tests is the page that is timed

FIRST_WORD_S = 1.0
WORDS_PER_S = 50.0
WRITE = """() => new Promise((done) => {
    const name = (text) => [...document.querySelectorAll(".cfw-buttons button")]
        .find((button) => button.textContent === text);
    const words = () => document.querySelectorAll(".cfw-words [data-written]").length;
    const start = performance.now();
    let first = 0;
    const look = () => {
        if (words() && !first) first = performance.now() - start;
        if (!name("Another story")) return requestAnimationFrame(look);
        const story = performance.now() - start - first;
        return done({ first_word_s: first / 1000, words_per_s: (words() - 1) / (story / 1000) });
    };
    name("Write a story").click();
    look();
})"""


@dataclass(frozen=True)
class Visit:
    """What one visit took.

    Attributes:
        first_word_s: From the press on the button to the first word on the page.
        words_per_s: Words on the page a second, from the first to the last of the story.
    """

    first_word_s: float
    words_per_s: float


def visit(browser: Browser, address: str) -> Visit:
    """Open the page anew and let it write a story."""
    context = browser.new_context(viewport={"width": 900, "height": 1000})
    page = context.new_page()
    page.goto(f"{address}/page.html")
    page.locator(".cf[data-ready]").wait_for()
    seen = Visit(**page.evaluate(WRITE))
    context.close()
    return seen


def visits_of_a_page(n: int) -> tuple[list[Visit], str]:
    """Serve a page with the figure and visit it so often; give the version of Chromium too."""
    from tests.book.conftest import CHROMIUM, CHROMIUM_OPTIONS
    from tests.book.pages_server import serve
    from tests.book.served_figures import write_site
    from tests.book.story_page import story

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_OPTIONS)
        write_site(Path(folder), story())
        with serve(Path(folder)) as address:
            visits = [visit(browser, address) for _ in range(n)]
        version = browser.version
        browser.close()
    return visits, version


def main() -> None:
    """Visit the page some times and print the medians beside what is asked."""
    parser = argparse.ArgumentParser(description="The small GPT in the page.")
    parser.add_argument("--visits", type=int, default=9)
    visits, version = visits_of_a_page(parser.parse_args().visits)
    told = {**machine(["torch"]), "chromium": version}
    print(f"The GPT in the page: {', '.join(f'{key} {value}' for key, value in told.items())}\n")
    print("| what | asked | median (range) |\n|---|---|---|")
    first = spread([each.first_word_s for each in visits], "{:.2f} s")
    print(f"| from the press to the first word | at most {FIRST_WORD_S:.0f} s | {first} |")
    rate = spread([each.words_per_s for each in visits], "{:.0f}")
    print(f"| words a second on the page | at least {WORDS_PER_S:.0f} | {rate} |")
    RESULTS.mkdir(parents=True, exist_ok=True)
    out = {"machine": told, "visits": [asdict(each) for each in visits]}
    (RESULTS / "story_writer.json").write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
