import pytest

from autograder.chapters.cells import ChapterError
from autograder.chapters.plain_inline import Place, translate_inline
from autograder.chapters.references import References

BIBLIOGRAPHY = """\
@article{one, author = {Luong, Thang}, title = {T}, year = {2015}, doi = {10.1/a(2)b}}
@article{three, author = {A, B and C, D and E, F}, title = {T}, year = {2017}, eprint = {1706.1}}
"""


@pytest.fixture
def place(tmp_path):
    book = tmp_path / "book"
    (book / "chapters").mkdir(parents=True)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "ch03_heads.md").write_text(
        "---\nx: 1\n---\n\n(heads)=\n# Many heads\n"
    )
    (book / "notation.md").write_text("# Notation\n\n(masks)=\n## Masks\n")
    (book / "references.bib").write_text(BIBLIOGRAPHY)
    (tmp_path / "_config.yml").write_text(
        "sphinx:\n  config:\n    katex_macros:\n"
        '      "\\\\softmax": "\\\\operatorname{softmax}"\n      "\\\\soft": "s"\n'
    )
    references = References(
        book, {"here": "Right here"}, {"eq-a": 1, "eq-b": 2}, {"fig-a": 3, "fig-b": 9}
    )
    return Place(references, cell_number=5)


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("as {cite:t}`one` says", "as [Luong (2015)](https://doi.org/10.1/a%282%29b) says"),
        (
            "so {cite:p}`three, one`.",
            "so ([A et al., 2017](https://arxiv.org/abs/1706.1); "
            "[Luong, 2015](https://doi.org/10.1/a%282%29b)).",
        ),
        ("by {eq}`eq-b`", "by (2)"),
        ("see {ref}`here`", "see [Right here](#here)"),
        ("see {ref}`this <here>`", "see [this](#here)"),
        ("see {ref}`masks`", "see *Masks*"),
        ("see {ref}`heads`", "see *Many heads*"),
        ("see {ref}`fig-b`", "see the figure below"),
        ("in {numref}`fig-a` and {numref}`fig-b`", "in the figure above and the figure below"),
        ("{numref}`Figure %s <fig-b>` shows", "The figure below shows"),
        ("Look. {numref}`fig-a` shows", "Look. The figure above shows"),
        ("next: {doc}`ch03_heads`", "next: [Many heads](ch03_heads.ipynb)"),
        ("next: {doc}`three <ch03_heads>`", "next: [three](ch03_heads.ipynb)"),
        ("{doc}`/notation`", "*Notation*"),
        ("{doc}`the table <../notation>`", "*the table*"),
        ("a {term}`token` or {term}`tokens <token>`", "a token or tokens"),
        ("press {kbd}`Shift`", "press <kbd>Shift</kbd>"),
        ("[next](ch03_heads.md)", "[next](ch03_heads.ipynb)"),
        ("[signs](../notation.md#masks)", "[signs](../book/notation.md#masks)"),
        ("[paper](https://example.org/a.md)", "[paper](https://example.org/a.md)"),
        ("[up](#here)", "[up](#here)"),
        ("`{cite:t}` and `` `{eq}`a` `` stay", "`{cite:t}` and `` `{eq}`a` `` stay"),
        (r"$\softmax(x)$ \softmax", r"$\operatorname{softmax}(x)$ \softmax"),
        (r"$\soft x$, $\softer$", r"$s x$, $\softer$"),
        (r"$$ x_{{i}} $$ costs \$5 and $6", r"$$ x_{{i}} $$ costs \$5 and $6"),
        ("a set {1, 2} and [list] (aside)", "a set {1, 2} and [list] (aside)"),
    ],
)
def test_translations(place, myst, plain):
    assert translate_inline(myst, place) == plain


@pytest.mark.parametrize(
    ("myst", "sentence"),
    [
        ("{abbr}`BPE (…)`", "the role {abbr} has no plain form"),
        ("{cite:t}`nobody`", "references.bib has no entry 'nobody'"),
        ("{eq}`eq-z`", "no equation of this chapter has the label 'eq-z'"),
        ("{numref}`fig-z`", "no figure of this chapter is named 'fig-z'"),
        ("{ref}`nowhere`", "no page has a heading with the label 'nowhere'"),
        ("{doc}`ch09_next`", "there is no page 'chapters/ch09_next' in the book"),
        ("[x](../absent.md)", "there is no page 'absent.md' in the book"),
        ("{{ substitution }}", "'{{ substitution }}' has no plain form"),
        ("[text]{.red}", "'{.red}' has no plain form"),
        ("a note[^1]", "'[^1]' has no plain form"),
    ],
)
def test_what_is_not_known_is_refused_in_words(place, myst, sentence):
    with pytest.raises(ChapterError) as caught:
        translate_inline(myst, place)
    assert sentence in str(caught.value)


def test_a_macro_with_arguments_is_refused(tmp_path):
    (tmp_path / "_config.yml").write_text(
        'sphinx:\n  config:\n    katex_macros:\n      "\\\\norm": "|#1|"\n'
    )
    place = Place(References(tmp_path / "book", {}, {}, {}), 1)
    with pytest.raises(ChapterError, match="takes arguments"):
        translate_inline("$x$", place)
