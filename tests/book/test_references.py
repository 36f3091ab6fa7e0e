"""Citations and glossary terms: what is used exists, what exists is used."""

import re
from pathlib import Path

import pytest
from pybtex.database import parse_file

from tests.book.prose import CHAPTERS, LIVE, PAGES, ROOT, without_code

BIBLIOGRAPHY = parse_file(str(ROOT / "book" / "references.bib"))
ALL_PAGES = [*PAGES, *CHAPTERS, *LIVE]
CITATION = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
TERM = re.compile(r"\{term\}`([^`]+)`")


def cited_on(page: Path) -> set[str]:
    """Return the keys that a page cites."""
    text = without_code(page.read_text(encoding="utf-8"))
    return {key.strip() for group in CITATION.findall(text) for key in group.split(",")}


def glossary_terms() -> list[str]:
    """Return the terms that the glossary defines, in its order."""
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    body = text.split(":::{glossary}\n", 1)[1].rsplit(":::", 1)[0]
    return [line for line in body.splitlines() if line and not line.startswith(" ")]


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda path: path.name)
def test_every_work_that_a_page_cites_is_listed(page: Path) -> None:
    assert cited_on(page) <= set(BIBLIOGRAPHY.entries)


def test_every_listed_work_is_cited() -> None:
    cited = set().union(*(cited_on(page) for page in ALL_PAGES))
    assert set(BIBLIOGRAPHY.entries) <= cited


@pytest.mark.parametrize("key", sorted(BIBLIOGRAPHY.entries))
def test_a_listed_work_can_be_found(key: str) -> None:
    entry = BIBLIOGRAPHY.entries[key]
    assert entry.fields.get("title")
    assert re.fullmatch(r"(18|19|20)\d\d", entry.fields["year"])
    assert key.endswith(entry.fields["year"]), "a key is the first author and the year"
    assert entry.persons["author"]
    assert any(entry.fields.get(name) for name in ("doi", "eprint", "url")), "no address"
    assert "arxiv" not in entry.fields.get("journal", "").lower(), "a preprint is in no journal"
    if "doi" in entry.fields:
        assert re.fullmatch(r"10\.\d{4,}/\S+", entry.fields["doi"])
    if "eprint" in entry.fields:
        assert re.fullmatch(r"\d{4}\.\d{4,5}", entry.fields["eprint"])


def test_no_identifier_is_listed_twice() -> None:
    names = ("doi", "eprint", "url", "title")
    for name in names:
        values = [
            entry.fields[name] for entry in BIBLIOGRAPHY.entries.values() if name in entry.fields
        ]
        assert len(values) == len(set(values)), name


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda path: path.name)
def test_every_term_that_a_page_uses_is_in_the_glossary(page: Path) -> None:
    known = {term.lower() for term in glossary_terms()}
    used = TERM.findall(without_code(page.read_text(encoding="utf-8")))
    targets = {re.sub(r"^.*<(.+)>$", r"\1", term.replace("\n", " ")).lower() for term in used}
    assert targets <= known


def test_the_glossary_is_in_the_order_of_the_alphabet_and_names_nothing_twice() -> None:
    terms = [term.lower() for term in glossary_terms()]
    assert len(terms) > 40
    assert terms == sorted(set(terms))
