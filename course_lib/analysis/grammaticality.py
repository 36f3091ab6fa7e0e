"""How much of what a model tells is right, judged by the grammar of the tales."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib.data import tinytales

FULL_STOP = "."


@dataclass(frozen=True)
class Verdict:
    """What the grammar says of one text.

    Attributes:
        n_right_sentences: Whole sentences before the first word that cannot stand where it stands.
        n_sentences: These, and the one with the first wrong word if there is any.
        error_at: Index of the first wrong word, or of the one that is missing where a text breaks
            off; None for a whole tale.
    """

    n_right_sentences: int
    n_sentences: int
    error_at: int | None

    @property
    def is_tale(self) -> bool:
        """Whether the text is a whole tale without an error."""
        return self.error_at is None


@dataclass(frozen=True)
class Grammaticality:
    """What share of some texts is right.

    Attributes:
        tales: The share of texts that are whole tales without an error.
        sentences: The share of right sentences among those that can be judged: all up to the first
            wrong one of each text, for behind an error nobody can say what ought to come.
    """

    tales: float
    sentences: float


def judge(text: str | Sequence[str]) -> Verdict:
    """Read a text to its first error.

    Args:
        text: A string with spaces between the words, or the words.

    Returns:
        Where it goes wrong, and how many sentences were right until then.
    """
    words = text.split() if isinstance(text, str) else list(text)
    try:
        tinytales.parse(words)
    except tinytales.TaleError as error:
        n_right = words[: error.position].count(FULL_STOP)
        return Verdict(n_right, n_right + 1, error.position)
    n_sentences = words.count(FULL_STOP)
    return Verdict(n_sentences, n_sentences, None)


def grammaticality(verdicts: Iterable[Verdict]) -> Grammaticality:
    """Sum up what was said of some texts.

    Raises:
        ValueError: There is no text.
    """
    verdicts = list(verdicts)
    if not verdicts:
        raise ValueError("no texts were judged: give at least one")
    n_right = sum(verdict.n_right_sentences for verdict in verdicts)
    n_sentences = sum(verdict.n_sentences for verdict in verdicts)
    n_tales = sum(verdict.is_tale for verdict in verdicts)
    return Grammaticality(n_tales / len(verdicts), n_right / n_sentences)
