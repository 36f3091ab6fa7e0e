"""Links of the site as links of the book."""

import pytest

from book.epub.links import Places, lead
from book.epub.trees import parse, write

SITE = "https://course.example/"


def places(site: str = "") -> Places:
    known = Places(site)
    known.add("index", "index.xhtml", parse('<article><h1 id="top">A</h1></article>'))
    known.add("chapters/one", "chapters-one.xhtml", parse('<article><p id="a"/></article>'))
    known.add("chapters/one", "chapters-one-2.xhtml", parse('<article><p id="b"/></article>'))
    return known


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("#a", "chapters-one.xhtml#a"),
        ("#b", "chapters-one-2.xhtml#b"),
        ("one.html#b", "chapters-one-2.xhtml#b"),
        ("../index.html", "index.xhtml"),
        ("../index.html#top", "index.xhtml#top"),
        ("one.html#gone", "chapters-one.xhtml"),
        ("https://a.example/?q=<1>&r=%3C", "https://a.example/?q=%3C1%3E&r=%3C"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("../notebooks/one.ipynb", None),
        ("../genindex.html#A", None),
    ],
)
def test_where_a_link_leads(address: str, leads_to: str | None) -> None:
    assert places().find("chapters/one", address) == leads_to


def test_what_only_the_site_has_is_linked_there() -> None:
    assert places(SITE).find("chapters/one", "../genindex.html#A") == f"{SITE}genindex.html#A"
    assert places(SITE).find("index", "notebooks/one.ipynb") == f"{SITE}notebooks/one.ipynb"


def led(content: str, site: str = "") -> str:
    article = parse(f"<article>{content}</article>")
    lead(article, "chapters/one", places(site))
    return write(article).removeprefix("<article>").removesuffix("</article>")


def test_a_link_that_leads_nowhere_is_text() -> None:
    assert led('<p>the <a href="../search.html"><b>search</b></a>.</p>') == (
        "<p>the <b>search</b>.</p>"
    )
    assert led('<p><a id="here"></a></p>') == '<p><a id="here"></a></p>'


def test_a_link_to_the_source_goes_with_its_words() -> None:
    source = '<a href="../_modules/course_lib/a.html">source</a>'
    assert led(f'<p class="module-source">{source}</p><p>Then.</p>') == "<p>Then.</p>"
    assert led(f"<p><b>a</b> ({source})</p>") == "<p><b>a</b></p>"
    assert led(f"<p><b>a</b> ({source})</p>", SITE) == (
        f'<p><b>a</b> (<a href="{SITE}_modules/course_lib/a.html">source</a>)</p>'
    )
    assert led("<p></p>") == "<p></p>"
