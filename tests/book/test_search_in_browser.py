"""The search leads to functions, exercises and symbols, over http and from the disk."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.book.links import follow
from tests.book.test_site_in_browser import RULES

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
CHAPTER = "chapters/ch02_self_attention.html"
ATTENTION = "library/attention.html#course_lib.attention"
# What is typed, where it should lead, and among how many of the first.
QUERIES = [
    ("masked_softmax", f"{ATTENTION}.masked_softmax", 1),
    ("masked_soft", f"{ATTENTION}.masked_softmax", 1),
    ("masked softmax", f"{ATTENTION}.masked_softmax", 8),  # after pages that treat of both words
    ("course_lib.attention.masked_softmax", f"{ATTENTION}.masked_softmax", 1),
    ("MultiHeadAttention", f"{ATTENTION}.MultiHeadAttention", 3),
    ("multiheadatt", f"{ATTENTION}.MultiHeadAttention", 3),
    ("split_heads", f"{ATTENTION}.split_heads", 1),
    ("GPT2", "library/models_gpt2.html#module-course_lib.models.gpt2", 3),
    ("kv_cache", "library/caches.html#module-course_lib.generation.kv_cache", 1),
    ("beam_search", "library/generation.html#module-course_lib.generation.beam_search", 2),
    ("stable_softmax", f"{CHAPTER}#exercise-stable-softmax", 1),
    ("bpe_enc", f"{CHAPTER}#exercise-bpe-encode", 1),
    ("embed", f"{CHAPTER}#exercise-embed", 3),
    ("self_attention", f"{CHAPTER}#exercise-self-attention", 1),
    ("n_heads", "notation.html#symbol-n_heads", 1),
    ("Tq", "notation.html#symbol-n_queries", 1),
    ("d_k", "notation.html#symbol-d_head", 1),
    ("B", "notation.html#symbol-batch_size", 5),  # b of BM25 and the B of scaling laws are B too
    ("Dh", "notation.html#symbol-d_head", 1),
    ("row_max", "notation.html#symbol-row_max", 1),
    ("permutation equivariance", "glossary.html#term-permutation-equivariance", 1),
]


def search(page: Page, address: str, query: str) -> list[str]:
    """Search, and return where the results lead, in order."""
    page.goto(f"{address}/search.html?q={query.replace(' ', '+')}", wait_until="load")
    page.wait_for_function(
        "document.querySelector('#search-results .search-summary').innerText.includes('search')"
    )
    return page.eval_on_selector_all(
        "#search-results ul.search li > a", "(links) => links.map((a) => a.getAttribute('href'))"
    )


@pytest.mark.parametrize(("query", "target", "among"), QUERIES, ids=lambda value: str(value))
def test_what_is_searched_is_among_the_first(
    visit: Visit, site_url: str, query: str, target: str, among: int
) -> None:
    found = search(visit("index"), site_url, query)
    assert target in [address.split("?")[0] for address in found[:among]], found[:5]


def test_a_result_leads_to_its_place(visit: Visit, site_url: str) -> None:
    page = visit("index", width=360)
    search(page, site_url, "stable_softmax")
    follow(page.locator("#search-results ul.search li a").first)
    page.wait_for_url("**/ch02_self_attention.html*#exercise-stable-softmax")
    assert page.locator("#exercise-stable-softmax h3").is_visible()


def test_it_works_from_the_disk_without_an_error(browser: Browser, site: Path) -> None:
    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    found = search(page, site.resolve().as_uri(), "softmax")
    assert f"{ATTENTION}.masked_softmax" in [address.split("?")[0] for address in found]
    follow(page.locator("#search-results ul.search li a", has_text="masked_softmax").first)
    page.wait_for_url("file://**/library/attention.html*")
    page.close()
    assert not said


def test_an_extract_is_of_what_one_reads(visit: Visit, site_url: str) -> None:
    page = visit("index")
    search(page, site_url, "scaled dot product")
    extracts = page.locator("#search-results p.context")
    extracts.nth(4).wait_for()
    for text in extracts.all_inner_texts():
        assert "\\" not in text, text  # a formula's source
        assert "On this page" not in text
    of_chapter = page.locator("#search-results li", has=page.locator("a[href*=ch02_self_at]")).first
    assert "the product says something" in of_chapter.locator("p.context").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_results_are_for_everyone(visit: Visit, site_url: str, theme: str) -> None:
    page = visit("index", theme=theme, width=360)
    search(page, site_url, "attention")
    page.wait_for_timeout(300)  # extracts arrive
    violations = Axe().run(page, options=RULES).response["violations"]
    assert not [(each["id"], each["nodes"][0]["html"]) for each in violations]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
