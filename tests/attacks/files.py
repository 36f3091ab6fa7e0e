"""Files that are damaged, lie about what they are, or are no notebooks."""

import gzip
import io
import json
import zipfile

from tests.attacks.registry import ALL, file


def _json(data, **changes):
    return json.dumps({**json.loads(data), **changes}).encode()


@file(because="The file is empty")
def empty(data):
    """Hands in nothing and hopes that nothing failed."""
    return b""


@file(because="The file is empty")
def blanks(data):
    """Hands in a file of blanks."""
    return b" \n" * 1000


@file(because=("not valid JSON", "It looks cut off"))
def cut_off(data):
    """Ends in the middle, as after a lost connection."""
    return data[: len(data) // 2]


@file(because="web page")
def web_page(data):
    """Is the sign-in page of the learning platform."""
    return b"<!DOCTYPE html><script>document.title = '60.0'</script>"


@file(because="zip archive")
def zipped(data):
    """Is a zip archive by the name of a notebook."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ch99_small.ipynb", data)
    return packed.getvalue()


@file(because="not valid JSON")
def gzipped(data):
    """Is compressed, in the hope of a bomb."""
    return gzip.compress(data)


@file(because="nested too deeply")
def deep_json(data):
    """Nests a hundred thousand lists, to overflow the reader's stack."""
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@file(because="not valid JSON")
def integer_of_ten_thousand_digits(data):
    """Holds a number that takes long to read."""
    return b'{"cells": [], "nbformat": ' + b"9" * 10_000 + b"}"


@file(because="MiB are allowed", comparable=False)  # stock has no limit
def too_large(data):
    """Is larger than any notebook, by an output of 21 MiB."""
    return data + b" " * (21 << 20)


@file(because="no list of cells")
def a_list(data):
    """Is JSON, with cells that are no list."""
    return _json(data, cells={"0": json.loads(data)["cells"][0]})


@file(because="JSON, but not a notebook")
def a_number(data):
    """Is JSON: the points that it would like."""
    return b"60.0"


@file(because="of format 5")
def format_of_the_future(data):
    """Says that it is of a format that does not exist."""
    return _json(data, nbformat=5)


@file(because="merge conflict")
def merge_conflict(data):
    """Holds the marks of a merge conflict."""
    return b'{\n<<<<<<< HEAD\n"cells": []\n=======\n>>>>>>> theirs\n}'


@file(because="is damaged and was left out", points=ALL)
def cells_of_all_kinds(data):
    """Has numbers, lists and nothing for cells, between the honest ones."""
    cells = json.loads(data)["cells"]
    return _json(data, cells=[None, 60.0, *cells, [], "60.0", {"cell_type": []}])


@file(points=ALL)
def keys_twice(data):
    """Has every key of the notebook twice, first with a decoy."""
    return b'{"cells": [], "nbformat": 3, "metadata": {"x": NaN}, ' + data.lstrip()[1:]


@file(because="text of cell", points=ALL)
def text_that_is_no_text(data):
    """Has cells whose text is a number or holds one."""
    cells = json.loads(data)["cells"]
    odd = [{"cell_type": "code", "source": source} for source in (60.0, ["x", 1], {"a": 1})]
    return _json(data, cells=[*odd, *cells])


@file(because="UTF-16", points=ALL)
def utf_16(data):
    """Is encoded as an old editor of Windows would."""
    return data.decode().encode("utf-16")


@file(because="read as Latin-1", points=ALL)
def not_utf_8(data):
    """Holds bytes that are no UTF-8."""
    return data.replace(b"a demonstration", b"a d\xe9monstration")


@file(because="null bytes", points=30.0)
def null_bytes(data):
    """Puts null bytes into the answer, where C would end the text."""
    return data.replace(b"return 2 * x", b"return 2 * x\\u0000")


@file(points=ALL)
def lone_surrogates(data):
    """Puts half a character into the answer, which no file can hold."""
    return data.replace(b"return 2 * x", b"return 2 * x  # \\ud83d")


@file(because="lost or left empty", points=ALL)
def ids_of_odd_types(data):
    """Has ids that are lists, numbers and texts with line ends."""
    document = json.loads(data)
    for number, cell in enumerate(document["cells"]):
        cell["id"] = [[number], number, f"a\n{number}", "x" * 5000][number % 4]
        cell["metadata"] = {"nbgrader": {"grade_id": [{}, None, "\x1b[2J", 7][number % 4]}}
    return json.dumps(document).encode()


@file(because="double raised NotImplementedError", points=30.0)
def marks_that_open_and_never_close(data):
    """Opens eight thousand hidden regions in the answer and closes none of them."""
    document = json.loads(data)
    for cell in document["cells"]:
        if cell.get("source", "").startswith("def double"):
            cell["source"] = "### BEGIN HIDDEN TESTS\n" * 8_000 + "double = 60"
    return json.dumps(document).encode()


@file(because="expected", points=30.0)
def names_in_a_tangle(data):
    """Binds thousands of names to each other, for the search for calls that are not allowed."""
    names = [f"x{number}" for number in range(8_000)]
    tangle = f"{' = '.join(names)} = 0\n{names[0]} = [{', '.join(names)}]\n"
    document = json.loads(data)
    for cell in document["cells"]:
        if cell.get("source", "").startswith("def double"):
            cell["source"] = f"{tangle}\ndef double(x):\n    return x0[1]"
    return json.dumps(document).encode()


@file(because="MemoryError", points=30.0)
def expression_too_deep(data):
    """Nests an expression until a parser's stack is full."""
    return data.replace(b"return 2 * x", b"return " + b"-" * 90_000 + b"x")
