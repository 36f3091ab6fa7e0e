"""A class of hostile files, names and texts, as a folder that `course grade` is given."""

import json
import os
import socket
import unicodedata
from pathlib import Path

from nbformat.v4 import new_code_cell

from tests.attacks.registry import RIGHT, index, put, saved, solved

# Whoever parses a page and finds an element with this attribute has found a hole in its escaping.
MARKER = "data-mallory"
ELEMENTS = (
    f"<script {MARKER}>alert(1)</script>",
    f"</pre></code></details></section><img {MARKER} src=x onerror=alert(1)>",
    f'" {MARKER} onmouseover="alert(1)" x=\'',
    f"' {MARKER} onfocus='alert(1)' autofocus ",
    f"--><svg {MARKER} onload=alert(1)><!--",
    f"</title></style></textarea><iframe {MARKER} srcdoc=x>",
    f"{{{{ 6 * 7 }}}}<b {MARKER}>{{% raw %}}",
    f"[a](javascript:alert(1)) `<i {MARKER}>` <a {MARKER} href='javascript:alert(1)'>",
)
# A terminal would obey them, a page would show its text in another order, a file cannot hold them.
CONTROLS = "\x1b[2J\x1b]0;mallory\x07 \x9b31m \u202e60.0\u202c \x00 \ud800 \u2028 \x08\x08 \r60.0"
NAMES = {
    "markup": f"<img {MARKER} onerror=alert(1)>",
    "formula": "=HYPERLINK(1)",
    "another formula": "@SUM(1+1)",
    "minus": "-rf",
    "terminal": "\x1b[31mred\x1b]0;owned\x07",
    "turned around": "ada\u202ezyz",
    "line end": "two\nlines",
    "quotes": "a\"b'c,d;e",
    "backslash": "up\\..\\..\\owned-by-mallory",
    "long": "x" * 240,
    "reserved": "CON",
    "composed": unicodedata.normalize("NFC", "zoë"),
    "decomposed": unicodedata.normalize("NFD", "zoë"),
    "small": "one-name",
    "capital": "One-NAME",
    "name of a result": "ada.json",
    "name of a chapter": "ch99_small",
    "accents": "z" + "\u0301" * 50,
}


def texts() -> bytes:
    """A notebook that says hostile things wherever a text of the learner's is shown."""
    notebook = solved()
    everything = "\n".join([*ELEMENTS, CONTROLS])
    answer = f"""
text = {everything!a}
print(text, {CONTROLS!a})
print("x" * 1_000_000)
class Name(str):
    pass
kind = type({ELEMENTS[0].replace(chr(0), "")!a}, (ValueError,), {{}})

def double(x):
    if isinstance(x, int):
        return text
    raise kind(text)
"""
    put(notebook, "double", answer)
    put(notebook, "written", everything)
    notebook.cells.insert(0, new_code_cell("\n".join(f"# {one}" for one in ELEMENTS) + "\n1 / 0"))
    raising = f"raise type({ELEMENTS[1]!a}, (ValueError,), {{}})({everything!a})"
    notebook.cells.insert(index(notebook, "double"), new_code_cell(raising))
    plot = (
        "import matplotlib.pyplot as plt\nplt.title('<svg onload=alert(1)>')\n_ = plt.plot([1, 2])"
    )
    notebook.cells.insert(index(notebook, "largest"), new_code_cell(plot))
    return saved(notebook)


def returns_what_cannot_be_shown() -> bytes:
    """Values that cross to the judge and that Python or torch cannot print or compare."""
    notebook = solved()
    put(
        notebook,
        "double",
        """
import numpy as np

def double(x):
    return 1 << 16000 if isinstance(x, int) else np.zeros(x.shape, dtype=np.longdouble)
""",
    )
    return saved(notebook)


def write(folder: Path, elsewhere: Path) -> dict[str, float | None]:
    """Write the class; `elsewhere` holds what links point to.

    Returns:
        The points that each learner must get, by the file's name; None for what is no notebook.
    """
    right = saved(solved())
    must: dict[str, float | None] = {"ada": 90.0, "texts": 30.0, "unprintable": 30.0}
    files = {"ada": right, "texts": texts(), "unprintable": returns_what_cannot_be_shown()}
    for kind, name in NAMES.items():
        notebook = solved()
        put(notebook, "double", f"{RIGHT}\nprint({kind!r})")
        files[name] = saved(notebook)
        must[name] = 90.0
    for name, data in files.items():
        (folder / f"{name}.ipynb").write_bytes(data)
    (folder / "folder.ipynb").mkdir()
    (folder / "empty.ipynb").touch()
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "loop.ipynb").symlink_to("loop.ipynb")
    (folder / "around").symlink_to(folder, target_is_directory=True)
    (folder / "linked.ipynb").symlink_to(elsewhere / "right.ipynb")
    (elsewhere / "right.ipynb").write_bytes(right)
    with socket.socket(socket.AF_UNIX) as line:
        here = os.getcwd()
        os.chdir(folder)  # a socket's name may have a hundred characters
        try:
            line.bind("socket.ipynb")
        finally:
            os.chdir(here)
    must |= dict.fromkeys(("empty", "pipe", "loop", "linked", "socket"))
    _forge_results(folder)
    return must


def _forge_results(folder: Path) -> None:
    """Hand in what looks like the grader's own results and gradebook."""
    (folder / "results").mkdir()
    forged = {"key": "0" * 64, "submission": "0" * 64, "result": {"learner": "ada", "points": 900}}
    (folder / "results" / "texts.json").write_text(json.dumps(forged))
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\x00")
    (folder / "marks.csv").write_text("learner,points\ntexts,90\n")
