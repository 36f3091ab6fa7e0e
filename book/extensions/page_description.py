"""A description for search engines on each page: its first paragraph, unless the page states one.

A page states its own in its front matter, a chapter by `description:`, another page by
`myst: {html_meta: {description: …}}`. Pages that Sphinx makes have theirs here.
"""

import html

from docutils import nodes
from sphinx.application import Sphinx

MAX_LENGTH = 160  # what search engines show
MADE_BY_SPHINX = {
    "search": "Search the course: words, symbols, terms of the glossary and names of exercises.",
    "genindex": "Every term and name of the course in the order of the alphabet.",
}


def first_paragraph(doctree: nodes.document) -> str:
    """Return the text of the first paragraph below the title, cut at a word, or an empty string."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) <= MAX_LENGTH:
            return text
        return text[: MAX_LENGTH - 1].rsplit(" ", 1)[0] + "…"
    return ""


def add_description(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add `<meta name="description">` where the page has none."""
    if 'name="description"' in context.get("metatags", ""):
        return
    stated = (context.get("meta") or {}).get("description") or MADE_BY_SPHINX.get(pagename)
    if text := stated or (first_paragraph(doctree) if doctree is not None else ""):
        tag = f'<meta name="description" content="{html.escape(text)}" />\n'
        context["metatags"] = context.get("metatags", "") + tag


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_description)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
