"""A chapter that is too long for one sitting has more than one page; its notebook stays one.

In the text a cell with the metadata `page` begins a further page:

    +++ {"page": {"title": "Where AI goes next, continued", "description": "Experts, …"}}
"""

import copy
import re

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

MARK = "page"


def page_name(slug: str, number: int) -> str:
    """Name the file of a chapter's page: that of the first is the chapter's own.

    Args:
        slug: The chapter.
        number: Which page, from 1.
    """
    return slug if number == 1 else f"{slug}_part{number}"


def chapter_of(name: str) -> str:
    """Return the chapter to which a page belongs."""
    return re.sub(r"_part\d+$", "", name)


def starts_of(notebook: NotebookNode) -> list[int]:
    """Give the positions of the cells with which pages begin."""
    marked = (n for n, cell in enumerate(notebook.cells) if MARK in cell.metadata)
    return [0, *(n for n in marked if n)]


def split(notebook: NotebookNode, slug: str) -> dict[str, NotebookNode]:
    """Cut a chapter into its pages.

    Args:
        notebook: The chapter; it stays as it is.
        slug: Its name.

    Returns:
        The pages by their names. A further page has its own title and description; a page that is
        not the last says where the chapter goes on.
    """
    starts = starts_of(notebook)
    pages = {}
    for number, start in enumerate(starts, start=1):
        end = starts[number] if number < len(starts) else None
        page = copy.copy(notebook)
        page.cells = [copy.copy(cell) for cell in notebook.cells[start:end]]
        if number > 1:
            mark = notebook.cells[start].metadata[MARK]
            page.cells.insert(0, _cell(f"{slug}-page{number}", f"# {mark['title']}"))
            page.metadata = NotebookNode({**notebook.metadata})
            page.metadata["myst"] = {"html_meta": {"description": mark["description"]}}
        if end is not None:
            title = notebook.cells[end].metadata[MARK]["title"]
            goes_on = f"**The chapter goes on:** {{doc}}`{title} <{page_name(slug, number + 1)}>`."
            page.cells.append(_cell(f"{slug}-goes-on{number}", goes_on))
        pages[page_name(slug, number)] = page
    return pages


def _cell(cell_id: str, text: str) -> NotebookNode:
    return new_markdown_cell(text, id=cell_id)
