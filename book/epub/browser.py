"""Chromium, for what a browser alone does right: reading HTML, and drawing live figures."""

import html
import re
from pathlib import Path

from playwright.sync_api import Browser, TimeoutError

from autograder.errors import CourseError

# XML 1.0, production 2, has no place for these.
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
AS_XML = """(text) => {
  const article = new DOMParser().parseFromString(text, "text/html").querySelector("article");
  return article && new XMLSerializer().serializeToString(article);
}"""
LIVE_FIGURE = ".live-figure"
DRAWN = "[data-ready]"  # inside a figure that has drawn itself
PATIENCE_S = 60  # for a figure to draw itself: a busy machine is slow
STILL_WIDTH = 680  # CSS pixels: what a figure is made for, and a tablet's page
STILL_HEIGHT = 900
STILL_SCALE = 2  # device pixels a CSS pixel
# The figure alone: nothing of the page over it, its other states and the table behind a toggle not
# offered. Its buttons and sliders stay: they say what it shows.
ONLY_THE_FIGURE = """
.bd-header, .bd-header-article, .skip-link, .pst-skip-link, #pst-skip-link, #pst-back-to-top,
.cf-try, .cf-fold:not([open]) { display: none !important }
.bd-article * { content-visibility: visible !important }
"""
COVER_WIDTH, COVER_HEIGHT = 1600, 2560  # pixels: what shops of electronic books ask for
COVER = """<style>
body {{ margin: 0; padding: 300px 140px 0; background: #fff; color: #1d232b; }}
svg {{ width: 900px; height: 600px; display: block; margin: 0 auto 260px; }}
h1 {{ font: bold 150px/1.2 sans-serif; margin: 0; text-wrap: balance; text-align: center; }}
</style>{logo}<h1>{title}</h1>"""


def articles_as_xml(browser: Browser, pages: dict[str, Path]) -> dict[str, str]:
    """Read the text of each page as a browser does, which mends what is not well-formed.

    Args:
        browser: Runs no script of the pages.
        pages: The file of each page, by its name.

    Raises:
        CourseError: A page has no article.
    """
    tab = browser.new_page()
    found = {}
    for name, path in pages.items():
        xml = tab.evaluate(AS_XML, NOT_IN_XML.sub("", path.read_text(encoding="utf-8")))
        if xml is None:
            raise CourseError(f"{path} has no article: build the book again with `make book`.")
        found[name] = xml
    tab.close()
    return found


def take_stills(browser: Browser, page: Path) -> list[bytes]:
    """Take a picture (PNG) of each live figure of a page as it is when the page opens.

    Raises:
        CourseError: A figure does not draw itself.
    """
    context = browser.new_context(
        viewport={"width": STILL_WIDTH, "height": STILL_HEIGHT},
        device_scale_factor=STILL_SCALE,
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    tab = context.new_page()
    tab.goto(page.resolve().as_uri(), wait_until="load")
    stills = []
    try:
        tab.locator(f"{LIVE_FIGURE} {DRAWN}").first.wait_for()
        tab.add_style_tag(content=ONLY_THE_FIGURE)
        for figure in tab.locator(LIVE_FIGURE).all():
            figure.scroll_into_view_if_needed()
            figure.locator(DRAWN).first.wait_for()
            stills.append(figure.screenshot())
    except TimeoutError as error:
        raise CourseError(
            f"A live figure of {page} did not draw itself within {PATIENCE_S} s: open the page in "
            "a browser to see why."
        ) from error
    context.close()
    return stills


def draw_cover(browser: Browser, assets: Path, title: str) -> bytes:
    """Draw the cover: the course's mark above its title, as PNG."""
    logo = (assets / "logo.svg").read_text(encoding="utf-8")
    tab = browser.new_page(viewport={"width": COVER_WIDTH, "height": COVER_HEIGHT})
    tab.set_content(COVER.format(logo=logo, title=html.escape(title)))
    cover = tab.screenshot()
    tab.close()
    return cover
