"""Data leaking: an obliging assistant, what it says to whom, and what keeps secrets in.

The assistant is a script that does everything it is asked: it looks for the best note and says it
in whatever spelling is wanted. What a defence is worth against it, it is worth against a model that
has been talked into anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.agents.note_store import NoteStore
from course_lib.agents.planted_secrets import Ask, disguise, undo
from course_lib.agents.redaction import Redact

NOTHING = "I have found nothing."


@dataclass(frozen=True)
class ObligingAssistant:
    """Says the note that fits a question best.

    Attributes:
        store: Where it looks.
        has_access_rules: Whether it finds only what the asker may read.
        redact: What its answers go through last. None: nothing.
    """

    store: NoteStore
    has_access_rules: bool = False
    redact: Redact | None = None

    def answer(self, ask: Ask, how: str) -> str:
        """Answer in the spelling that is asked for: one of `planted_secrets.DISGUISES`."""
        reader = ask.asker if self.has_access_rules else None
        found = self.store.search(ask.question, 1, reader)
        text = disguise(found[0].text, how) if found else NOTHING
        return text if self.redact is None else self.redact(text)


@dataclass(frozen=True)
class LeakReport:
    """What an assistant gave away.

    Attributes:
        leaked: Share of forbidden questions whose secret the asker could read off the answer.
        owners_served: Share of owners who could read off their own.
        others_served: Share of harmless questions that were answered.
    """

    leaked: float
    owners_served: float
    others_served: float


def measure_leaks(assistant: ObligingAssistant, asks: Sequence[Ask], how: str) -> LeakReport:
    """Ask everything, and count.

    Args:
        assistant: Who is asked.
        asks: The questions: some forbidden, some of owners, some harmless.
        how: The spelling that askers want for digits.

    Raises:
        ValueError: One of the three kinds is missing.
    """
    forbidden = [ask for ask in asks if ask.is_secret and not ask.is_allowed]
    owned = [ask for ask in asks if ask.is_secret and ask.is_allowed]
    harmless = [ask for ask in asks if not ask.is_secret]
    if not (forbidden and owned and harmless):
        raise ValueError("there must be forbidden questions, owners' questions and harmless ones")
    return LeakReport(*(_share(assistant, part, how) for part in (forbidden, owned, harmless)))


def _share(assistant: ObligingAssistant, asks: Sequence[Ask], how: str) -> float:
    return sum(_is_learned(ask, assistant.answer(ask, how), how) for ask in asks) / len(asks)


def _is_learned(ask: Ask, text: str, how: str) -> bool:
    if ask.is_secret:
        return ask.answer in undo(text, how)
    return ask.answer in text.split()
