"""Text in a cell that a spreadsheet opens: seen as it is, and never run."""

from autograder.plain_text import visible

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return text.startswith(_FORMULA_STARTS)


def harmless(cell: object) -> object:
    """Keep a spreadsheet from running a learner's name as a formula, or hiding a part of it."""
    if not isinstance(cell, str):
        return cell
    return f"'{visible(cell)}" if is_formula(cell) else visible(cell)
