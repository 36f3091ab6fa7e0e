"""Read a submission as hostile data: bytes in, plain cells and a list of repairs out.

Nothing here trusts the file. Of a cell only four things are kept: its kind, its text, its id and
its nbgrader id; outputs, tags and every other metadata are dropped. What can be repaired is
repaired and said; what can't raises `UnreadableError` with the reason in words for the learner.
"""

import codecs
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UnreadableError

MAX_BYTES = 20 * 2**20  # a solved chapter with its plots is under 5 MiB
MAX_CELLS = 2_000
MAX_CELL_CHARACTERS = 200_000
OLDEST_MAJOR, CURRENT_MAJOR = 3, 4  # nbformat 3 was written by IPython until 2015

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Cell:
    """The part of a submitted cell that grading looks at.

    Attributes:
        kind: "code", "markdown" or "raw".
        source: The text.
        grade_id: nbgrader's id in the cell's metadata, or "".
        cell_id: The notebook format's own id, or "".
    """

    kind: str
    source: str
    grade_id: str = ""
    cell_id: str = ""


@dataclass(frozen=True)
class Submission:
    """A readable submission.

    Attributes:
        cells: Its cells in order.
        repairs: One sentence for each thing that was not as it should be.
    """

    cells: tuple[Cell, ...]
    repairs: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """Read a submitted file, following no link and waiting for no pipe.

    Raises:
        UnreadableError: The path is a link, no plain file, too large, or cannot be opened.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise UnreadableError("The file is a link; hand in the notebook itself.") from None
        raise UnreadableError(f"The file cannot be opened: {error.strerror}.") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableError("This is not a plain file; hand in the notebook itself.")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise UnreadableError(_too_large(status.st_size))
        return file.read(MAX_BYTES + 1)


def read_submission(data: bytes) -> Submission:
    """Turn the bytes of a submitted notebook into cells.

    Raises:
        UnreadableError: Nothing can be graded.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(_too_large(len(data)))
    repairs: list[str] = []
    document = _parse(_decode(data, repairs))
    raw_cells = _raw_cells(document, repairs)
    if len(raw_cells) > MAX_CELLS:
        raise UnreadableError(f"The notebook has {len(raw_cells)} cells; {MAX_CELLS} are allowed.")
    cells = [cell for i, raw in enumerate(raw_cells) if (cell := _cell(raw, i + 1, repairs))]
    if not cells:
        raise UnreadableError("The notebook has no cells.")
    return Submission(tuple(cells), tuple(repairs))


def _too_large(n_bytes: int) -> str:
    return (
        f"The file has {n_bytes / 2**20:.0f} MiB; {MAX_BYTES // 2**20} MiB are allowed. "
        "Clear the outputs (Kernel → Restart and Clear All Outputs) and hand it in again."
    )


def _decode(data: bytes, repairs: list[str]) -> str:
    if not data.strip():
        raise UnreadableError("The file is empty.")
    if data.startswith(b"PK\x03\x04"):
        raise UnreadableError("The file is a zip archive, not a notebook; unpack it first.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None and data[:2] in (b"{\0", b"\0{"):
        encoding = "utf-16-le" if data[0] else "utf-16-be"
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        # Every byte means something in Latin-1; an editor on an old system wrote such a file.
        repairs.append("The file was not UTF-8; it was read as Latin-1, accents may be wrong.")
        return data.decode("latin-1")
    if encoding not in (None, "utf-8-sig"):
        repairs.append(f"The file was {encoding.upper()} and was read as such.")
    return text


def _parse(text: str) -> dict[str, Any]:
    start = text.lstrip()[:200].lower()
    if start.startswith("<"):
        raise UnreadableError(
            "The file is a web page, not a notebook; download the .ipynb file itself."
        )
    if "\n<<<<<<< " in text:
        raise UnreadableError(
            "The file holds the marks of a merge conflict (<<<<<<<); resolve it, then hand it in."
        )
    try:
        document = json.loads(text)
    except RecursionError:
        raise UnreadableError("The file is nested too deeply to be a notebook.") from None
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        cut = " It looks cut off." if at_end else ""
        raise UnreadableError(
            f"The file is not valid JSON (line {error.lineno}: {error.msg}).{cut} "
            "Open it in Jupyter, save it, and hand in the saved file."
        ) from None
    except ValueError as error:  # such as an integer of ten thousand digits
        raise UnreadableError(f"The file is not valid JSON ({error}).") from None
    if not isinstance(document, dict):
        raise UnreadableError("The file is JSON, but not a notebook.")
    return document


def _raw_cells(document: dict[str, Any], repairs: list[str]) -> list[Any]:
    """Find the list of cells of any major version of the format."""
    major, minor = document.get("nbformat"), document.get("nbformat_minor")
    if type(major) is int and major > CURRENT_MAJOR:
        raise UnreadableError(
            f"The notebook is of format {major}; the newest that can be read is {CURRENT_MAJOR}. "
            "Save it as format 4."
        )
    if type(major) is int and major < OLDEST_MAJOR:
        raise UnreadableError(f"The notebook is of format {major}, which is too old to be read.")
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):
        repairs.append("The notebook was in the old format 3 and was converted.")
        sheets = [s for s in document["worksheets"] if isinstance(s, dict)]
        cells = [c for s in sheets for c in s.get("cells", []) if isinstance(s.get("cells"), list)]
    elif major != CURRENT_MAJOR or type(minor) is not int:
        repairs.append("The notebook did not say its format; it was read as format 4.")
    if not isinstance(cells, list):
        raise UnreadableError("The file is JSON, but not a notebook: it has no list of cells.")
    return cells


def _cell(raw: object, number: int, repairs: list[str]) -> Cell | None:
    if not isinstance(raw, dict):
        repairs.append(f"Cell {number} is damaged and was left out.")
        return None
    kind = raw.get("cell_type")
    if kind == "heading":  # format 3
        kind = "markdown"
    if kind not in ("code", "markdown", "raw"):
        repairs.append(f"Cell {number} has no known kind and was left out.")
        return None
    text = _text(raw.get("source", raw.get("input", "")))
    if text is None:
        repairs.append(f"The text of cell {number} is damaged; the cell was left empty.")
        text = ""
    if len(text) > MAX_CELL_CHARACTERS:
        repairs.append(
            f"Cell {number} has {len(text)} characters, {MAX_CELL_CHARACTERS} are allowed; "
            "the cell was left empty."
        )
        text = ""
    metadata = raw.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return Cell(kind, text, _identifier(grade_id), _identifier(raw.get("id")))


def _text(value: object) -> str | None:
    """Join the lines of a cell; lone surrogates, which no file can hold, become `�`."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        return None
    text = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _identifier(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= 100 else ""  # noqa: PLR2004
