"""Keys and values in pages of a common pool: nothing is reserved ahead, and copies share pages.

Axes: B batch, Hkv key/value heads, T new positions, Tk positions that can be looked at, P pages in
the pool, S positions in a page, Dh width of a head, R rows of the next batch.

Implements the memory of Kwon et al. 2023 (arXiv:2309.06180), section 4: a table for each sequence
says which page holds which of its positions. Their attention reads the pages where they lie; here
they are gathered first, so that any model can look at them.
"""

from collections import Counter
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.generation.kv_cache import CacheShape

# The pages of one sequence, in the order of its positions.
PageTable = tuple[int, ...]


class PagePool:
    """The pages of one layer, and how many sequences use each of them.

    Attributes:
        k_pages: Keys.
        v_pages: Values.
        page_size: How many positions a page holds.
        n_users: How many sequences use each page; free ones have none.
    """

    def __init__(self, shape: CacheShape, n_pages: int, page_size: int) -> None:
        """Reserve the memory.

        Args:
            shape: Heads, widths and numbers; its batch does not matter here.
            n_pages: How many pages there are.
            page_size: How many positions a page holds.

        Raises:
            ValueError: There would be no page, or no position in it.
        """
        if min(n_pages, page_size) < 1:
            raise ValueError(f"{n_pages} pages of {page_size} positions hold nothing")
        pages = replace(shape, batch_size=n_pages)
        self.k_pages: Float[Tensor, "P Hkv S Dh"] = pages.reserve(page_size)
        self.v_pages: Float[Tensor, "P Hkv S Dh"] = pages.reserve(page_size)
        self.page_size = page_size
        self.n_users = [0] * n_pages
        self._free = list(reversed(range(n_pages)))

    @property
    def n_free(self) -> int:
        """How many pages nobody uses."""
        return len(self._free)

    def take(self) -> int:
        """Take a free page for one sequence.

        Raises:
            ValueError: There is none.
        """
        if not self._free:
            raise ValueError(f"all {len(self.n_users)} pages are in use")
        page = self._free.pop()
        self.n_users[page] = 1
        return page

    def share(self, page: int) -> None:
        """Let one more sequence use a page."""
        self.n_users[page] += 1

    def give_back(self, page: int) -> None:
        """Let one sequence less use a page; one that nobody uses is free again."""
        self.n_users[page] -= 1
        if self.n_users[page] == 0:
            self._free.append(page)

    def make_own(self, page: int) -> int:
        """Return a page with the same content that one user of the page may write to."""
        if self.n_users[page] == 1:
            return page
        own = self.take()
        self.k_pages[own], self.v_pages[own] = self.k_pages[page], self.v_pages[page]
        self.give_back(page)
        return own

    def n_pages_for(self, n_positions: int) -> int:
        """Return how many pages so many positions of one sequence fill, the last one in part."""
        return -(-n_positions // self.page_size)


@dataclass(frozen=True)
class PagedCache:
    """Some sequences whose positions lie in pages of a pool.

    Attributes:
        pool: Where the pages are.
        tables: The pages of each sequence.
        n_seen: How many positions were appended to each.
    """

    pool: PagePool
    tables: tuple[PageTable, ...]
    n_seen: int

    @classmethod
    def empty(cls, pool: PagePool, batch_size: int) -> "PagedCache":
        """Begin some sequences, which take no page yet."""
        return cls(pool, ((),) * batch_size, n_seen=0)

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["PagedCache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Write new positions behind the others; see `LayerCache`.

        A page that other sequences use as well is copied before it is written to.

        Raises:
            ValueError: Too few pages are free; nothing has changed then.
        """
        pool, end = self.pool, self.n_seen + k.shape[2]
        needed = self._n_pages_needed(end)
        if needed > pool.n_free:
            raise ValueError(f"{needed} more pages are needed and {pool.n_free} are free")
        following = PagedCache(pool, tuple(self._grown(t, end) for t in self.tables), end)
        pages = torch.tensor(following.tables, device=k.device)  # B pages
        places = torch.arange(self.n_seen, end, device=k.device)  # T
        page, slot = pages[:, places // pool.page_size], places % pool.page_size  # B T, T
        pool.k_pages[page, :, slot] = k.transpose(1, 2)
        pool.v_pages[page, :, slot] = v.transpose(1, 2)
        return following, _gather(pool.k_pages, pages, end), _gather(pool.v_pages, pages, end)

    def shared(self, rows: Int[Tensor, " R"]) -> "PagedCache":
        """Begin copies of some sequences, which share all pages with them; this cache goes on too.

        Args:
            rows: Which sequence each copy is of.

        Returns:
            The copies.
        """
        tables = tuple(self.tables[row] for row in rows.tolist())
        for table in tables:
            for page in table:
                self.pool.share(page)
        return replace(self, tables=tables)

    def selected(self, rows: Int[Tensor, " R"]) -> "PagedCache":
        """Go on with the sequences at these rows; see `cache_editing`."""
        following = self.shared(rows)
        self.free()
        return following

    def truncated(self, n_seen: int) -> "PagedCache":
        """Forget what comes behind the first positions; see `cache_editing`."""
        n_seen = min(n_seen, self.n_seen)
        n_kept = self.pool.n_pages_for(n_seen)
        for table in self.tables:
            for page in table[n_kept:]:
                self.pool.give_back(page)
        return replace(self, tables=tuple(t[:n_kept] for t in self.tables), n_seen=n_seen)

    def free(self) -> None:
        """Give back all pages; this cache is not used again."""
        self.truncated(0)

    @property
    def _n_full(self) -> int:
        """How many pages of each sequence are full."""
        return self.n_seen // self.pool.page_size

    def _n_pages_needed(self, end: int) -> int:
        """Return how many free pages it takes to grow each sequence to a length."""
        n_behind = self.pool.n_pages_for(end) - self.pool.n_pages_for(self.n_seen)
        # Of those who share a page that is not full, all but the last one copy it.
        begun = Counter(page for table in self.tables for page in table[self._n_full :])
        n_copies = sum(min(n, self.pool.n_users[page] - 1) for page, n in begun.items())
        return n_behind * len(self.tables) + n_copies

    def _grown(self, table: PageTable, end: int) -> PageTable:
        """Return a table with pages up to a length, the last of its old ones fit to be written."""
        pool = self.pool
        begun = [pool.make_own(page) for page in table[self._n_full :]]
        n_behind = pool.n_pages_for(end) - len(table)
        return (*table[: self._n_full], *begun, *(pool.take() for _ in range(n_behind)))


def _gather(
    memory: Float[Tensor, "P Hkv S Dh"], pages: Int[Tensor, "B N"], n_positions: int
) -> Float[Tensor, "B Hkv {n_positions} Dh"]:
    """Lay the pages of each sequence side by side."""
    gathered = memory[pages].transpose(1, 2)  # B Hkv N S Dh
    return gathered.flatten(2, 3)[:, :, :n_positions]
