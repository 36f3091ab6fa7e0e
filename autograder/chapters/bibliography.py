"""Citations as author and year, from the book's BibTeX file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from autograder.chapters.cells import ChapterError

if TYPE_CHECKING:
    from pybtex.database import Entry, Person

MAX_AUTHORS = 2  # more are "et al."


@dataclass(frozen=True)
class Work:
    """What a citation shows of a work.

    Attributes:
        authors: Family names, as they stand in a sentence.
        year: Year of publication, or "n.d.".
        address: Where it can be read, or "".
    """

    authors: str
    year: str
    address: str


def cite(bibliography: Path, keys: str, *, textual: bool) -> str:
    """Write a citation as author and year, linked to the paper where its address is known.

    Args:
        bibliography: A BibTeX file.
        keys: Keys of its entries, separated by commas.
        textual: "Vaswani et al. (2017)" in a sentence, else "(Vaswani et al., 2017)" behind it.

    Raises:
        ChapterError: There is no such file, or a key is not in it.
    """
    works = read_works(bibliography)
    cited = []
    for key in (key.strip() for key in keys.split(",")):
        if key not in works:
            raise ChapterError(f"{bibliography.name} has no entry {key!r}")
        work = works[key]
        text = f"{work.authors} ({work.year})" if textual else f"{work.authors}, {work.year}"
        cited.append(f"[{text}]({work.address})" if work.address else text)
    return "; ".join(cited) if textual else f"({'; '.join(cited)})"


@cache
def read_works(bibliography: Path) -> dict[str, Work]:
    """Read a BibTeX file.

    Raises:
        ChapterError: There is no such file, or it is not BibTeX.
    """
    from pybtex.database import parse_file  # comes with the book; grading does without
    from pybtex.exceptions import PybtexError

    if not bibliography.is_file():
        raise ChapterError(f"the bibliography {bibliography.name} is missing")
    try:
        entries = parse_file(bibliography, bib_format="bibtex").entries
    except PybtexError as error:
        raise ChapterError(f"{bibliography.name} is not BibTeX: {error}") from error
    return {key: _work(entry) for key, entry in entries.items()}


def _work(entry: "Entry") -> Work:
    fields: dict[str, str] = dict(entry.fields or {})
    persons: dict[str, list[Person]] = dict(entry.persons or {})
    people = persons.get("author") or persons.get("editor") or []
    names = [
        " ".join(map(str, [*person.rich_prelast_names, *person.rich_last_names]))
        for person in people
    ]
    if not names:
        names = [_plain(fields.get("organization") or fields.get("title") or "Anonymous")]
    if len(names) > MAX_AUTHORS or "others" in names:
        authors = f"{names[0]} et al."
    else:
        authors = " and ".join(names)
    return Work(authors, fields.get("year", "n.d."), _address(fields))


def _plain(latex: str) -> str:
    """Read LaTeX's accents and braces."""
    from pybtex.richtext import Text

    return str(Text.from_latex(latex))


def _address(fields: dict[str, str]) -> str:
    """Give the address of a paper: its DOI, its arXiv page, or the one that is stated."""
    if "doi" in fields:
        return "https://doi.org/" + quote(fields["doi"])  # brackets would end a Markdown link
    if "eprint" in fields:
        return f"https://arxiv.org/abs/{fields['eprint']}"
    return fields.get("url", "")
