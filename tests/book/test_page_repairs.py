"""Known faults in the HTML of the theme and of docutils are repaired on every page."""

from pathlib import Path

from bs4 import BeautifulSoup
from page_repairs import REPAIRS, repair_body

from tests.book.html_page import page_names


def test_each_fault_is_replaced() -> None:
    for fault, repaired in REPAIRS.items():
        context = {"body": f"<p>before</p>{fault}after"}
        repair_body(None, "page", "page.html", context, None)
        assert context["body"] == f"<p>before</p>{repaired}after"


def test_a_page_without_body_is_left_alone() -> None:
    context = {"title": "Search"}
    repair_body(None, "search", "search.html", context, None)
    assert context == {"title": "Search"}


def test_no_page_shows_a_fault(site: Path) -> None:
    for name in page_names(site):
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        assert not [fault for fault in REPAIRS if fault in html], name


def test_arguments_on_lines_of_their_own_are_no_list() -> None:
    written = '<dt class="sig sig-object py">run(<dl><dd>x,</dd><dd>y,</dd></dl>)</dt><dd>Run.</dd>'
    context = {"body": f"<dl>{written}</dl>"}
    repair_body(None, "page", "page.html", context, None)
    lines = '<span class="sig-line">x,</span><span class="sig-line">y,</span>'
    assert context["body"] == (
        '<dl><dt class="sig sig-object py">run('
        f'<span class="sig-lines">{lines}</span>)</dt><dd>Run.</dd></dl>'
    )


def test_every_arrow_of_the_sidebar_has_a_name(site: Path) -> None:
    text = (site / "library" / "attention.html").read_text(encoding="utf-8")
    sidebar = BeautifulSoup(text, "html.parser").find("nav", class_="bd-docs-nav")
    names = [toggle["aria-label"] for toggle in sidebar.find_all("summary")]
    assert names == ["Pages of The library"]


def test_no_line_ends_within_an_option() -> None:
    words = ["--no-open", "-q", "-1", "x--", "--a=b", "--"]
    body = "".join(f'<span class="pre">{word}</span>' for word in words)
    context = {"body": f"<code>{body}</code>"}
    repair_body(None, "page", "page.html", context, None)
    spans = BeautifulSoup(context["body"], "html.parser").find_all("span")
    assert [span.get_text() for span in spans] == words
    assert [span.get_text() for span in spans if "option" in span["class"]] == ["--no-open", "-q"]


def test_prose_in_lines_longer_than_those_of_a_table_is_broken() -> None:
    def output(kind: str, text: str) -> str:
        return (
            f'<div class="{kind} notranslate"><div class="highlight"><pre>{text}</pre></div></div>'
        )

    table, prose = "&lt;" * 125, "<b>&gt;</b>" * 126
    outputs = [
        ("output stream", table),
        ("output stream", prose),
        ("output text_plain", f"{table}\n{prose}"),
        ("output stream", f"{table}\n{prose}\n1"),  # as much of a table as of prose
        ("highlight-text", prose),
    ]
    context = {"body": "".join(output(*each) for each in outputs)}
    before = context["body"]
    repair_body(None, "page", "page.html", context, None)
    after = BeautifulSoup(context["body"], "html.parser").select(".notranslate")
    assert ["long-lines" in each["class"] for each in after] == [False, True, True, False, False]
    assert context["body"].replace(" long-lines", "") == before
