"""In Chromium: figures in both themes, wide things on a phone, long pages, numbered lines."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.image import imread
from playwright.sync_api import Browser, Page

from course_lib.plotting import PALETTE
from tests.course_lib.colour_vision import on_the_dark_page, read

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
CHAPTER = "chapters/ch02_self_attention"
SIDE = 20  # of one square of colour, in pixels
# A cell as MyST-NB writes it, with squares of the palette and one of white.
SQUARES = """([colours, side]) => {
  const square = (colour, i) =>
    `<rect x="${side * i}" width="${side}" height="${side}" fill="${colour}"/>`;
  const size = `width="${side * colours.length}" height="${side}"`;
  const squares = colours.map(square).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${squares}</svg>`;
  const cell = document.createElement("div");
  cell.className = "cell";
  cell.innerHTML = '<div class="cell_output docutils container"><img alt="" id="squares"></div>';
  document.querySelector("article section").prepend(cell);
  return new Promise((go) => {
    const image = document.getElementById("squares");
    image.onload = () => { image.scrollIntoView(); requestAnimationFrame(() => go()); };
    image.src = "data:image/svg+xml;base64," + btoa(svg);
  });
}"""


def pixels(page: Page, selector: str) -> np.ndarray:
    """Return what is seen of an element: rows, columns, red, green and blue from 0 to 1."""
    picture = io.BytesIO(page.locator(selector).screenshot())
    return imread(picture, format="png")[..., :3]


def ground(page: Page) -> np.ndarray:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return np.array([int(n) for n in colour[4:-1].split(",")[:3]]) / 255


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_have_the_colours_that_the_palette_is_tested_for(visit: Visit, theme: str) -> None:
    page = visit("glossary", theme=theme)
    page.evaluate(SQUARES, [[*PALETTE, "#ffffff"], SIDE])
    seen = pixels(page, "#squares")[SIDE // 2, SIDE // 2 :: SIDE]
    page_colour = ground(page)
    for colour, found in zip((*PALETTE, "#ffffff"), seen, strict=True):
        drawn = read(colour)
        expected = on_the_dark_page(drawn, page_colour) if theme == "dark" else drawn
        assert found == pytest.approx(expected, abs=4 / 255), colour


def test_a_figure_lies_on_the_dark_page_without_a_box(visit: Visit) -> None:
    page = visit(CHAPTER, theme="dark")
    page.locator(".cell_output img").first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.cell_output img').complete")
    corner = pixels(page, ".cell_output img >> nth=0")[2, 2]
    assert corner == pytest.approx(ground(page), abs=2 / 255)


def test_paper_shows_figures_as_they_were_drawn(visit: Visit) -> None:
    page = visit(CHAPTER, theme="dark")
    page.emulate_media(media="print")
    style = "getComputedStyle(document.querySelector('.cell_output img'))"
    assert page.evaluate(f"{style}.filter").startswith(("none", "brightness"))
    assert page.evaluate(f"{style}.mixBlendMode") == "normal"


def test_the_beginning_of_a_long_formula_is_in_reach_on_a_phone(visit: Visit) -> None:
    page = visit(CHAPTER, width=360)
    lost = page.evaluate(
        """() => [...document.querySelectorAll("div.math .katex-html")].filter((formula) => {
          const first = formula.querySelector(".base").getBoundingClientRect();
          const place = formula.closest("div.math").getBoundingClientRect();
          return formula.scrollLeft === 0 && first.left < place.left - 1;
        }).map((formula) => formula.textContent)"""
    )
    assert not lost


def test_what_is_cut_says_so_and_is_a_tab_stop(visit: Visit) -> None:
    page = visit(CHAPTER, width=360)
    page.wait_for_function("document.querySelector('pre[tabindex]')")
    silent = page.evaluate(
        """() => [...document.querySelectorAll("article pre, .pst-scrollable-table-container")]
          .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
          .filter((each) => each.tabIndex !== 0
            || !getComputedStyle(each).backgroundImage.includes("gradient"))
          .map((each) => each.textContent.slice(0, 60))"""
    )
    assert not silent


@pytest.mark.parametrize("width", [360, 1440])
def test_a_link_into_a_long_page_leads_to_its_place(
    browser: Browser, site_url: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{site_url}/{CHAPTER}.html#step-6-the-mixture", wait_until="load")
    top = "document.querySelector('#step-6-the-mixture > h3').getBoundingClientRect().top"
    page.wait_for_function(f"{top} >= 0 && {top} < 250", timeout=5000)
    page.evaluate("document.querySelector('#step-5-weights').scrollIntoView()")
    page.wait_for_timeout(300)
    where = page.evaluate(top.replace("step-6-the-mixture", "step-5-weights"))
    assert 0 <= where < 250
    context.close()


def test_numbered_lines_are_seen_and_not_copied(browser: Browser, site_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site_url}/{CHAPTER}.html", wait_until="load")
    cell = page.locator("div.cell:has(.linenos)").first
    numbers = cell.locator(".linenos").all_text_contents()
    assert [int(number) for number in numbers] == list(range(1, len(numbers) + 1))
    cell.scroll_into_view_if_needed()
    cell.locator(".cell_input button.copybtn").press("Enter")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.length > 0)")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("def naive_softmax(")
    assert len(copied.rstrip().splitlines()) == len(numbers)
    context.close()


@pytest.mark.parametrize("width", [1200, 1350, 1920])
def test_the_place_of_the_contents_is_kept_while_the_page_arrives(visit: Visit, width: int) -> None:
    page = visit(CHAPTER, width=width)
    sides = """() => {
      const box = document.querySelector(".bd-article-container").getBoundingClientRect();
      return [box.left, box.right];
    }"""  # not its height: parts far below are laid out when there is time
    whole = page.evaluate(sides)
    page.locator(".bd-sidebar-secondary").evaluate("(contents) => contents.remove()")
    assert page.evaluate(sides) == whole


def test_a_page_without_contents_keeps_no_place_for_them(visit: Visit) -> None:
    page = visit("glossary", width=1350)
    article = page.locator(".bd-article-container")
    assert article.evaluate("(article) => getComputedStyle(article).marginRight") == "0px"
