"""Small tales from a probabilistic grammar, with every probability and every antecedent known.

once sarah and her friend john were in the park . sarah had a red ball . john had a blue book .
he gave the book to sarah because she liked it . the cat sat on the mat because it was tired …
"""

from course_lib.data.tinytales.tale import (
    VOCABULARY,
    Floor,
    Story,
    continuations,
    floor,
    log_prob,
    parse,
    references,
    sample_story,
)
from course_lib.data.tinytales.walk import TaleError
from course_lib.data.tinytales.world import Link

__all__ = [
    "VOCABULARY",
    "Floor",
    "Link",
    "Story",
    "TaleError",
    "continuations",
    "floor",
    "log_prob",
    "parse",
    "references",
    "sample_story",
]
