"""Where the library says that something comes from, and whether the book knows the work.

A source is written as prose writes it, author and year: `Vaswani et al. 2017 (arXiv:1706.03762),
equation 1`. Whoever reads it finds the work in the book's bibliography, or by what stands behind
it: an identifier, or the title in quotes.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import parse_file

NAME = r"(?:[A-Z][\w-]+|nostalgebraist)"
MORE = rf"(?: et al\.| and (?:[A-Z]\. )?{NAME})"
# A name by itself is at least three letters long: "In 2017" names nobody.
SOURCE = re.compile(rf"({NAME}(?={MORE})|{NAME}(?<=[\w-]{{3}})){MORE}?,? \(?((?:19|20)\d\d)\)?")
BEHIND = re.compile(
    r'[\s(,]*(?:arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:10\.|"|“)'  # Author 2017 (arXiv:1706.03762)
)


@dataclass(frozen=True)
class Source:
    """A work that a docstring names.

    Attributes:
        author: Family name of the first author.
        year: As the docstring has it.
        can_be_found: Whether an identifier or a title stands behind it.
        arxiv: The identifier on arXiv that stands behind it, if one does.
    """

    author: str
    year: str
    can_be_found: bool
    arxiv: str | None


def sources_in(text: str) -> Iterator[Source]:
    """Walk the works that a text names."""
    text = " ".join(text.split())
    for found in SOURCE.finditer(text):
        behind = BEHIND.match(text, found.end())
        yield Source(found[1], found[2], behind is not None, behind and behind["arxiv"])


def docstrings(source: str) -> Iterator[str]:
    """Walk the docstrings of a module, and the texts below its constants."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def undocumented(source: str) -> list[str]:
    """List the public functions, classes and methods of a module that say nothing of themselves."""
    return list(_undocumented(ast.parse(source)))


def _undocumented(tree: ast.Module | ast.ClassDef, outer: str = "") -> Iterator[str]:
    for node in tree.body:
        is_definition = isinstance(node, ast.FunctionDef | ast.ClassDef)
        if is_definition and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield outer + node.name
            if isinstance(node, ast.ClassDef):
                yield from _undocumented(node, f"{outer}{node.name}.")


def works(bibliography: Path) -> dict[tuple[str, str], set[str]]:
    """Map the first author and the year of each work to the identifiers that it has."""
    found: dict[tuple[str, str], set[str]] = {}
    for entry in parse_file(str(bibliography)).entries.values():
        people = entry.persons.get("author") or entry.persons["editor"]
        name = "".join(people[0].last_names[-1:]).strip("{}")
        found.setdefault((name, entry.fields["year"]), set()).add(entry.fields.get("eprint", ""))
    return found
