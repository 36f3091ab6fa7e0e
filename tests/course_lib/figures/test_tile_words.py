import torch

from course_lib.figures.tile_numbers import TileWork
from course_lib.figures.tile_words import span, tiles_in_words
from course_lib.kernels.flash_tiles import TileGrid


def work(scores, block_q=1, block_k=1):
    """One query for each key, all with the same scores."""
    n = len(scores)
    grid = TileGrid(n_queries=n, n_keys=n, causal=False, block_q=block_q, block_k=block_k)
    k = torch.tensor(scores, dtype=torch.float64)[:, None]
    return TileWork(torch.ones(n, 1).double(), k, torch.ones(n, 1).double(), grid)


def test_at_the_start():
    said = tiles_in_words(work([1.0, 2.0]), 0)
    assert said.startswith("Nothing is done yet: 4 tiles will be. 0 numbers have gone")
    # Plain: 2 · 4 numbers once and 4 · 4 of the table. Held: a row of 4, key and value, a score.
    assert (
        "the plain form moves 24. The fast memory holds 7 at most; the table would have 4." in said
    )


def test_a_larger_score_is_told_with_the_factor():
    said = tiles_in_words(work([1.0, 3.0]), 2)
    assert said.startswith("Tile 2 of 4: query 1 met key 2. Query 1 met a larger score, 3.00: ")
    assert "multiplied by 0.135. These queries have seen all their keys and are done." in said


def test_a_smaller_score_changes_nothing_that_was_kept():
    said = tiles_in_words(work([3.0, 1.0, 0.0]), 2)
    assert "No kept sum had to be put right. 8 numbers" not in said
    assert "No kept sum had to be put right. 5 numbers have gone" in said


def test_several_rows():
    said = tiles_in_words(work([1.0, 2.0, 3.0, 4.0], block_q=2, block_k=3), 1)
    assert said.startswith("Tile 1 of 4: queries 1 to 2 met keys 1 to 3. No kept sum")


def test_spans():
    assert span("key", "keys", 4, 5) == "key 5"
    assert span("key", "keys", 4, 7) == "keys 5 to 7"
