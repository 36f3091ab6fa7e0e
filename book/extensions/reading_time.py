"""How long a page takes to read, said under the title of those that are read from end to end.

Counted from the text as it is printed: words of prose at an unhurried pace, plus a look at every
picture and every cell of code. Folded hints and tests are not counted, for who only reads.
"""

import re

from docutils import nodes
from library_links import ancestors
from sphinx.application import Sphinx

WORDS_A_MINUTE = 200  # below the 238 of Brysbaert (2019) for plain prose: this is technical
SECONDS_A_PICTURE = 15
SECONDS_A_CODE_CELL = 20
READ_THROUGH = ("chapters/", "howto/")  # in a glossary one looks something up
SHORTEST_MINUTES = 3  # below this nobody needs to be told
ROUND_TO = 5  # minutes: a longer time is not known better than this

FOLDED = {"tag_hide-input", "toggle", "dropdown"}


def minutes(doctree: nodes.document) -> int:
    """Estimate the time that a page takes to read."""
    words = pictures = cells = 0
    for node in doctree.findall(_counts):
        if isinstance(node, nodes.literal_block):
            cells += not _inside_output(node)
        elif isinstance(node, nodes.image):
            pictures += 1
        else:
            words += len(re.findall(r"\w+", node.astext()))
    seconds = words / WORDS_A_MINUTE * 60
    return round((seconds + pictures * SECONDS_A_PICTURE + cells * SECONDS_A_CODE_CELL) / 60)


def _counts(node: nodes.Node) -> bool:
    """Say whether a node is prose of its own, a picture or code, and is not folded away."""
    if not isinstance(node, nodes.paragraph | nodes.title | nodes.image | nodes.literal_block):
        return False
    return not any(FOLDED & set(above.get("classes", ())) for above in ancestors(node))


def _inside_output(node: nodes.Node) -> bool:
    return any("cell_output" in above.get("classes", ()) for above in ancestors(node))


def in_words(count: int) -> str:
    """Say a number of minutes as a reader would: to five of them when there are many."""
    if count > 2 * ROUND_TO:
        count = ROUND_TO * round(count / ROUND_TO)
    return f"{count} minutes to read"


def add_reading_time(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Write the time under the title."""
    if doctree is None or not pagename.startswith(READ_THROUGH):
        return
    count = minutes(doctree)
    if count >= SHORTEST_MINUTES:
        line = f'</h1>\n<p class="reading-time">About {in_words(count)}</p>'
        context["body"] = context["body"].replace("</h1>", line, 1)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_reading_time, priority=880)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
