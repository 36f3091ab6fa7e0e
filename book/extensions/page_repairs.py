"""Small repairs of HTML that the theme and MyST-NB write and that accessibility rules object to.

Written against sphinx-book-theme 1.3, pydata-sphinx-theme 0.17, MyST-NB 1.4 and docutils 0.21.
"""

from docutils import nodes
from sphinx.application import Sphinx

REPAIRS = {
    # WCAG 2.5.3: the label hid the words that are seen on the toggle.
    '<summary aria-label="Toggle hidden content">': "<summary>",
    # docutils gives references a role that ARIA has withdrawn, in a list that may not hold it.
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    # The empty corner of a table heads nothing: it is a cell, not a header without a name.
    '<th class="head"><p></p></th>': "<td></td>",
}


def repair_body(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Replace each known fault in the body of a page."""
    for fault, repaired in REPAIRS.items():
        if "body" in context:
            context["body"] = context["body"].replace(fault, repaired)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", repair_body, priority=900)  # after the body is complete
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
