"""How well a model says again what a tale has said before, where nothing else is possible.

Axes: T tokens, N copied words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.data import tinytales
from course_lib.data.tale_tokens import make_batch
from course_lib.data.tinytales import lexicon

KINDS: Mapping[str, frozenset[str]] = {
    "name": frozenset(lexicon.PRONOUN),
    "object": frozenset(lexicon.OBJECTS),
    "animal": frozenset(lexicon.ANIMALS) - frozenset(lexicon.OBJECTS),
    "place": frozenset(lexicon.PLACES) | frozenset(lexicon.CONTAINERS),
}
"""The words that say what a tale is about. "bat", which is both, counts as an object; what objects
are hidden in counts as a place."""

_KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}
_TALES_AT_ONCE = 100


@dataclass(frozen=True)
class CopyScores:
    """How a model did at every copied word of some tales.

    Attributes:
        tales: Which tale each word stands in, counted from 0.
        kinds: What each word names, one of `KINDS`.
        log_probs: Natural logarithm of the probability that the model gave it.
        is_right: Whether no other word was more probable.
    """

    tales: Int[Tensor, " N"]
    kinds: tuple[str, ...]
    log_probs: Float[Tensor, " N"]
    is_right: Bool[Tensor, " N"]

    @property
    def nats(self) -> float:
        """Mean surprise at a copied word: 0 for a model that never errs, and a smooth measure."""
        return -self.log_probs.double().mean().item()

    @property
    def share_right(self) -> float:
        """Share of the copied words that the model would have said."""
        return self.is_right.double().mean().item()

    @property
    def share_of_tales(self) -> float:
        """Share of the tales in which it would have said all of them: a sharp measure."""
        wrong = torch.bincount(self.tales, weights=(~self.is_right).double())
        return (wrong[self.tales.unique()] == 0).double().mean().item()

    @property
    def share_if_independent(self) -> float:
        """What `share_of_tales` would be if each word had the same chance, whatever the others."""
        n_copies = torch.bincount(self.tales)[self.tales.unique()]
        return (self.share_right ** n_copies.double()).mean().item()

    def of_kind(self, kind: str) -> "CopyScores":
        """Keep the words of one kind.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"there is no kind {kind!r}, only {', '.join(KINDS)}")
        keep = torch.tensor([own == kind for own in self.kinds], dtype=torch.bool)
        kinds = (kind,) * int(keep.sum())
        return CopyScores(self.tales[keep], kinds, self.log_probs[keep], self.is_right[keep])


def copied_places(tale: tinytales.Story) -> dict[int, str]:
    """Find the words of a tale that can only be known by looking back.

    Args:
        tale: A whole tale.

    Returns:
        Index → kind of every name, object, animal and place that the tale has said before and that
        is the only word the grammar allows here.
    """
    said: set[str] = set()
    places = {}
    for place, word in enumerate(tale.words):
        if word in said and word in _KIND_OF and tale.log_probs[place] == 0:
            places[place] = _KIND_OF[word]
        said.add(word)
    return places


@torch.no_grad()
def score_copies(model: nn.Module, tales: Sequence[tinytales.Story]) -> CopyScores:
    """Let a model foretell each copied word from the true words before it.

    Args:
        model: Reads tokens of `course_lib.data.tale_tokens` and gives an output with `logits`.
        tales: Whole tales.

    Raises:
        ValueError: There is nothing to copy in any of them.
    """
    found = [copied_places(tale) for tale in tales]
    if not any(found):
        raise ValueError(f"in {len(tales)} tales there is no word to be copied")
    log_probs, is_right = [], []
    for start in range(0, len(tales), _TALES_AT_ONCE):
        token_ids = make_batch(tales[start : start + _TALES_AT_ONCE])
        logits = model(token_ids[:, :-1]).logits
        told = logits.log_softmax(dim=-1).gather(-1, token_ids[:, 1:, None]).squeeze(-1)
        best = logits.argmax(dim=-1) == token_ids[:, 1:]
        for row, places in enumerate(found[start : start + _TALES_AT_ONCE]):
            before = [place - 1 for place in places]
            log_probs.append(told[row, before])
            is_right.append(best[row, before])
    numbers = [number for number, places in enumerate(found) for _ in places]
    kinds = tuple(kind for places in found for kind in places.values())
    return CopyScores(torch.tensor(numbers), kinds, torch.cat(log_probs), torch.cat(is_right))
