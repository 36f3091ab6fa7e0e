"""What Chromium does not write into a PDF: author, date of what was printed, a folded outline.

They are added behind the pages (an incremental update), so that the pages stay as they are.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, TextStringObject

from autograder.errors import CourseError

# Skia writes them uncompressed and at the head; the length must stay, for places are counted.
_DATE = re.compile(rb"(?<=Date \(D:)\d{14}(?=\+00'00'\))")
_HEAD = 2000  # bytes


def complete(pdf: bytes, author: str, printed: datetime, titles: Sequence[str]) -> bytes:
    """Return a PDF of Chromium with what it lacks.

    Args:
        pdf: What Chromium wrote.
        author: Of the book; empty leaves it out.
        printed: When what it shows was made: the same site gives the same PDF.
        titles: All headings in order: the outline's own lack formulas, and say some words twice.

    Raises:
        CourseError: The outline has more or fewer headings.
    """
    stamp = printed.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode()
    pdf = _DATE.sub(stamp, pdf[:_HEAD]) + pdf[_HEAD:]
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:  # pypdf adds only to what has a name
        file.write(pdf)
        file.flush()
        writer = PdfWriter(file.name, incremental=True)
    if author:
        writer.add_metadata({"/Author": author})
    items = list(outline_items(writer.root_object))
    if len(items) != len(titles):
        raise CourseError(f"The outline has {len(items)} headings, the book {len(titles)}.")
    for (item, level), title in zip(items, titles, strict=True):
        item[NameObject("/Title")] = TextStringObject(title)
        if level == 1 and "/Count" in item:
            below = abs(int(str(item["/Count"])))
            item[NameObject("/Count")] = NumberObject(-below)  # less than none: folded
    whole = BytesIO()
    writer.write(whole)
    return whole.getvalue()


def outline_items(root: DictionaryObject) -> Iterator[tuple[DictionaryObject, int]]:
    """Walk the items of a PDF's outline in order, each with its level, from 1."""

    def walk(parent: DictionaryObject, level: int) -> Iterator[tuple[DictionaryObject, int]]:
        item = parent.get("/First")
        while item is not None:
            item = item.get_object()
            yield item, level
            yield from walk(item, level + 1)
            item = item.get("/Next")

    if "/Outlines" in root:
        yield from walk(root["/Outlines"].get_object(), 1)  # type: ignore[arg-type]
