"""What the judge says of one exercise: plain data, the same as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """An input on which a property does not hold, drawn for feedback and never graded.

    Attributes:
        call: The call with its arguments, as a learner would type it.
        got: What came back.
        expected: What should have come back; empty where the property names no single value.
    """

    call: str
    got: str
    expected: str


@dataclass(frozen=True)
class ItemResult:
    """How one named item went.

    Attributes:
        name: The property.
        sentence: What the exercise says about it when it fails.
        points: Points earned.
        max_points: Points to earn.
        passed: Whether it holds.
        message: What differed, in words; empty when it holds.
        example: A small input that shows it, where one was found.
    """

    name: str
    sentence: str
    points: float
    max_points: float
    passed: bool
    message: str = ""
    example: Example | None = None


@dataclass(frozen=True)
class Misconception:
    """A known mistake whose outcomes are the submission's own.

    Attributes:
        name: Its name in the exercise.
        sentence: What helps.
    """

    name: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """How one exercise went.

    Attributes:
        exercise: Name of the exercise.
        points: Points earned, the sum of the items'.
        max_points: Points to earn.
        items: One result an item, in the exercise's order.
        misconceptions: Known mistakes that the failed items show.
        reason: Why nothing could be judged; empty when it could.
        bonus: Whether its points are extra credit.
    """

    exercise: str
    points: float
    max_points: float
    items: tuple[ItemResult, ...]
    misconceptions: tuple[Misconception, ...] = field(default=())
    reason: str = ""
    bonus: bool = False

    def to_json(self) -> str:
        """Write the verdict as JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """Read a verdict that `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        items = tuple(_item(one) for one in data.pop("items"))
        misconceptions = tuple(Misconception(**one) for one in data.pop("misconceptions"))
        return cls(items=items, misconceptions=misconceptions, **data)

    def as_text(self) -> str:
        """Write the verdict for a notebook or a terminal."""
        beside = " of extra credit" if self.bonus else ""
        lines = [f"{self.exercise}: {self.points:g} of {self.max_points:g} points{beside}"]
        if self.reason:
            lines.append(f"  {self.reason}")
        else:
            lines += [line for item in self.items for line in _item_lines(item)]
        for one in self.misconceptions:
            lines.append(f"  This looks like a mistake that many make: {one.sentence}")
        return "\n".join(lines)


def _item(data: dict[str, Any]) -> ItemResult:
    example = data.pop("example")
    return ItemResult(example=Example(**example) if example else None, **data)


def _item_lines(item: ItemResult) -> list[str]:
    if item.passed:
        return [f"  ✓ {item.name} ({item.points:g}/{item.max_points:g})"]
    lines = [f"  ✗ {item.name} (0/{item.max_points:g}): {item.sentence}", f"      {item.message}"]
    if item.example:
        lines += [f"      {item.example.call}", f"        got      {item.example.got}"]
        if item.example.expected:
            lines.append(f"        expected {item.example.expected}")
    return lines
