"""What an e-reader cannot use is left out or said otherwise."""

import pytest

from book.epub.articles import tidy
from book.epub.trees import XHTML, parse, write

MATHML = "http://www.w3.org/1998/Math/MathML"


def tidied(content: str) -> str:
    article = tidy(parse(f'<article xmlns="{XHTML}">{content}</article>'))
    return write(article).removeprefix("<article>").removesuffix("</article>")


def tidied_formula(content: str) -> str:
    written = tidied(f'<math xmlns="{MATHML}">{content}</math>')
    return written.partition(">")[2].removesuffix("</math>")


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ('<h1>A<a class="headerlink" href="#a">#</a></h1>', "<h1>A</h1>"),
        ('<p>a<button class="copybtn">Copy</button>b</p>', "<p>ab</p>"),
        ('<p>a</p><p class="online-only">the copy</p>', "<p>a</p>"),
        ('<p><svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true"/></p>', "<p></p>"),
        ('<code><span class="pre">a</span> <span class="pre">b</span></code>', "<code>a b</code>"),
        ('<pre><span></span><b class="k">for</b></pre>', '<pre><b class="k">for</b></pre>'),
        ('<span lang="de">Satz</span>', '<span lang="de">Satz</span>'),
        ('<span class="n">a</span><i class="n">b</i>', 'a<i class="n">b</i>'),
        ('<span id="here"></span>', '<span id="here"></span>'),
        ('<p style="x" data-a="b" id="c" class="d">e</p>', '<p id="c" class="d">e</p>'),
        ('<td style="text-align: right">e</td>', '<td style="text-align: right">e</td>'),
        ('<img src="a" alt="b" loading="lazy" width="3"/>', '<img src="a" alt="b" width="3" />'),
    ],
)
def test_only_what_a_reader_needs_is_left(content: str, left: str) -> None:
    assert tidied(content) == left


def test_a_drawing_that_says_something_stays_as_it_is() -> None:
    svg = '<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><title>A</title></svg>'
    assert tidied(f"<figure>{svg}</figure>") == f"<figure>{svg}</figure>"


def test_a_formula_is_mathml_alone_and_keeps_its_tex() -> None:
    katex = (
        '<span class="katex-display"><span class="katex"><span class="katex-mathml">'
        f'<math xmlns="{MATHML}"><semantics><mrow><mi>a</mi></mrow>'
        '<annotation encoding="application/x-tex">a\n &lt; b</annotation></semantics></math>'
        '</span><span class="katex-html">a</span></span></span>'
    )
    assert tidied(katex) == (
        f'<math xmlns="{MATHML}" alttext="a &lt; b"><mrow><mi>a</mi></mrow></math>'
    )


def test_katex_may_put_a_mark_where_mathml_has_no_place() -> None:
    assert tidied_formula("<msub><mi>T</mi><mi>max</mi><mo>\u2061</mo></msub>") == (
        "<msub><mi>T</mi><mi>max</mi></msub>"
    )
    in_its_place = "<mrow><mi>max</mi><mo>\u2061</mo><mi>x</mi></mrow>"
    assert tidied_formula(in_its_place) == in_its_place


def test_words_that_look_like_elements_are_text() -> None:
    assert tidied("<p>Say <task>it</task>.</p>") == "<p>Say &lt;task&gt;it.</p>"


def test_letters_that_a_browser_took_for_html_are_an_operator() -> None:
    letters = f'<mo><mrow xmlns="{XHTML}"><mi>o</mi><mi>d</mi></mrow></mo>'
    assert tidied_formula(letters) == "<mo>od</mo>"


def test_what_is_folded_is_named_in_one_line() -> None:
    folded = (
        '<details class="hide"><summary><p class="collapsed">Show code cell source</p>'
        '<p class="expanded">Hide code cell source</p></summary><p>x</p></details>'
    )
    assert tidied(folded) == '<details class="hide"><summary>Code</summary><p>x</p></details>'
    assert tidied("<details><summary>Hint <b>1</b></summary></details>") == (
        "<details><summary>Hint <b>1</b></summary></details>"
    )


def test_a_table_of_many_columns_is_set_in_small_letters() -> None:
    narrow, wide = ("".join("<td>1</td>" for _ in range(n)) for n in (4, 5))
    assert tidied(f'<table border="1" id="t"><tr>{narrow}</tr></table>') == (
        f'<div class="table"><table id="t"><tr>{narrow}</tr></table></div>'
    )
    assert '<table class="wide">' in tidied(f"<table><tr>{wide}</tr></table>")
    assert '<table class="wide">' in tidied('<table><tr><td colspan="5">1</td></tr></table>')
