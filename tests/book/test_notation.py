"""The notation table is the only source of names: chapters use its symbols, code uses its names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.book.notation_table import Row, read_notation, symbols_of
from tests.book.prose import CHAPTERS, LIVE, ROOT, formulas

CODE_CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::\w[^\n]*\n)*)(.*?)^```",
    re.DOTALL | re.MULTILINE,
)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_notation()


def test_the_table_is_read(rows: list[Row]) -> None:
    batch = next(row for row in rows if "batch_size" in row.code)
    assert batch == Row(
        "how many sequences are worked on at once", ("batch_size",), ("B",), ("B",), ("bs", "bsz")
    )
    assert len(rows) > 30


@pytest.mark.parametrize(
    ("formula", "symbols"),
    [
        (r"P = \softmax\left(\frac{QK^\top}{\sqrt{d_k}}\right)", {"P", "Q", "K", "d", "k"}),
        (r"d_{\text{model}} \in \mathbb{R}^n", {"d", "n", r"\mathbb{R}"}),
        (r"\sum_j e^{s_j} \cdot \operatorname{Var}(x)", {"j", "e", "s", "x"}),
        (
            r"\frac{\partial p_i}{\partial x_j} = p_i(\delta_{ij} - p_j)",
            {r"\partial", r"\delta", "p", "x", "i", "j"},
        ),
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", set()),
    ],
)
def test_symbols_are_found_in_a_formula(formula: str, symbols: set[str]) -> None:
    assert symbols_of(formula) == symbols


def test_no_name_has_two_rows(rows: list[Row]) -> None:
    names = [name for row in rows for name in row.code]
    assert sorted(names) == sorted(set(names))
    assert not {name for row in rows for name in row.do_not_use} & set(names)


@pytest.mark.parametrize("chapter", [*CHAPTERS, *LIVE], ids=lambda path: path.stem)
def test_every_symbol_of_a_chapter_is_in_the_table(chapter: Path, rows: list[Row]) -> None:
    known = set().union(*(symbols_of(formula) for row in rows for formula in row.formulas))
    found = formulas(chapter.read_text(encoding="utf-8"))
    assert found or chapter in LIVE
    unknown = {
        f"{symbol} in ${formula.strip()}$"
        for formula in found
        for symbol in symbols_of(formula) - known
    }
    assert not unknown, "add to book/notation.md:\n" + "\n".join(sorted(unknown))


def names_given(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every argument, variable, attribute and definition in some Python."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def code_cells(text: str) -> Iterator[str]:
    """Yield the Python of each code cell, without IPython's % and ! lines."""
    for cell in CODE_CELL.findall(text):
        yield re.sub(r"^\s*[%!].*$", "", cell, flags=re.MULTILINE)


def avoided_names(rows: list[Row]) -> dict[str, str]:
    """Return each name that the table rules out, with the name to use."""
    return {
        name: " or ".join(row.code)
        for row in rows
        for name in row.do_not_use
        if name.isidentifier()
    }


def test_a_name_that_the_table_rules_out_is_seen(rows: list[Row]) -> None:
    source = "def f(n_head, x):\n    bsz = 1\n    self.head_dim = x\n    return use(att)"
    assert [name for _, name in names_given(source) if name in avoided_names(rows)] == [
        "n_head",
        "bsz",
        "head_dim",
    ]


def test_the_library_uses_no_name_that_the_table_rules_out(rows: list[Row]) -> None:
    avoided, files = avoided_names(rows), sorted((ROOT / "course_lib").rglob("*.py"))
    assert files
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}, say {avoided[name]}"
        for path in files
        for line, name in names_given(path.read_text(encoding="utf-8"))
        if name in avoided
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("chapter", [*CHAPTERS, *LIVE], ids=lambda path: path.stem)
def test_chapters_use_no_name_that_the_table_rules_out(chapter: Path, rows: list[Row]) -> None:
    avoided, cells = avoided_names(rows), list(code_cells(chapter.read_text(encoding="utf-8")))
    assert len(cells) > (0 if chapter in LIVE else 10)
    found = [
        f"{name}, say {avoided[name]}"
        for cell in cells
        for _, name in names_given(cell)
        if name in avoided
    ]
    assert not found, "\n".join(found)
