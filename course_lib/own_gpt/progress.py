"""A progress bar for a loop that somebody else writes."""

from collections.abc import Sequence
from typing import TypeVar, overload

from tqdm import tqdm

Item = TypeVar("Item")


class WithBar(Sequence[Item]):
    """A sequence that moves a bar with each item that is taken from it.

    A learner's training loop has no bar of its own, and may take its batches by index or in a `for`
    loop: both pass here.

    Args:
        items: What is taken.
        desc: What the bar is called.
    """

    def __init__(self, items: Sequence[Item], desc: str = "training") -> None:
        self._items = items
        self._bar = tqdm(total=len(items), desc=desc)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        taken = self._items[index]
        self._bar.update(len(range(len(self))[index]) if isinstance(index, slice) else 1)
        if self._bar.n >= len(self):
            self._bar.close()
        return taken
