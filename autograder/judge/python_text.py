"""The learner's cells as Python, for the search for calls not allowed.

Read on the judge's side: what the learner's process says of its own cells would be hearsay.
"""

import ast
import contextlib

# IPython's transformers read a cell once for every magic in it; a cell that takes long is not read.
MAX_MAGIC_CELL_CHARACTERS = 20_000
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


def as_python(cell: str) -> str:
    """Give a cell as Python, its magics turned into calls; "" for one that is no Python."""
    with contextlib.suppress(*_FAILURES):
        ast.parse(cell)
        return cell
    if len(cell) > MAX_MAGIC_CELL_CHARACTERS:
        return ""
    from IPython.core.inputtransformer2 import TransformerManager  # few cells need it

    with contextlib.suppress(*_FAILURES):
        python = TransformerManager().transform_cell(cell)
        ast.parse(python)
        return python
    return ""
