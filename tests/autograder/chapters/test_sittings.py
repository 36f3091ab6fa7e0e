import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.publish import main
from autograder.chapters.sittings import chapter_of, page_name, split
from autograder.files import COURSE, chapter_slugs
from autograder.source import read_text_notebook
from tests.autograder.small_course import SLUG, make_course

FURTHER = {"title": "Doors, part two", "description": "What is behind them."}


def notebook():
    cells = [
        new_markdown_cell("# Doors"),
        new_code_cell("1 + 1"),
        new_markdown_cell("## Behind them", metadata={"page": FURTHER}),
        new_code_cell("2 + 2"),
        new_markdown_cell("The end."),
    ]
    metadata = {"myst": {"html_meta": {"description": "Doors."}}, "widgets": {"kept": 1}}
    return new_notebook(cells=cells, metadata=metadata)


def sources(page):
    return [cell.source for cell in page.cells]


def test_a_chapter_without_a_mark_is_one_page():
    whole = notebook()
    del whole.cells[2].metadata["page"]
    pages = split(whole, "ch01_doors")
    assert list(pages) == ["ch01_doors"]
    assert pages["ch01_doors"] == whole


def test_a_mark_begins_a_page_with_a_title_and_a_description_of_its_own():
    pages = split(notebook(), "ch01_doors")
    assert list(pages) == ["ch01_doors", "ch01_doors_part2"]
    first, second = pages.values()
    assert sources(first)[:2] == ["# Doors", "1 + 1"]
    assert sources(second) == ["# Doors, part two", "## Behind them", "2 + 2", "The end."]
    assert first.metadata.myst.html_meta.description == "Doors."
    assert second.metadata.myst.html_meta.description == FURTHER["description"]
    assert second.metadata.widgets == first.metadata.widgets == {"kept": 1}
    for page in pages.values():
        nbformat.validate(page)


def test_a_page_says_where_the_chapter_goes_on():
    first, second = split(notebook(), "ch01_doors").values()
    assert sources(first)[-1].endswith("{doc}`Doors, part two <ch01_doors_part2>`.")
    assert "goes on" not in sources(second)[-1]


def test_the_chapter_stays_as_it_is():
    whole = notebook()
    before = nbformat.writes(whole)
    split(whole, "ch01_doors")
    assert nbformat.writes(whole) == before


@pytest.mark.parametrize("slug", chapter_slugs())
def test_the_pages_of_a_chapter_hold_all_of_its_cells_once(slug):
    whole = read_text_notebook(slug)
    pages = split(whole, slug)
    held = [text for page in pages.values() for text in sources(page)]
    assert len(held) == len(whole.cells) + 2 * (len(pages) - 1)  # titles, and where it goes on
    assert set(sources(whole)) <= set(held)


@pytest.mark.parametrize(("number", "name"), [(1, "ch01_doors"), (2, "ch01_doors_part2")])
def test_the_name_of_a_page_tells_its_chapter(number, name):
    assert page_name("ch01_doors", number) == name
    assert chapter_of(name) == "ch01_doors"


def test_pages_are_published_and_left_over_ones_removed(tmp_path):
    course = make_course(tmp_path)
    path = course.solutions / f"{SLUG}.md"
    text = path.read_text()
    mark = '+++ {"page": {"title": "More pies", "description": "Of pies."}}\n\n'
    path.write_text(f"{text}\n{mark}The rest of the pie.\n")
    assert main([], course) == 0
    second = course.chapters / f"{SLUG}_part2.ipynb"
    assert sources(nbformat.read(second, as_version=4))[0] == "# More pies"
    path.write_text(text)
    assert main([], course) == 0
    assert not second.exists()
    assert (course.chapters / f"{SLUG}.ipynb").is_file()


def test_the_student_notebook_is_one():
    for slug in chapter_slugs():
        notebook = nbformat.read(COURSE.notebooks / f"{slug}.ipynb", as_version=4)
        assert not any("page" in cell.metadata for cell in notebook.cells)
