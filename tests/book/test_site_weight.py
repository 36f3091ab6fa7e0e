"""What a page costs before the reader touches a figure, as a browser counts it.

The site is served compressed, as Pages does; the reader scrolls to the end, so that every picture
has come. No time is measured: `make lighthouse` does that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.book.html_page import page_names
from tests.book.lighthouse_scores import MOST_BYTES
from tests.book.pages_server import serve

pytestmark = pytest.mark.browser
MOST_BYTES_TO_DRAW = 180_000  # the page itself, two figures in it, and its style sheet
CUT = {"fa-solid-900.woff", "fa-regular-400.woff", "fa-brands-400.woff"}
BLOCKING = """() => performance.getEntriesByType("resource")
  .filter((each) => each.renderBlockingStatus === "blocking").map((each) => each.name)"""


@dataclass
class Cost:
    """What one page fetched.

    Attributes:
        sizes: Bytes on the wire of each address.
        blocking: Addresses that the browser waited for before it drew anything.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    blocking: list[str] = field(default_factory=list)


def count(session: CDPSession, cost: Cost) -> None:
    """Let the browser's own counter write down every request."""
    addresses = {}

    def on_request(event: dict) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def on_end(event: dict) -> None:
        cost.sizes[addresses[event["requestId"]]] = round(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", on_request)
    session.on("Network.loadingFinished", on_end)
    session.send("Network.enable")


def read_to_the_end(page: Page) -> None:
    """Scroll down screen by screen until the page ends."""
    page.evaluate(
        """async () => {
          const pause = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 20)));
          const root = document.scrollingElement;
          while (root.scrollTop + innerHeight < root.scrollHeight - 2) {
            const before = root.scrollTop;
            scrollBy(0, innerHeight);
            await pause();
            if (root.scrollTop === before) break;
          }
        }"""
    )
    page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module")
def costs(browser: Browser, site: Path) -> dict[str, Cost]:
    """Open every page as on a phone and return what each cost."""
    found = {}
    with serve(site) as address:
        for name in page_names(site):
            context = browser.new_context(
                viewport={"width": 412, "height": 823}, reduced_motion="reduce"
            )
            page, found[name] = context.new_page(), Cost()
            count(context.new_cdp_session(page), found[name])
            page.goto(f"{address}/{name}.html", wait_until="networkidle")
            read_to_the_end(page)
            found[name].blocking = page.evaluate(BLOCKING)
            context.close()
    return found


def heavy(costs: dict[str, Cost], limit: int, counts: Callable[[str], bool]) -> list[str]:
    """Return one line for each page over a limit, with its heaviest files."""
    lines = []
    for name, cost in costs.items():
        sizes = {url: size for url, size in cost.sizes.items() if counts(url)}
        if sum(sizes.values()) >= limit:
            largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
            lines.append(f"{name}: {sum(sizes.values())} bytes, most of them {largest}")
    return lines


def test_every_page_stays_light(costs: dict[str, Cost]) -> None:
    assert not heavy(costs, MOST_BYTES, lambda _: True)


def test_what_a_page_needs_to_be_drawn_is_less(costs: dict[str, Cost]) -> None:
    assert not heavy(costs, MOST_BYTES_TO_DRAW, lambda url: url.endswith((".html", ".css")))


def test_pages_wait_for_one_style_sheet_and_nothing_else(costs: dict[str, Cost]) -> None:
    for name, cost in costs.items():
        assert len(cost.blocking) == 1, f"{name}: {cost.blocking}"
        assert cost.blocking[0].endswith(".css"), name


def test_pictures_have_been_counted(costs: dict[str, Cost]) -> None:
    chapter = costs["chapters/ch02_self_attention"]
    assert len([url for url in chapter.sizes if "/_images/" in url]) >= 8


def test_the_search_index_is_fetched_by_the_search_page_alone(costs: dict[str, Cost]) -> None:
    asks = [name for name, cost in costs.items() if any("searchindex" in url for url in cost.sizes)]
    assert asks == ["search"]


def test_icons_come_from_the_cut_fonts(costs: dict[str, Cost]) -> None:
    fonts = {Path(url).name for cost in costs.values() for url in cost.sizes if "/fa-" in url}
    assert fonts
    assert fonts <= CUT
