"""What grading one submission gives: plain data that goes to JSON and back unchanged."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from autograder.judge import Verdict


@dataclass(frozen=True)
class CellRun:
    """One of the learner's cells and what came of running it.

    Attributes:
        cell: Id of the cell in the transplanted notebook.
        source: Its text.
        text: What it printed, cut to a limit.
        error: What ended it, in a line, or "".
        plots: The learner's figures: PNG files in base64.
    """

    cell: str
    source: str
    text: str
    error: str
    plots: tuple[str, ...] = ()


@dataclass(frozen=True)
class WrittenResult:
    """An answer in words, for a person to mark.

    Attributes:
        exercise: Name of the exercise.
        max_points: Points that it can earn.
        answer: The learner's text, "" when the cell was left as it was handed out.
    """

    exercise: str
    max_points: float
    answer: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """The marks of one submission and the reasons for them.

    Attributes:
        chapter: Slug of the chapter.
        learner: Who handed it in.
        seed: Seed of the class.
        version: Version of the course that graded it.
        reason: Why nothing could be graded, or "".
        repairs: What was mended before grading, one sentence each.
        verdicts: One for each autograded exercise, in the chapter's order.
        written: One for each written answer.
        cells: The learner's cells in the order in which they ran.
    """

    chapter: str
    learner: str
    seed: int
    version: str
    reason: str = ""
    repairs: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    written: tuple[WrittenResult, ...] = ()
    cells: tuple[CellRun, ...] = ()

    @property
    def points(self) -> float:
        """Points of the autograded exercises, without extra credit."""
        return float(sum(verdict.points for verdict in self.verdicts if not verdict.bonus))

    @property
    def extra_credit(self) -> float:
        """Points beside those of the chapter."""
        return float(sum(verdict.points for verdict in self.verdicts if verdict.bonus))

    @property
    def max_points(self) -> float:
        """Points that the autograded exercises could have earned, without extra credit."""
        return float(sum(verdict.max_points for verdict in self.verdicts if not verdict.bonus))

    @property
    def awaiting(self) -> float:
        """Points of the written answers that a person has to mark."""
        return float(sum(one.max_points for one in self.written if one.answer))

    def to_json(self) -> str:
        """Write the result as text, the same text for the same result."""
        plain = {
            **vars(self),
            "verdicts": [json.loads(verdict.to_json()) for verdict in self.verdicts],
        }
        plain["written"] = [asdict(one) for one in self.written]
        plain["cells"] = [asdict(one) for one in self.cells]
        return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """Read what `to_json` wrote.

        Raises:
            ValueError: The text is not a result.
        """
        plain: dict[str, Any] = json.loads(text)
        try:
            plain["repairs"] = tuple(plain["repairs"])
            plain["verdicts"] = tuple(
                Verdict.from_json(json.dumps(one)) for one in plain["verdicts"]
            )
            plain["written"] = tuple(WrittenResult(**one) for one in plain["written"])
            plain["cells"] = tuple(_cell_run(one) for one in plain["cells"])
            return cls(**plain)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a result: {error}") from error


def _cell_run(plain: dict[str, Any]) -> CellRun:
    return CellRun(**{**plain, "plots": tuple(plain["plots"])})
