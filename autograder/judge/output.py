"""What a submission's cells printed and drew, as far as it is kept for the feedback.

Stops: output that floods by sum, however little each of many cells gives; results that differ from
run to run by nothing but where in memory a thing lay.
Does not stop: a learner's text from being odd to look at; the pages make it harmless.
"""

import re
from typing import Any

from autograder.judge.process import CellReply

MAX_TEXT_CHARACTERS = 200_000  # of a submission
MAX_PICTURES = 20
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")


class Output:
    """Takes the replies of a submission's cells, one after the other, until there is no room."""

    def __init__(self) -> None:
        self._characters = MAX_TEXT_CHARACTERS
        self._pictures = MAX_PICTURES

    def take(self, reply: CellReply) -> dict[str, Any]:
        """Give what is kept of a reply: `text`, `error` and `plots`."""
        text, plots = reply.text[: self._characters], reply.plots[: self._pictures]
        if len(text) < len(reply.text):
            text += "\n… the notebook's output was cut here\n"
        self._characters -= min(len(reply.text), self._characters)
        self._pictures -= len(plots)
        return {"text": steady(text), "error": steady(reply.error), "plots": plots}


def steady(text: str) -> str:
    """Leave out addresses in memory, such as in `<function f at 0x7f…>`."""
    return _ADDRESS.sub("0x…", text)
