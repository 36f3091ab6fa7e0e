import warnings

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.submissions.inert import inert


def shown(markdown):
    """Render a cell as nbgrader's pages do, with HTML let through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bs4 import BeautifulSoup

        exporter = HTMLExporter(template_name="basic")
        html, _ = exporter.from_notebook_node(new_notebook(cells=[new_markdown_cell(markdown)]))
        return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "a <b onclick='go()'>c</b>",
        "<img src=x onerror=go()>",
        "<!-- x --><svg/onload=go()>",
        "<?php ?><iframe src='/lab'></iframe>",
        "```\n</pre><script>go()</script>\n```",
        "`<script>go()</script>`",
        "$x<img src=x onerror=go()>$",
        "\\begin{x}<script>go()</script>\\end{x}",
        "![x](/formgrader?path=evil)",
        "![x][1]\n\n[1]: /formgrader?path=evil",
        "[x](javascript:go())",
        "[x](<javascript:go()>)",
        "[x]\n\n[x]: javascript:go()",
        "<https://example.org>",
        "https://example.org/track",
        "| a |\n|---|\n| <script>go()</script> |",
        "<\nscript>go()</script\n>",
        "&lt;script&gt;<script>",
    ],
)
def test_nothing_comes_alive(attack):
    alive = shown(attack).select("script, img, iframe, svg, b, [onclick], [onerror], [onload]")
    links = [link for link in shown(attack).select("a") if link.get("href", "#")[0] != "#"]
    after = shown(inert(attack))
    dead = after.select("script, img, iframe, svg, b, [onclick], [onerror], [onload]")
    assert dead == []
    assert [link for link in after.select("a") if link.get("href", "#")[0] != "#"] == []
    harmless_anyway = attack.startswith(("```", "`", "$", "\\begin", "<\n"))
    assert alive or links or harmless_anyway, "the attack itself does nothing"


@pytest.mark.parametrize(
    "text",
    [
        "Twice *x* is `2 * x`, **always**.",
        "If a < b and b > c, then $a < c$.",
        "- one\n- two\n\n1. three",
        "x[0] and f(x): g[1] (2)",
        "a: b // c",
    ],
)
def test_what_is_written_reads_the_same(text):
    assert shown(inert(text)).get_text().replace("\u2060", "") == shown(text).get_text()


def test_what_would_be_a_link_reads_as_it_is_written():
    assert "g[1](2)" in shown(inert("f(x) = g[1](2)")).get_text().replace("\u2060", "")


def test_an_attachment_that_is_not_there_breaks_no_page():
    with pytest.raises(Exception, match="missing attachment"):
        shown("![x](attachment:x.png)")
    assert "attachment:x.png" in shown(inert("![x](attachment:x.png)")).get_text()


def test_plain_words_stay_byte_for_byte():
    text = "Doubling is adding a thing to itself, as 3 + 3.\n\n$y = 2x$, if x < 3."
    assert inert(text) == text


def test_signs_that_nobody_sees_are_shown():
    assert inert("a\x1b[31m\u202eb") == "a␛[31m⟨U+202E⟩b"
