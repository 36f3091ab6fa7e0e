"""Questions about the course, and which of its sections answer each.

Half of them use the words of the section that answers them. The others are asked as somebody would
who has not read it, in words of their own. They are kept for measuring: nothing is trained on them,
and settings are chosen on those that are not for tests.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

QUESTIONS = Path(__file__).with_name("book_questions.json")
KINDS = ("words", "paraphrase")


@dataclass(frozen=True)
class Question:
    """Something that a reader might ask.

    Attributes:
        question: How it is asked.
        sections: Keys of the sections that answer it; at least one. See `book_sections`.
        kind: In the words of the section or not: one of `KINDS`.
        is_test: Whether it is for tests only.
    """

    question: str
    sections: frozenset[str]
    kind: str
    is_test: bool


def load_questions(path: Path = QUESTIONS) -> list[Question]:
    """Read all questions.

    Raises:
        ValueError: The file is damaged, or a question has no section or an unknown kind.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Question(**row | {"sections": frozenset(row["sections"])}) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} holds no questions: {error}") from None
    for question in found:
        if not question.sections or question.kind not in KINDS:
            raise ValueError(f"a question needs a section and one of {KINDS}, unlike {question}")
    return found


def for_tests(questions: Sequence[Question]) -> list[Question]:
    """Return those that are for tests."""
    return [question for question in questions if question.is_test]


def for_choosing(questions: Sequence[Question]) -> list[Question]:
    """Return those on which settings may be chosen."""
    return [question for question in questions if not question.is_test]
