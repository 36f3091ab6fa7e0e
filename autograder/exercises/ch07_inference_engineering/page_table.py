"""Answers to the exercise about a table of pages: mistakes, and other right ways."""

from collections import Counter

from autograder.exercises.ch07_inference_engineering.page_table_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Pages leak: `free` forgets the sequence and not its pages, so that they are never free "
    "again. Count one user less of each, and give back those that nobody uses."
)
class PagesLeak:
    """Forget to give back."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        del self.tables[seq]

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "A fork writes into a page that another sequence uses: what it appends stands in the other's "
    "place too. Copy a page that has other users before you write to it."
)
class ForkWritesThrough:
    """Write wherever there is room."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "A position is written past the end of a full page: the slots are 0 to page_size − 1. At slot "
    "0, and also at the very first position, a page is taken."
)
class WritesPastTheEnd:
    """Take a page one position too late."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % (self.size + 1)
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "A fork copies its pages at once. It is to share them all and to take none: most are never "
    "written to again, and need no copy."
)
class ForkCopiesAll:
    """Take as many new pages."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        return self.begin([self.take() for _ in self.tables[seq]], self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "`free` gives back pages that a fork still uses: the next sequence would write over them. "
    "Count the users of each page, and give back those that nobody uses."
)
class FreesWhatIsShared:
    """Give everything back."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] = 0
        if page not in self.unused:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "When a page is copied the old one still counts this sequence as a user: it is never free "
    "again, and its last user copies it for nothing. Count one user less."
)
class CopyLeavesAUserBehind:
    """Forget the old page."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "A full page is copied although nothing is written to it. The next position goes into slot 0 "
    "of a new page: that is the only page that is needed."
)
class CopiesAFullPage:
    """Copy before looking at the slot."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if pages and self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        if slot == 0:
            pages.append(self.take())
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "`append` counts the position before it knows that there is a page, so that a failed call "
    "leaves its mark: the next one writes to the wrong slot. Look for a page first."
)
class FailsHalfway:
    """Count first."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        self.lengths[seq] += 1
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(list(self.tables[seq]), self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.misconception(
    "A fork and its sequence have one list of pages in common: a page that one of them takes "
    "turns up in the other. Copy the list, not the pages."
)
class OneListForBoth:
    """Hand the list itself on."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.size, self.unused = page_size, list(range(n_pages))
        self.users, self.tables, self.lengths = Counter(), {}, {}

    n_free = property(lambda self: len(self.unused))

    def take(self) -> int:
        if not self.unused:
            raise MemoryError
        page = self.unused.pop()
        self.users[page] = 1
        return page

    def drop(self, page: int) -> None:
        self.users[page] -= 1
        if not self.users[page]:
            self.unused.append(page)

    def alloc(self) -> int:
        return self.begin([], 0)

    def begin(self, pages: list, length: int) -> int:
        seq = len(self.lengths)
        self.tables[seq], self.lengths[seq] = pages, length
        return seq

    def append(self, seq: int) -> tuple:
        pages, slot = self.tables[seq], self.lengths[seq] % self.size
        if slot == 0:
            pages.append(self.take())
        elif self.users[pages[-1]] > 1:
            own = self.take()
            self.drop(pages[-1])
            pages[-1] = own
        self.lengths[seq] += 1
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        self.users.update(self.tables[seq])
        return self.begin(self.tables[seq], self.lengths[seq])

    def free(self, seq: int) -> None:
        for page in self.tables.pop(seq):
            self.drop(page)

    def pages(self, seq: int) -> list:
        return list(self.tables[seq])


@exercise.alternative
class UsersCountedAnew:
    """Keep the pages and lengths of each sequence alone, and count users when asked."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.n_pages, self.size, self.n_made = n_pages, page_size, 0
        self.known: dict[int, tuple[list[int], int]] = {}

    def users(self) -> Counter:
        return Counter(page for pages, _ in self.known.values() for page in pages)

    @property
    def n_free(self) -> int:
        return self.n_pages - len(self.users())

    def alloc(self) -> int:
        return self.add([], 0)

    def add(self, pages: list[int], length: int) -> int:
        self.n_made += 1
        self.known[self.n_made] = (pages, length)
        return self.n_made

    def append(self, seq: int) -> tuple[int, int]:
        (pages, length), users = self.known[seq], self.users()
        n_full, slot = divmod(length, self.size)
        if slot == 0 or users[pages[-1]] > 1:
            page = next((one for one in range(self.n_pages) if one not in users), None)
            if page is None:
                raise MemoryError
            pages = [*pages[:n_full], page]
        self.known[seq] = (pages, length + 1)
        return pages[-1], slot

    def fork(self, seq: int) -> int:
        return self.add(*self.known[seq])

    def free(self, seq: int) -> None:
        del self.known[seq]

    def pages(self, seq: int) -> list[int]:
        return self.known[seq][0].copy()


@exercise.alternative
class SetsOfUsers:
    """Keep for each page the set of the sequences that use it."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.users: list[set[int]] = [set() for _ in range(n_pages)]
        self.page_size = page_size
        self.places: list[list[tuple[int, int]]] = []

    @property
    def n_free(self) -> int:
        return sum(not one for one in self.users)

    def alloc(self) -> int:
        self.places.append([])
        return len(self.places) - 1

    def append(self, seq: int) -> tuple[int, int]:
        places = self.places[seq]
        slot = len(places) % self.page_size
        page = places[-1][0] if slot else None
        if page is None or self.users[page] != {seq}:
            if self.n_free == 0:
                raise MemoryError(f"all {len(self.users)} pages are in use")
            own = self.users.index(set())
            if page is not None:
                self.users[page].remove(seq)
                places[-slot:] = [(own, i) for i in range(slot)]
            self.users[own].add(seq)
            page = own
        places.append((page, slot))
        return places[-1]

    def fork(self, seq: int) -> int:
        copy = self.alloc()
        self.places[copy] += self.places[seq]
        for page, _ in self.places[seq]:
            self.users[page].add(copy)
        return copy

    def free(self, seq: int) -> None:
        self.places[seq] = []
        for one in self.users:
            one.discard(seq)

    def pages(self, seq: int) -> list[int]:
        return list(dict.fromkeys(page for page, _ in self.places[seq]))


@exercise.alternative
class NumbersAgain:
    """Use the numbers of ended sequences again, and the lowest free page first."""

    def __init__(self, n_pages: int, page_size: int) -> None:
        self.n_users, self.page_size = dict.fromkeys(range(n_pages), 0), page_size
        self.texts: dict[int, list[int]] = {}
        self.room: dict[int, int] = {}

    @property
    def n_free(self) -> int:
        return list(self.n_users.values()).count(0)

    def _next_free(self) -> int:
        if not self.n_free:
            raise MemoryError
        return min(page for page, n_users in self.n_users.items() if n_users == 0)

    def alloc(self) -> int:
        seq = next(n for n in range(len(self.texts) + 1) if n not in self.texts)
        self.texts[seq], self.room[seq] = [], 0
        return seq

    def append(self, seq: int) -> tuple[int, int]:
        pages = self.texts[seq]
        if self.room[seq] == 0:
            page = self._next_free()
            pages.append(page)
            self.n_users[page] += 1
            self.room[seq] = self.page_size
        elif self.n_users[pages[-1]] >= 2:
            page = self._next_free()
            self.n_users[pages.pop()] -= 1
            self.n_users[page] += 1
            pages.append(page)
        self.room[seq] -= 1
        return pages[-1], self.page_size - 1 - self.room[seq]

    def fork(self, seq: int) -> int:
        copy = self.alloc()
        self.texts[copy], self.room[copy] = self.texts[seq][:], self.room[seq]
        for page in self.texts[copy]:
            self.n_users[page] += 1
        return copy

    def free(self, seq: int) -> None:
        for page in self.texts.pop(seq):
            self.n_users[page] -= 1

    def pages(self, seq: int) -> list[int]:
        return self.texts[seq][:]
