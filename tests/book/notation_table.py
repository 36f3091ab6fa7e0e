"""Reads the tables of book/notation.md, and the symbols of a formula."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "book" / "notation.md"
COLUMNS = ("In words", "In code", "In shapes", "In formulas", "Do not use")
# Commands that print a symbol with a meaning. All others (\frac, \left, \cdot …) are layout or
# operators that everyone knows.
LETTERS = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi
    rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi
    Sigma Phi Psi Omega ell partial nabla""".split()  # noqa: SIM905 - easier to read than fifty quoted strings
)
TEXT = re.compile(
    r"\\(?:text|mathrm|operatorname|textbf|textit|texttt|mbox|begin|end|label|tag)\s*\*?\{[^{}]*\}"
)
BLACKBOARD = re.compile(r"\\(?:mathbb|mathcal)\s*\{?([A-Z])\}?")


@dataclass(frozen=True)
class Row:
    """One line of the notation: an idea and its names."""

    words: str
    code: tuple[str, ...]
    shapes: tuple[str, ...]
    formulas: tuple[str, ...]
    do_not_use: tuple[str, ...]


def in_backticks(cell: str) -> tuple[str, ...]:
    """Return the names that a cell sets as code."""
    return tuple(re.findall(r"`([^`]+)`", cell))


def read_notation() -> list[Row]:
    """Return every row of every table of the page."""
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|") or line.startswith("|---"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != len(COLUMNS):
            raise ValueError(
                f"notation.md: a row has {len(cells)} cells, not {len(COLUMNS)}: {line}"
            )
        if tuple(cells) == COLUMNS:
            continue
        words, code, shapes, formulas, do_not_use = cells
        rows.append(
            Row(
                words,
                in_backticks(code),
                tuple(in_backticks(shapes)),
                tuple(re.findall(r"\$([^$]+)\$", formulas)),
                in_backticks(do_not_use),
            )
        )
    return rows


def symbols_of(formula: str) -> set[str]:
    """Return the letters of a formula that stand for something.

    A subscript's letters count too: `x_i` holds `x` and `i`. What stands in \\text{…} is a word.
    """
    found = {f"\\mathbb{{{letter}}}" for letter in BLACKBOARD.findall(formula)}
    rest = BLACKBOARD.sub(" ", TEXT.sub(" ", formula))
    found |= {f"\\{name}" for name in re.findall(r"\\([A-Za-z]+)", rest) if name in LETTERS}
    return found | set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", rest)))
