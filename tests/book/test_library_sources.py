"""Every entry leads to its lines, and they lead back; to a code host only where one is named."""

from pathlib import Path

import pytest

from tests.book.small_library import build_library, entry, page

CODE = '"""Core."""\n\nLIMIT = 1\n\n\ndef run(x: int) -> int:\n    """Run."""\n    return x < 1\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    host = 'html_theme = "sphinx_book_theme"\nhtml_theme_options = {"repository_url": %r}\n'
    build_library(folder, {"core": CODE}, "core", settings=host % "https://github.com/owner/name/")
    return folder


def test_there_and_back(folder: Path) -> None:
    there = entry(folder, "course_lib.core.run").find("a", string="[source]")
    assert there["href"] == "../_modules/course_lib/core.html#run"
    block = page(folder, "_modules/course_lib/core").find(id="run")
    assert block.get_text().removeprefix("[docs]").rstrip() == CODE[CODE.index("def") :].rstrip()
    back = block.find("a", class_="viewcode-back")
    assert back["href"] == "../../library/room.html#course_lib.core.run"


def test_the_source_can_be_scrolled_with_the_keyboard_and_is_described(folder: Path) -> None:
    source = page(folder, "_modules/course_lib/core")
    assert source.find("pre")["tabindex"] == "0"
    assert source.find("meta", {"name": "description"})["content"] == "Source of course_lib.core"


def test_the_head_of_a_module_leads_to_both(folder: Path) -> None:
    head = page(folder, "library/room").find("p", class_="module-source")
    assert [a["href"] for a in head.find_all("a")] == [
        "../_modules/course_lib/core.html",
        "https://github.com/owner/name/blob/main/course_lib/core.py",
    ]


def test_no_code_host_no_link(tmp_path: Path) -> None:
    build_library(tmp_path, {"core": CODE}, "core")
    text = (tmp_path / "html" / "library" / "room.html").read_text(encoding="utf-8")
    assert "code host" not in text
    assert "module-source" in text


def test_the_library_is_never_imported(tmp_path: Path) -> None:
    build_library(tmp_path, {"core": CODE + '\nraise SystemExit("imported")\n'}, "core")
