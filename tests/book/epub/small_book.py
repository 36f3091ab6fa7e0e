"""A site of three pages with all that is hard to take over into a book, and the book made of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import matplotlib.pyplot as plt
import yaml
from PIL import Image

from book.epub.edition import make_edition
from tests.book.figure_page import six_tokens, write_page
from tests.book.small_site import ROOT, build, settings_of_the_book

SITE = "https://course.example/book"
SOURCE = "_modules/course_lib/attention.html"
TITLE = "A small book & its parts"

INDEX = """# A small book

The first page. {doc}`chapters/one` comes next, and there {ref}`the second part <second>`.

```{toctree}
:hidden:
chapters/one
```
"""

ONE = """---
file_format: mystnb
kernelspec: {name: python3, language: python, display_name: Python}
---

# The first chapter

A formula in a line, $T_{\\max} < a \\bmod 10$, one of several lines,

$$
\\begin{aligned} a &< b \\\\ c &> d \\end{aligned}
$$ (eq-lines)

and back to {eq}`eq-lines`. Out into the world:
<a href="https://doi.org/10.1175/1(1950)078<0001:V>2.0.CO;2">a work</a>,
<a href="../_modules/course_lib/attention.html">Source</a>.
Read the <task> aloud.

:::{note}
Mind this.
:::

:::{dropdown} A question
Its answer.
:::

(second)=
## The second part

```{code-cell} ipython3
:tags: [hide-input]
print(1 < 2 & 3)
```

| a | b | c | d | e | f |
|---|---|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 |

```{raw} html
<div class="cell_output docutils container">
<table border="1" class="dataframe"><tr><td>one<br>line<td>two</table>
<p class="online-only">Not in a book.</p></div>
```

![a line](plot.svg)
![a screenshot](shot.webp)
"""

CONFIGURATION = """
extensions = ["myst_nb", "sphinx_togglebutton", "sphinx_design", "sphinxcontrib.katex"]
extensions += ["katex_strict", "page_repairs"]
nb_execution_mode = "off"
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "auto"}
html_math_renderer = "katex"
katex_prerender = True
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
"""

TOC = {
    "format": "jb-book",
    "root": "index",
    "parts": [
        {
            "caption": "Chapters",
            "chapters": [
                {"file": "chapters/one", "title": "1 · The first chapter"},
                {"file": "live", "sections": []},
            ],
        }
    ],
}


def write_sources(folder: Path) -> None:
    """Write the pages and pictures that Sphinx reads, and what the book is made with."""
    (folder / "source" / "chapters").mkdir(parents=True)
    chapters = folder / "source" / "chapters"
    (chapters / "one.md").write_text(ONE, encoding="utf-8")
    figure, axes = plt.subplots()
    axes.plot([1, 2], [1, 2], "o-", label="one line")
    axes.legend()
    figure.savefig(chapters / "plot.svg")
    plt.close(figure)
    Image.new("RGB", (40, 30), "red").save(chapters / "shot.webp")
    (folder / "book" / "assets").mkdir(parents=True)
    shutil.copy(ROOT / "book" / "assets" / "logo.svg", folder / "book" / "assets")
    (folder / "book" / "_toc.yml").write_text(yaml.safe_dump(TOC, sort_keys=False))
    sphinx = {"config": {"language": "en", "html_baseurl": SITE}}
    settings = {"title": TITLE, "copyright": "the authors; CC BY 4.0", "sphinx": sphinx}
    (folder / "_config.yml").write_text(yaml.safe_dump(settings))


def write_live_page(folder: Path) -> None:
    """Add a page with a live figure to the built site, in the form that MyST-NB gives it."""
    page = write_page(folder, [six_tokens()])
    html = page.read_text(encoding="utf-8")
    html = html.replace("<main>", '<article class="bd-article"><section id="live-figures">')
    html = html.replace("</h1>", '</h1><div class="cell cell_output">', 1)
    html = html.replace("<noscript>", '<div class="output text_html"><noscript>')
    html = html.replace("</noscript>", "</noscript></div>")
    html = html.replace("</main>", "</div></section></article>")
    page.unlink()
    (folder / "live.html").write_text(html, encoding="utf-8")


def make_small_book(folder: Path) -> Path:
    """Build the site and make the book of it; return the book."""
    write_sources(folder)
    macros = settings_of_the_book()["katex_macros"]
    done = build(folder, INDEX, f"{CONFIGURATION}katex_macros = {macros!r}\n")
    assert done.returncode == 0, done.stderr
    write_live_page(folder / "html")
    book = folder / "small.epub"
    make_edition(folder / "html", folder / "book", folder / "_config.yml", book)
    return book


def links(page: Element) -> Iterator[str]:
    """Give every link of a page."""
    yield from (each.attrib["href"] for each in page.iter("a") if "href" in each.attrib)
