"""Highlighted code without the elements that show nothing: half of a chapter's elements.

The highlighter wraps every name, bracket and space in an element, and the book's two styles give
those the colour of plain text. A browser that need not lay them out draws a chapter sooner.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

# Names, names in imports, punctuation, white space: `short` names of Pygments' classes.
PLAIN = ("n", "nn", "p", "w")

_CODE = re.compile(r'(?<=<div class="highlight"><pre>).*?(?=</pre>)', re.DOTALL)
_TOKEN = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')


def unwrap(html: str) -> str:
    """Return HTML in which plain tokens of code are bare text."""
    return _CODE.sub(lambda code: _TOKEN.sub(r"\1", code[0]), html)


def unwrap_body(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Unwrap the plain tokens in the body of a page."""
    if "body" in context:
        context["body"] = unwrap(context["body"])


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", unwrap_body)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
