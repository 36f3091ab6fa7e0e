from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.cells import ChapterError
from autograder.chapters.plain_inline import Place
from autograder.chapters.plain_markdown import make_plain, translate
from autograder.chapters.references import References

NO_BOOK = Path("/nowhere/book")  # no pages, no macros


def plain(text, **labels):
    return translate(text, Place(References(NO_BOOK, {}, labels, {}), 1))


CASES = {
    "note": (
        "Before.\n\n:::{note}\nFirst.\n\nSecond.\n:::\n\nAfter.",
        "Before.\n\n> **Note**\n>\n> First.\n>\n> Second.\n\nAfter.",
    ),
    "note with text on the fence": (":::{tip} Try\nit.\n:::", "> **Tip**\n>\n> Try\n> it."),
    "backtick fence": ("```{warning}\nHot.\n```", "> **Warning**\n>\n> Hot."),
    "titled": (
        ":::{admonition} Predict `first`\n:class: tip\nWell?\n:::",
        "> **Predict `first`**\n>\n> Well?",
    ),
    "folded": (
        ":::{admonition} Why `a<b`?\n:class: tip dropdown\n\nBecause.\n:::",
        "<details>\n<summary>Why <code>a&lt;b</code>?</summary>\n\nBecause.\n\n</details>",
    ),
    "dropdown": (
        ":::{dropdown} More\nText.\n:::",
        "<details>\n<summary>More</summary>\n\nText.\n\n</details>",
    ),
    "nested": (
        "::::{note}\nOut.\n\n:::{dropdown} In\nDeep.\n:::\n::::",
        "> **Note**\n>\n> Out.\n>\n"
        "> <details>\n> <summary>In</summary>\n>\n> Deep.\n>\n> </details>",
    ),
    "in a list": ("- one\n\n  :::{note}\n  Two.\n  :::", "- one\n\n  > **Note**\n  >\n  > Two."),
    "formula in a quotation": (
        ":::{note}\n$$\na\n= b\n$$\n:::",
        "> **Note**\n>\n> $$ a = b $$",
    ),
    "comment": ("One.\n% nobody reads this\nTwo.", "One.\nTwo."),
    "unused target": ("(here)=\n## Title", "## Title"),
    "listing": (
        "```python\n% {ref}`x` :::{note}\n(x)=\n```",
        "```python\n% {ref}`x` :::{note}\n(x)=\n```",
    ),
    "details of HTML": (
        "<details>\n<summary>Hint 1</summary>\n\nText.\n\n</details>",
        "<details>\n<summary>Hint 1</summary>\n\nText.\n\n</details>",
    ),
    "table": ("| a | b |\n|---|:--|\n| 1 | 2 |", "| a | b |\n|---|:--|\n| 1 | 2 |"),
    "formula without label": ("$$\nx\n$$", "$$\nx\n$$"),
}


@pytest.mark.parametrize("name", CASES)
def test_translations(name):
    myst, wanted = CASES[name]
    assert plain(myst) == wanted


def test_a_formula_that_opens_a_sentence_is_not_the_labelled_one():
    myst = "$$ a $$ is short.\n\n$$ b $$ (eq-b)"
    wanted = "$$ a $$ is short.\n\n$$ b \\tag{1}\n$$"
    assert plain(myst, **{"eq-b": 1}) == wanted


def test_a_labelled_equation_gets_its_number():
    myst = "$$\na = b\n$$ (eq-a)\n\nand $$ c $$ (eq-b)\n\n$$ c $$ (eq-b)"
    wanted = "$$\na = b \\tag{1}\n$$\n\nand $$ c $$ (eq-b)\n\n$$ c \\tag{2}\n$$"
    assert plain(myst, **{"eq-a": 1, "eq-b": 2}) == wanted


@pytest.mark.parametrize(
    ("myst", "sentence"),
    [
        (":::{note}\nText.", "':::{note}' is never closed"),
        ("```python\nx", "'```python' is never closed"),
        ("```{figure} a.png\n```", "the directive {figure} has no plain form"),
        (":::note\nx\n:::", "':::note' names no directive"),
        ("[^1]: a footnote", "footnotes and definition lists are not plain"),
        ("word\n: its meaning", "footnotes and definition lists are not plain"),
        (":::{note}\n{abbr}`x`\n:::", "the role {abbr} has no plain form"),
    ],
)
def test_what_is_not_known_is_refused_in_words(myst, sentence):
    with pytest.raises(ChapterError) as caught:
        plain(myst)
    assert sentence in str(caught.value)


def notebook_of(*cells):
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["course"] = {"chapter": "ch07_doubling"}
    return notebook


def test_labels_are_seen_across_cells_and_code_is_left_alone(tmp_path):
    code = new_code_cell("x = '{eq}`eq-a`'", metadata={"mystnb": {"figure": {"name": "fig-x"}}})
    notebook = notebook_of(
        new_markdown_cell("By {eq}`eq-a` and {ref}`later`; {numref}`fig-x`."),
        code,
        new_markdown_cell("(later)=\n## Later on\n\n$$ a $$ (eq-a)"),
    )
    make_plain(notebook, tmp_path)
    assert [cell.source for cell in notebook.cells] == [
        "By (1) and [Later on](#later); the figure below.",
        "x = '{eq}`eq-a`'",
        '<a id="later"></a>\n\n## Later on\n\n$$ a \\tag{1}\n$$',
    ]


def test_a_fault_names_chapter_and_cell(tmp_path):
    notebook = notebook_of(new_markdown_cell("Fine."), new_markdown_cell("{abbr}`x`"))
    with pytest.raises(ChapterError, match=r"^ch07_doubling, cell 2: the role \{abbr\}"):
        make_plain(notebook, tmp_path)
