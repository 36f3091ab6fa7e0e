"""The learner's cells as Python, for the search for calls not allowed.

Read on the judge's side: what the learner's process says of its own cells would be hearsay. Each
line is looked at once; IPython's own transformer reads a cell again for every magic in it, which
takes minutes on a hostile one.

Stops: a magic hiding the rest of its cell; a cell that would take long to read.
Does not stop: a call that a magic is given as text, but for the magics that run it as Python.
"""

import ast
import contextlib
import re

# A magic that runs what follows it as Python, on a line or as a whole cell.
_RUNS_PYTHON = re.compile(
    r"%%?(?:time|timeit|prun|capture|debug|memit)\b(?:[ \t]+-\w+(?:[ \t]*\d+)?)*"
)
_MAGIC = re.compile(r"(?:[\w.,\[\] \t]*=[ \t]*)?[%!]|[?]|.*[?][ \t]*$")
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


def as_python(cell: str) -> str:
    """Give a cell as Python, its magics left out; "" for one that is no Python."""
    for text in (cell, None):
        with contextlib.suppress(*_FAILURES):
            python = _without_magics(cell) if text is None else text
            ast.parse(python)
            return python
    return ""


def _without_magics(cell: str) -> str:
    return "\n".join(map(_without_magic, cell.splitlines()))


def _without_magic(line: str) -> str:
    """Give a line without its magic: what `%time` runs, and `pass` in place of the others."""
    code = line.lstrip(" \t")
    indent = line[: len(line) - len(code)]
    runs = _RUNS_PYTHON.match(code)
    if runs:
        return indent + (code[runs.end() :].strip() or "pass")
    return f"{indent}pass" if _MAGIC.match(code) else line
