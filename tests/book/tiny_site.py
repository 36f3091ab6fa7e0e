"""A built site of three small pages, to be printed in a second."""

from pathlib import Path

from book.print.book_settings import BookPage, BookSettings

ROOT = Path(__file__).resolve().parents[2]

PAGE = """<!doctype html><html><head><link rel="stylesheet" href="{up}_static/site.css"></head>
<body><nav><a href="#top">not the article</a></nav><article class="bd-article">{article}</article>
{state}</body></html>"""

HOME = """<section id="home"><h1>The whole title<a class="headerlink" href="#home">#</a></h1>
<p class="online-only">Read it without a network.</p>
<p><a href="chapters/one.html" title="a hint">first</a> <a href="chapters/one.html#sec">section</a>
<a href="library/attention.html#f">function</a> <a href="https://example.org/a">outside</a></p>
<section id="inner"><h2>Why <span class="math"><span class="katex"><span class="katex-mathml">
<math><annotation>\\sqrt{d_k}</annotation></math></span><span class="katex-html">dk</span></span>
</span> counts<a class="headerlink" href="#inner">#</a></h2><p>Text.</p></section></section>"""

ONE = """<section id="one"><h1>One</h1><p><a href="../index.html#inner">back</a>
<a href="#sec">here</a> <a href="../notebooks/one.ipynb">notebook</a></p>
<svg aria-labelledby="t"><title id="t">A</title><marker id="tip"></marker>
<path d="M0 0L8 4" marker-end="url(#tip)"></path></svg>
<img loading="lazy" src="../_images/a%20b.svg" alt="A square">
<section id="sec"><h2><a href="#one">Section</a></h2>
<div class="cell tag_hide-input tag_tests"><details class="admonition hide above-input"><summary>
<p>Show code cell source</p></summary><div class="cell_input">assert hidden</div></details></div>
<details class="sd-dropdown sd-card"><summary class="sd-card-header">Hint
<span class="sd-summary-state-marker">v</span></summary><div>Look at the sum.</div></details>
<div class="cell"><div class="cell_output"><div class="output">
<script type="application/vnd.jupyter.widget-view+json">{"model_id": "m"}</script>
<noscript><p>A figure.</p></noscript></div></div></div></section></section>
<details class="from-library"><summary>From the library</summary>names</details>"""

STATE = (
    '<script type="application/vnd.jupyter.widget-state+json">'
    '{"state": {"m": {"model_module": "anywidget", "state": {"_esm": "%s"}}}}</script>'
)
FIGURE = (
    "export default {render({el}) { el.innerHTML = "
    "`<div class='cf' data-ready=''>Drawn by a script</div>`; }}"
)
TWO = '<section id="two"><h1>Two &amp; “last”</h1><p>The end.</p></section>'

SETTINGS = BookSettings(
    title="A tiny book",
    author="A. Writer",
    rights="the authors",
    language="en",
    address="",
    pages=(
        BookPage("index", title="About"),
        BookPage("chapters/one", title="1 · One", part="Chapters"),
        BookPage("two"),
    ),
)


def write_tiny_site(folder: Path, one: str = ONE) -> Path:
    """Write the pages below a folder, and return it.

    Args:
        folder: Where to.
        one: The article of the page `chapters/one`.
    """
    for name in ("chapters", "_static", "_images"):
        (folder / name).mkdir(parents=True)
    host = ROOT / "book" / "assets" / "anywidget-host.js"
    (folder / "_static" / host.name).write_text(host.read_text(encoding="utf-8"), encoding="utf-8")
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect/></svg>'
    (folder / "_static" / "logo.svg").write_text(square)
    (folder / "_images" / "a b.svg").write_text(square)
    (folder / "_static" / "site.css").write_text("h1 { display: none }")
    pages = {"index": (HOME, ""), "chapters/one": (one, STATE % FIGURE), "two": (TWO, "")}
    for name, (article, state) in pages.items():
        html = PAGE.format(up="../" * name.count("/"), article=article, state=state)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder
