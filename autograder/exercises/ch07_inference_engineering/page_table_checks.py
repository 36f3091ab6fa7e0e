"""Which page holds which position: the book-keeping of a cache in pages."""

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_raises, expect_true
from autograder.exercises.protocol import Learner, LearnerInstance

exercise = Exercise(
    name="page_table",
    points=12,
    exports=("PageTable",),
    classes={"PageTable": ("n_free",)},
    not_allowed=(
        "course_lib.generation.paged_cache.PagePool",
        "course_lib.generation.paged_cache.PagedCache",
    ),
    hints=(
        "Keep four things: which pages are free, how many sequences use each page, the pages of "
        "each sequence in their order, and how many positions each sequence has. The slot of a new "
        "position is its number modulo the page size; at slot 0 a page has to be taken.",
        "`append` meets one of three cases. Slot 0: take a free page. Another slot of a page that "
        "nobody shares: write there. Another slot of a shared page: take a free page, put it in "
        "the old one's place in *this* sequence, and count one user less of the old one. Look "
        "whether a page is free before anything changes.",
    ),
    time_limit_s=5.0,
)


def _appended(table: LearnerInstance, seq: object, n: int) -> list[tuple[int, int]]:
    """Append several positions, and judge that each gave a page and a slot."""
    places = [table.append(seq) for _ in range(n)]
    for place in places:
        if type(place) is not tuple or [type(one) for one in place] != [int, int]:
            raise CheckError("append gave no tuple (page, slot) of two ints", place)
    return places


def _pages(table: LearnerInstance, seq: object) -> list[int]:
    """Read the pages of a sequence."""
    pages = table.pages(seq)
    if type(pages) is not list or not all(type(one) is int for one in pages):
        raise CheckError("pages gave no list of ints", pages)
    return list(pages)


def _sizes(draw: Draw) -> tuple[int, int]:
    """Draw a number of pages, and one of slots in each."""
    return (5, 2) if draw.small else (draw.integer(6, 8), draw.integer(3, 4))


@exercise.item(
    "slot after slot, page after page",
    points=2,
    sentence="Positions go into slots 0, 1, … of a page; behind the last slot the next one goes "
    "into slot 0 of a page that was free. A sequence without positions has no page.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pages, page_size = _sizes(draw)
    table = learner.PageTable(n_pages, page_size)
    seq = table.alloc()
    expect_equal(table.n_free, n_pages)
    expect_equal(table.pages(seq), [])
    places = _appended(table, seq, 2 * page_size + 1)
    slots = [slot for _, slot in places]
    expect_equal(slots, [i % page_size for i in range(2 * page_size + 1)])
    pages = _pages(table, seq)
    expect_true(len(set(pages)) == 3, "seven pages or fewer hold three pages of one text", pages)
    expect_true(all(0 <= one < n_pages for one in pages), "a page that does not exist", pages)
    expect_equal([page for page, _ in places], [pages[i // page_size] for i in range(len(places))])
    expect_equal(table.n_free, n_pages - 3)


@exercise.item(
    "sequences side by side",
    points=1,
    sentence="Every sequence has its own number, and sequences that were not forked share no page.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pages, page_size = _sizes(draw)
    table = learner.PageTable(n_pages, page_size)
    one, other = table.alloc(), table.alloc()
    expect_true(type(one) is int and type(other) is int, "a sequence is no Python int", one)
    expect_true(one != other, "two sequences got the same number", other)
    for seq in (one, other, one):
        _appended(table, seq, page_size)
    mine, theirs = _pages(table, one), _pages(table, other)
    expect_equal((len(mine), len(theirs)), (2, 1))
    expect_true(not set(mine) & set(theirs), "two sequences have a page in common", mine)


@exercise.item(
    "a fork shares all pages",
    points=2,
    sentence="A fork begins with all the pages of its sequence, the last one too, and takes none. "
    "Behind a full page it takes pages of its own.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pages, page_size = _sizes(draw)
    table = learner.PageTable(n_pages, page_size)
    first = table.alloc()
    _appended(table, first, 2 * page_size)
    pages = _pages(table, first)
    second = table.fork(first)
    expect_true(second != first, "a fork got the number of its sequence", second)
    expect_equal(table.pages(second), pages)
    expect_equal(table.n_free, n_pages - 2)
    # The last page is full: nothing is written to it, so nothing is copied.
    ((page, slot),) = _appended(table, second, 1)
    expect_equal(slot, 0)
    expect_equal(table.n_free, n_pages - 3)
    expect_equal(table.pages(second), [*pages, page])
    expect_equal(table.pages(first), pages)


@exercise.item(
    "a shared page is copied before it is written to",
    points=3,
    sentence="Whoever appends to a page that others use as well gets a copy of it, and they keep "
    "theirs. A page with a single user is written to as it is, also one that was shared before.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pages, page_size = _sizes(draw)
    table = learner.PageTable(n_pages, page_size)
    first = table.alloc()
    _appended(table, first, page_size + 1)
    full, begun = _pages(table, first)
    second = table.fork(first)
    ((page, slot),) = _appended(table, second, 1)
    expect_true(page not in (full, begun), "what was appended stands in a shared page", page)
    expect_equal(slot, 1)
    expect_equal(table.pages(second), [full, page])
    expect_equal(table.pages(first), [full, begun])
    expect_equal(table.n_free, n_pages - 3)
    # Nobody shares the page any more: the first writes where it is.
    expect_equal(table.append(first), (begun, 1))
    expect_equal(table.n_free, n_pages - 3)


@exercise.item(
    "free gives back what nobody uses",
    points=2,
    sentence="`free` gives back the pages of a sequence, but for those that a fork still uses; the "
    "pages can be taken again.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pages, page_size = _sizes(draw)
    table = learner.PageTable(n_pages, page_size)
    first = table.alloc()
    _appended(table, first, page_size + 1)
    second = table.fork(first)
    pages = _pages(table, first)
    own = _appended(table, second, 1)
    table.free(first)
    expect_equal(table.n_free, n_pages - 2)
    expect_equal(table.pages(second), [pages[0], own[0][0]])
    table.free(second)
    expect_equal(table.n_free, n_pages)
    third = table.alloc()
    _appended(table, third, n_pages * page_size)
    expect_equal(sorted(_pages(table, third)), list(range(n_pages)))


@exercise.item(
    "no free page",
    points=2,
    sentence="Where a page is needed and none is free, `append` raises a MemoryError and changes "
    "nothing: the same call works once a page is free again.",
)
def _(learner: Learner, draw: Draw) -> None:
    _, page_size = _sizes(draw)
    table = learner.PageTable(2, page_size)
    first, other = table.alloc(), table.alloc()
    _appended(table, first, page_size)
    _appended(table, other, 1)
    pages = _pages(table, first)
    second = table.fork(other)
    for seq in (first, second):
        expect_raises(MemoryError, lambda seq=seq: table.append(seq))
    expect_equal(table.pages(first), pages)
    expect_equal(table.pages(second), _pages(table, other))
    expect_equal(table.n_free, 0)
    shared = _pages(table, other)[0]
    table.free(second)
    # The last slot of a page is there to be filled without any free page.
    expect_equal(_appended(table, other, page_size - 1)[-1], (shared, page_size - 1))
    table.free(other)
    expect_equal(table.n_free, 1)
    expect_equal(table.append(first), (shared, 0))
    expect_equal(table.pages(first), [*pages, shared])
