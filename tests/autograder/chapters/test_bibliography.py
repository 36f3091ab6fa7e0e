import pytest

from autograder.chapters.bibliography import Work, cite, read_works
from autograder.chapters.cells import ChapterError
from autograder.files import COURSE

ENTRIES = r"""
@article{two, author = {H{\'e}rault, J. and van der Maaten, Laurens}, title = {T}, year = {2008},
  url = {https://example.org/two}}
@misc{team, organization = {The {P}ython Team}, title = {T}}
@book{edited, editor = {Fogelman Souli{\'e}, Fran{\c c}oise}, title = {T}, year = {1990}}
@article{many, author = {First, A. and others}, title = {T}, year = {2020}}
@article{doi, author = {Doe, J.}, title = {T}, year = {2021}, doi = {10.1/x}, url = {https://no.org}}
"""


@pytest.fixture
def bibliography(tmp_path):
    path = tmp_path / "references.bib"
    path.write_text(ENTRIES, encoding="utf-8")
    return path


def test_works_are_read_with_accents_prefixes_and_addresses(bibliography):
    assert read_works(bibliography) == {
        "two": Work("Hérault and van der Maaten", "2008", "https://example.org/two"),
        "team": Work("The Python Team", "n.d.", ""),
        "edited": Work("Fogelman Soulié", "1990", ""),
        "many": Work("First et al.", "2020", ""),
        "doi": Work("Doe", "2021", "https://doi.org/10.1/x"),
    }


def test_citations_in_a_sentence_and_behind_it(bibliography):
    assert cite(bibliography, "many", textual=True) == "First et al. (2020)"
    assert cite(bibliography, "many,edited", textual=True) == (
        "First et al. (2020); Fogelman Soulié (1990)"
    )
    assert cite(bibliography, "edited , many", textual=False) == (
        "(Fogelman Soulié, 1990; First et al., 2020)"
    )


def test_an_unknown_key_is_named(bibliography):
    with pytest.raises(ChapterError, match=r"references.bib has no entry 'nobody'"):
        cite(bibliography, "two,nobody", textual=True)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ChapterError, match=r"the bibliography absent.bib is missing"):
        read_works(tmp_path / "absent.bib")
    broken = tmp_path / "broken.bib"
    broken.write_text("@article{x, author = ")
    with pytest.raises(ChapterError, match=r"broken.bib is not BibTeX"):
        read_works(broken)


def test_every_entry_of_the_book_can_be_cited():
    works = read_works(COURSE.book / "references.bib")
    assert works
    assert all(work.authors and work.year.isdigit() for work in works.values())
