import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.cells import ChapterError
from autograder.chapters.references import collect, headings_of_site, macros, source_of_page


def test_collect_numbers_equations_and_finds_figures_and_targets(tmp_path):
    figure = {"mystnb": {"figure": {"name": "fig-a", "caption": "A."}}}
    notebook = new_notebook(
        cells=[
            new_markdown_cell("(top)=\n# Top\n\n$$ a $$ (eq-a)\n\n$$ unnumbered $$"),
            new_code_cell("draw()", metadata=figure),
            new_markdown_cell("(bare)=\ntext\n\n$$\nb\n$$ (eq-b)"),
            new_markdown_cell("{ref}`top`, [x](#bare), {ref}`t <u>`"),
        ]
    )
    found = collect(notebook, tmp_path)
    assert found.headings == {"top": "Top", "bare": ""}
    assert found.equations == {"eq-a": 1, "eq-b": 2}
    assert found.figures == {"fig-a": 2}
    assert found.pointed_at == {"top", "bare", "u"}


def test_two_equations_of_one_label_are_refused(tmp_path):
    notebook = new_notebook(cells=[new_markdown_cell("$$ a $$ (eq)\n\n$$ b $$ (eq)")])
    with pytest.raises(ChapterError, match="two equations have the label eq"):
        collect(notebook, tmp_path)


def test_headings_of_site_reads_pages_and_chapters(tmp_path):
    book = tmp_path / "book"
    (book / "howto").mkdir(parents=True)
    (tmp_path / "solutions").mkdir()
    (book / "howto" / "a.md").write_text("(a)=\n# How to\n")
    (tmp_path / "solutions" / "ch01_x.md").write_text("text\n\n(b)=\n\n## Deep **down**\n")
    assert headings_of_site(book) == {"a": "How to", "b": "Deep **down**"}


def test_the_source_of_a_chapters_page_lies_in_solutions(tmp_path):
    book = tmp_path / "book"
    (tmp_path / "solutions").mkdir()
    book.mkdir()
    (tmp_path / "solutions" / "ch01_x.md").touch()
    (book / "index.md").touch()
    assert source_of_page(book, book / "chapters" / "ch01_x").name == "ch01_x.md"
    assert source_of_page(book, book / "chapters" / ".." / "index.md") == book / "index.md"
    (book / "live").mkdir()
    (book / "live" / "figures.md").touch()
    assert source_of_page(book, book / "chapters" / "figures.ipynb").parent == book / "live"
    (book / "appendices").mkdir()
    (book / "appendices" / "sums.md").write_text("# Sums\n")
    assert source_of_page(book, book / "chapters" / "sums").parent == book / "appendices"
    assert collect(new_notebook(), book).page("sums") == "[Sums](sums.ipynb)"
    with pytest.raises(ChapterError, match="there is no page 'chapters/index'"):
        source_of_page(book, book / "chapters" / "index")


def test_a_page_without_title_is_refused(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    (book / "empty.md").write_text("text\n")
    references = collect(new_notebook(), book)
    with pytest.raises(ChapterError, match="'/empty' has no title"):
        references.page("/empty")


def test_a_course_without_configuration_has_no_macros(tmp_path):
    assert macros(tmp_path / "book") == {}
