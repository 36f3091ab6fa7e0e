"""Known faults in the HTML of the theme and of docutils are repaired on every page."""

from pathlib import Path

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
