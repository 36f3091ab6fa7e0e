"""The map shows every module, under its page, with what it is for."""

from pathlib import Path

from bs4 import BeautifulSoup
from library_reference import is_shown
from library_source import read_library

from tests.book.html_page import page_names
from tests.book.small_library import words


def test_the_map_leads_to_every_module_and_page(site: Path) -> None:
    text = (site / "library" / "index.html").read_text(encoding="utf-8")
    found = BeautifulSoup(text, "html.parser").find("dl", class_="library-map")
    pages = [f"{a['href']}" for a in found.select("dt a")]
    assert sorted(pages) == sorted(
        f"{name.removeprefix('library/')}.html"
        for name in page_names(site)
        if name.startswith("library/") and name != "library/index"
    )
    assert pages[0] == "attention.html"  # in reading order
    listed = {a.get_text(): words(a.find_parent("li")) for a in found.select("li a")}
    shown = {name: module for name, module in read_library().items() if is_shown(module)}
    assert listed == {
        (short := name.removeprefix("course_lib.")): f"{short}: {module.summary.replace('`', '')}"
        for name, module in shown.items()
    }
