"""Take the life out of a stranger's Markdown before nbgrader shows it to a person.

nbgrader's formgrader and feedback let HTML in Markdown through. In the marker's browser a script in
an answer would run with the marker's rights, which are to give marks and to run code; so would what
an image or a link calls, for the formgrader loads settings from any folder that its address names.

Stops: HTML, links, images and addresses, in every Markdown that the two, or JupyterLab, know.
Does not stop: formulas, which are still drawn; a text that talks the marker into something.
"""

import re

from autograder.plain_text import visible

# An invisible character that breaks no line. Between the two characters that would begin a tag, a
# link or an address it leaves the text as it reads, and nothing that any parser would act upon.
_WORD_JOINER = "\u2060"
_BEGINS_SOMETHING = re.compile(r"<(?=[A-Za-z/!?])|\](?=[(\[:])|:(?=//)")


def inert(markdown: str) -> str:
    """Give a Markdown text that reads the same and does nothing."""
    return _BEGINS_SOMETHING.sub(rf"\g<0>{_WORD_JOINER}", visible(markdown))
