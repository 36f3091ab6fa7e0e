"""What the figure of tiles says; `tiles/words.js` says the same in the page."""

from course_lib.figures.formats import fixed, thousands
from course_lib.figures.tile_numbers import TileWork, moved_plainly

SAME = 1e-9  # a factor nearer to 1 than this has changed nothing


def tiles_in_words(work: TileWork, step: int) -> str:
    """Say which tile was worked on, what it changed, and what has been fetched so far.

    Args:
        work: What is attended to, and how it is cut.
        step: How many tiles are done.
    """
    n_tiles = len(work.tiles)
    cost = (
        f"{thousands(work.moved_after(step))} numbers have gone to or from the slow memory so far; "
        f"the plain form moves {thousands(moved_plainly(work))}. The fast memory holds "
        f"{thousands(work.held)} at most; the table would have {thousands(work.table_size)}."
    )
    if not step:
        return f"Nothing is done yet: {n_tiles} tiles will be. {cost}"
    tile = work.tiles[step - 1]
    return (
        f"Tile {step} of {n_tiles}: {span('query', 'queries', tile.first_query, tile.end_query)} "
        f"met {span('key', 'keys', tile.first_key, tile.end_key)}. {_change(work, step)} {cost}"
    )


def span(one: str, many: str, first: int, end: int) -> str:
    """Write some neighbours, counted from 1."""
    return f"{one} {end}" if end - first == 1 else f"{many} {first + 1} to {end}"


def _change(work: TileWork, step: int) -> str:
    """Say which query's sum was put right most, or that none was, and whether rows are ready."""
    rows = work.rows_after(step)
    row, state = min(rows.items(), key=lambda each: each[1].shrink)
    if state.shrink < 1 - SAME:
        said = (
            f"Query {row + 1} met a larger score, {fixed(state.row_max)}: what it had summed up "
            f"was multiplied by {fixed(state.shrink, 3)}."
        )
    else:
        said = "No kept sum had to be put right."
    if work.is_last_of_row(step - 1):
        said += " These queries have seen all their keys and are done."
    return said
