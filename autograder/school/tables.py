"""A school's CSV file, of which single cells change and no other byte.

Python's `csv` gives the cells and forgets how they were written. Here each cell keeps its text as
it stands in the file, quotes and all (RFC 4180, section 2), so that a copy in which nothing was
changed is the file, byte for byte: its mark of byte order, its separators, its line ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.errors import CourseError

_BOM = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t")  # a spreadsheet where commas are decimal points writes semicolons
_QUOTE = '"'
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"(?!")')


@dataclass(frozen=True)
class Table:
    """A CSV file as it was read.

    Attributes:
        written: The cells of each row as they are written, quotes included.
        ends: What ends each row: a line break, or nothing at the end of the file.
        delimiter: What stands between cells.
        bom: Whether the file begins with the mark of UTF-8.
    """

    written: tuple[tuple[str, ...], ...]
    ends: tuple[str, ...]
    delimiter: str
    bom: bool

    @cached_property
    def header(self) -> list[str]:
        """The cells of the first row, without spaces around them."""
        return [_plain(cell).strip() for cell in self.written[0]]

    def cell(self, row: int, column: int) -> str:
        """Give what a cell says; "" where a row is too short to have it."""
        cells = self.written[row]
        return _plain(cells[column]) if column < len(cells) else ""

    def rows(self) -> range:
        """Number the rows below the first."""
        return range(1, len(self.written))

    def changed(self, cells: Mapping[tuple[int, int], str]) -> bytes:
        """Write the file with other texts in some of its cells.

        Args:
            cells: The new texts, by row and column.
        """
        rows = [list(row) for row in self.written]
        for (row, column), said in cells.items():
            new = rows[row]
            new += [""] * (column + 1 - len(new))
            new[column] = self._to_write(said, quoted=new[column].startswith(_QUOTE))
        text = "".join(
            self.delimiter.join(row) + end for row, end in zip(rows, self.ends, strict=True)
        )
        return (_BOM if self.bom else b"") + text.encode()

    def _to_write(self, said: str, *, quoted: bool) -> str:
        if quoted or any(sign in said for sign in (self.delimiter, _QUOTE, "\r", "\n")):
            return f"{_QUOTE}{said.replace(_QUOTE, 2 * _QUOTE)}{_QUOTE}"
        return said


def read_table(path: Path) -> Table:
    """Read a CSV file with commas, semicolons or tabs.

    Which of them separates its cells is told by the first row: the one that makes the most of it.

    Raises:
        CourseError: The file is missing, empty, not in UTF-8, or a quote in it never closes.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CourseError(f"There is no {path}.") from None
    bom = data.startswith(_BOM)
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        raise CourseError(
            f"{path} is not in UTF-8; take it as the system gave it, or save it as CSV UTF-8."
        ) from None
    if "\0" in text or not text.strip():
        raise CourseError(f"{path} is no CSV file, or an empty one.")
    delimiter = max(_DELIMITERS, key=lambda sign: len(next(_parsed(text, sign, path))[0]))
    rows = list(_parsed(text, delimiter, path))
    cells, ends = (tuple(part) for part in zip(*rows, strict=True))
    return Table(cells, ends, delimiter, bom)


def _parsed(text: str, delimiter: str, path: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Split a text into rows of cells as they are written, each with what ends it."""
    sign = re.escape(delimiter)
    cell = re.compile(
        rf'(?P<cell>"[^"]*(?:""[^"]*)*"[^{sign}\r\n]*|[^{sign}\r\n]*)(?P<end>{sign}|\r\n|\r|\n|\Z)'
    )
    place, cells, n_rows = 0, [], 1
    while True:
        found = cell.match(text, place)
        # A quote that opens and never closes fits the second form, which is for cells without.
        if not found or (found["cell"].startswith(_QUOTE) and not _QUOTED.match(found["cell"])):
            raise CourseError(f"{path}, row {n_rows}: a quote is opened and never closed.")
        cells.append(found["cell"])
        place = found.end()
        if found["end"] != delimiter:
            yield tuple(cells), found["end"]
            if place == len(text):
                return
            cells, n_rows = [], n_rows + 1


def _plain(cell: str) -> str:
    """Give what a cell says, without the quotes around it."""
    quoted = _QUOTED.match(cell)
    if not quoted:
        return cell
    return quoted[0][1:-1].replace(2 * _QUOTE, _QUOTE) + cell[quoted.end() :]
