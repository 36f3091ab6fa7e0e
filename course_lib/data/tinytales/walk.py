"""Three ways to take the choices of the grammar: draw them, read them off, or stop at the first.

The grammar asks `choose` for every word, also where only one is possible. Whoever answers decides
whether a tale is told or read.
"""

import math
from collections.abc import Mapping, Sequence

import torch


class TaleError(ValueError):
    """Words that are no tale.

    Attributes:
        position: Index of the first word that cannot stand where it stands.
        word: That word; empty where the words break off too early.
        options: Probability of each word that could stand there; empty where the tale is over.
    """

    def __init__(self, position: int, word: str, options: Mapping[str, float]) -> None:
        self.position = position
        self.word = word
        self.options = dict(options)
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        if not self.options:
            return f"the tale is over after {self.position} words, but {self.word!r} follows"
        expected = "expected " + " or ".join(repr(word) for word in sorted(self.options))
        if not self.word:
            return f"the tale breaks off after {self.position} words: {expected}"
        return f"word {self.position} ({self.word!r}) cannot stand here: {expected}"


class Walk:
    """What has been said so far, with the log-probability of each word."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.log_probs: list[float] = []

    def choose(self, options: Mapping[str, float]) -> str:
        """Say one of the words, given with their weights, and return it."""
        word = self._pick(options)
        share = options[word] / sum(options.values())
        self.words.append(word)
        self.log_probs.append(math.log(share))
        return word

    def say(self, word: str) -> None:
        """Say the only word that is possible."""
        self.words.append(self._pick({word: 1.0}))
        self.log_probs.append(0.0)

    def _pick(self, options: Mapping[str, float]) -> str:
        raise NotImplementedError("a walk is told or read: use Telling or Reading")


class Telling(Walk):
    """Draw each word at random."""

    N_DRAWN_AT_ONCE = 64  # one call of torch costs as much as some hundred numbers

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator
        self._draws: list[float] = []

    def say(self, word: str) -> None:
        """Say the only word that is possible; nothing is drawn."""
        self.words.append(word)
        self.log_probs.append(0.0)

    def _pick(self, options: Mapping[str, float]) -> str:
        if len(options) == 1:
            return next(iter(options))
        if not self._draws:
            shape = (self.N_DRAWN_AT_ONCE,)
            # float64: a float32 draw can round up to the total and fall behind the last word.
            drawn = torch.rand(shape, generator=self._generator, dtype=torch.float64)
            self._draws = drawn.tolist()
        left = self._draws.pop() * sum(options.values())
        word = ""
        for word, weight in options.items():  # noqa: B007, the last word stands after the loop
            left -= weight
            if left < 0:
                break
        return word


class Reading(Walk):
    """Take each word from a given row of words."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._given = words

    def _pick(self, options: Mapping[str, float]) -> str:
        position = len(self.words)
        word = self._given[position] if position < len(self._given) else ""
        if word not in options:
            total = sum(options.values())
            raise TaleError(position, word, {w: v / total for w, v in options.items()})
        return word
