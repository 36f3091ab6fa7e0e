"""Nothing that a page can be read without comes before its text.

The theme has a browser fetch and run a dozen scripts before it may draw, and the whole search index
on every page. Here, once the site is built:

- scripts in the head wait until the page is read (`defer`; their order stays);
- the few lines of options that inline scripts write to stand in the page itself;
- the search index is loaded by the search page alone, unless the search answers while one types;
- no script is fetched ahead of the style sheet (`preload`);
- the saved state of live figures moves behind the text.

Written against Sphinx 7.4, pydata-sphinx-theme 0.17 and MyST-NB 1.4.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

SEARCH_SCRIPTS = ("searchtools.js", "language_data.js", "searchindex.js")
SEARCHES_WHILE_TYPING = "DOCUMENTATION_OPTIONS.search_as_you_type = true"
# The book replaces this script by an empty one (see the file): no page needs to ask for it.
EMPTY_SCRIPT = "scripts/fontawesome.js"

_SCRIPT = re.compile(
    r'[ \t]*<script(?P<attributes>[^>]*)\ssrc="(?P<address>[^"]+)"[^>]*></script>\n?'
)
_PRELOADED = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
_FIGURE_STATE = re.compile(
    r'[ \t]*<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>\n?', re.DOTALL
)
_WAITS_ALREADY = re.compile(r'\b(defer|async|type="module")')


def let_scripts_wait(html: str, options: str, is_search_page: bool) -> str:
    """Return a page that draws before it runs anything.

    Args:
        html: The page.
        options: The text of `documentation_options.js`, which goes into the page.
        is_search_page: Whether the page is the one that searches.
    """
    head, end_of_head, body = html.partition("</head>")
    searches = is_search_page or SEARCHES_WHILE_TYPING in head

    def late(script: re.Match[str]) -> str:
        name = script["address"].partition("?")[0]
        if name.endswith("/documentation_options.js"):
            return f"<script>{options.strip()}</script>\n"
        if name.endswith(EMPTY_SCRIPT):
            return ""
        if name.rpartition("/")[2] in SEARCH_SCRIPTS and not searches:
            return ""
        if _WAITS_ALREADY.search(script[0]):
            return script[0]
        return script[0].replace("<script", "<script defer", 1)

    states = "".join(_FIGURE_STATE.findall(head))
    head = _SCRIPT.sub(late, _FIGURE_STATE.sub("", _PRELOADED.sub("", head)))
    text, end_of_body, rest = body.rpartition("</body>")
    return head + end_of_head + text + states + end_of_body + rest


def rewrite_pages(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite every page of the site in its place."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    options = (site / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    for page in sorted(site.rglob("*.html")):
        if page.relative_to(site).parts[0] == "_static":
            continue
        html = page.read_text(encoding="utf-8")
        late = let_scripts_wait(html, options, is_search_page=page == site / "search.html")
        page.write_text(late, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", rewrite_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
