"""What the figure of the residual stream shows at one word."""

import numpy as np
import pytest

from course_lib.figures.residual_data import READING
from course_lib.figures.residual_numbers import Stage, largest_part, settled_at, stages_of

VOCABULARY = ["ant", "bee", "cow", "doe", "elk"]


def record(length, added, cosine, words, shares, next_share=0, next_rank=0):
    return np.array((length, added, cosine, words, shares, next_share, next_rank), dtype=READING)


def stage(first, added=1.0):
    return Stage(
        length=1.0,
        added=added,
        cosine=0.0,
        read=((first, 0.5), ("other", 0.2)),
        next_share=0.0,
        next_rank=0,
    )


def test_records_are_read_by_hand():
    records = np.stack(
        [
            record(1500, 0, 0, [4, 0, 1, 2], [9000, 500, 300, 200], 500, 2),
            record(70_000, 69_123, 7500, [0, 4, 3, 2], [6000, 3000, 999, 1], 6000, 1),
        ]
    )
    embedding, after = stages_of(records, VOCABULARY)
    assert (embedding.length, embedding.added, embedding.cosine) == (1.5, 0.0, 0.0)
    assert embedding.read == (("elk", 0.9), ("ant", 0.05), ("bee", 0.03), ("cow", 0.02))
    assert (embedding.next_share, embedding.next_rank) == (0.05, 2)
    assert (after.length, after.added, after.cosine) == (70.0, 69.123, -0.25)
    assert after.read[2:] == (("doe", 0.0999), ("cow", 0.0001))


@pytest.mark.parametrize(
    ("leads", "want"), [("abab", 3), ("abbb", 1), ("bbbb", 0), ("bacb", 3), ("acbb", 2)]
)
def test_the_stage_from_which_the_last_word_leads(leads, want):
    assert settled_at([stage(word) for word in leads]) == want


def test_the_part_that_adds_most():
    assert largest_part([stage("a", added) for added in (9.0, 1.0, 3.0, 2.0, 3.0)]) == 2
    assert largest_part([stage("a", added) for added in (9.0, 0.0, 0.0)]) == 1
