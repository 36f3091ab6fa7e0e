"""Small repairs of HTML that the theme and MyST-NB write.

Accessibility rules object to it, or readers stumble over where its lines end.

Written against sphinx-book-theme 1.3, pydata-sphinx-theme 0.17, MyST-NB 1.4 and docutils 0.21.
"""

import html
import re

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

# Arguments that have a line each come as a list of definitions that defines nothing.
SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
ARGUMENTS = {
    "<dl>": '<span class="sig-lines">',
    "</dl>": "</span>",
    "<dd>": '<span class="sig-line">',
    "</dd>": "</span>",
}


# A line may end behind each dash of an option, which would then seem to have one, or none.
OPTION = re.compile(r'<span class="pre">(?=--?[a-z][a-z-]*</span>)')
WHOLE_OPTION = '<span class="pre option">'

# What a cell has printed. Lines that are longer than those of any table are prose, and prose is not
# read by pushing it sideways: the style sheet breaks them.
OUTPUT = re.compile(
    r'(?P<tag><div class="output (?:stream|text_plain)[^"]*)(?P<rest>"[^>]*>'
    r'<div class="highlight"><pre[^>]*>(?P<text>.*?)</pre>)',
    re.DOTALL,
)
TAG = re.compile(r"<[^>]*>")
LONGEST_OF_A_TABLE = 125  # characters


def repair_signature(match: re.Match[str]) -> str:
    """Write the arguments of one signature as lines."""
    text = match[0]
    for fault, repaired in ARGUMENTS.items():
        text = text.replace(fault, repaired)
    return text


def mark_long_lines(match: re.Match[str]) -> str:
    """Give an output that is mostly prose in long lines a class that says so."""
    lengths = [len(line) for line in html.unescape(TAG.sub("", match["text"])).split("\n")]
    n_prose = sum(length for length in lengths if length > LONGEST_OF_A_TABLE)
    is_prose = 2 * n_prose > sum(lengths)
    return f"{match['tag']}{' long-lines' if is_prose else ''}{match['rest']}"


def repair_body(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Replace each known fault in the body of a page."""
    for fault, repaired in REPAIRS.items():
        if "body" in context:
            context["body"] = context["body"].replace(fault, repaired)
    if "body" in context:
        context["body"] = SIGNATURE.sub(repair_signature, context["body"])
        context["body"] = OUTPUT.sub(mark_long_lines, context["body"])
        context["body"] = OPTION.sub(WHOLE_OPTION, context["body"])


def name_toggles(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Name the arrows of the sidebar, which unfold the pages below a page, for a screen reader."""
    write = context.get("generate_toctree_html")
    if write is None:
        return

    def write_with_names(*arguments: object, **options: object) -> object:
        tree = write(*arguments, **options)
        for toggle in tree.find_all("summary") if hasattr(tree, "find_all") else ():
            title = toggle.find_parent("li").find("a").get_text(strip=True)
            toggle["aria-label"] = f"Pages of {title}"
        return tree

    context["generate_toctree_html"] = write_with_names


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", repair_body, priority=900)  # after the body is complete
    app.connect("html-page-context", name_toggles, priority=900)  # after the theme's own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
