"""What an exercise is: points, named items, misconceptions, other right answers.

One file holds one exercise and binds it to the name `exercise`:

    exercise = Exercise(name="stable_softmax", points=10, exports=("stable_softmax",), …)

    @exercise.item("every slice sums to one", points=3, sentence="…")
    def _(learner, draw): …

    @exercise.misconception("the sentence that would help")
    def no_maximum_subtracted(x, dim): …

    @exercise.alternative
    def with_logsumexp(x, dim): …

A long one takes two files: `<exercise>_checks.py` for the exercise and its items, and
`<exercise>.py`, which imports it, for the answers. A check sees the learner's functions as
`learner.<function>(…)`, wherever they run; its inputs come from `autograder.exercises.draw`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

from autograder.exercises.answers import Answer
from autograder.exercises.draw import Draw
from autograder.exercises.protocol import Learner

N_HINTS = 2
MIN_MISCONCEPTIONS = 3

Check = Callable[[Learner, Draw], None]


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric of a written answer.

    Attributes:
        sentence: What the answer must say, as the marker reads it.
        points: Points that it earns.
    """

    sentence: str
    points: int


@dataclass(frozen=True)
class Item:
    """One property that an answer must have.

    Attributes:
        name: The property, as it stands in the verdict.
        points: Points that it earns, whole or not at all.
        sentence: What the learner is told when it fails.
        check: Called with the learner's functions and a source of inputs; returns or raises.
    """

    name: str
    points: float
    sentence: str
    check: Check


@dataclass(frozen=True, kw_only=True)
class WrittenAnswer:
    """A question answered in words and marked by hand; its model answer stands in the chapter.

    Attributes:
        name: Name of the exercise in the chapter's source.
        points: Points, the sum of the rubric's.
        rubric: Three to five criteria.
    """

    name: str
    points: int
    rubric: tuple[Criterion, ...]
    bonus: ClassVar[bool] = False

    def __post_init__(self) -> None:
        total = sum(criterion.points for criterion in self.rubric)
        if total != self.points:
            raise ValueError(
                f"{self.name}: the rubric adds up to {total}, the exercise has {self.points}"
            )


@dataclass(kw_only=True)
class Exercise:
    """An exercise that is marked by running it.

    Attributes:
        name: Name of the exercise in the chapter's source.
        points: Points, the sum of the items'.
        exports: Names that the learner's cell must define; nothing else is looked up in it.
        classes: Those of them that are classes, each with the properties that checks read.
        not_allowed: Dotted names of calls that would solve it; `torch.Tensor.x` for a method.
        hints: Two hints of rising help.
        free_words: Fields that everybody words otherwise, such as {"ToolError": "message"}.
        given: Tags of the chapter's cells that run before the learner's.
        time_limit_s: Seconds of processor time that one call may take.
        memory_limit_mib: Memory that one call may take beyond what its process has, or None.
        bonus: Whether its points are extra credit, beside the chapter's.
    """

    name: str
    points: int
    exports: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_allowed: tuple[str, ...] = ()
    hints: tuple[str, ...]
    free_words: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ("imports",)
    time_limit_s: float = 10.0
    memory_limit_mib: int | None = None
    bonus: bool = False
    items: list[Item] = field(default_factory=list, init=False)
    misconceptions: list[Answer] = field(default_factory=list, init=False)
    alternatives: list[Answer] = field(default_factory=list, init=False)

    def item(self, name: str, *, points: int, sentence: str) -> Callable[[Check], Check]:
        """Add the decorated check as a named item."""

        def add(check: Check) -> Check:
            self.items.append(Item(name, points, sentence, check))
            return check

        return add

    def misconception(self, sentence: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function, of the exercise's signature, as a mistake that people make.

        For an exercise with several exports see `autograder.exercises.answers`. It runs as a wrong
        answer in the tests, and recognises one when a submission's outcomes are its own.

        Args:
            sentence: What would help somebody who made it.
        """

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.misconceptions.append(Answer(function.__name__, function, sentence))
            return function

        return add

    def alternative(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Add the decorated function as a right answer in another style."""
        self.alternatives.append(Answer(function.__name__, function))
        return function

    def check_definition(self) -> None:
        """Refuse an exercise that is not whole.

        Raises:
            ValueError: Points do not add up, a name stands twice, or something is missing.
        """
        total = sum(item.points for item in self.items)
        if total != self.points:
            told = f"the items add up to {total}, the exercise has {self.points}"
            raise ValueError(f"{self.name}: {told}")
        names = [part.name for part in (*self.items, *self.misconceptions, *self.alternatives)]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"{self.name}: two parts are called {', '.join(doubled)}")
        if not self.exports:
            raise ValueError(f"{self.name}: no exported name, so nothing could be judged")
        if unknown := sorted(set(self.classes) - set(self.exports)):
            raise ValueError(f"{self.name}: {', '.join(unknown)} is a class, but is not exported")
        if len(self.hints) != N_HINTS:
            raise ValueError(f"{self.name}: {len(self.hints)} hints, wanted {N_HINTS}")
        if len(self.misconceptions) < MIN_MISCONCEPTIONS:
            raise ValueError(
                f"{self.name}: {len(self.misconceptions)} misconceptions, "
                f"wanted at least {MIN_MISCONCEPTIONS}"
            )


@dataclass(frozen=True)
class Chapter:
    """The exercises of a chapter, in the order in which they stand in it.

    Attributes:
        slug: Name of the chapter's files, such as `ch02_self_attention`.
        number: Its number; 0 for the capstone, which has none.
        title: Its title.
        exercises: Exercises and written answers.
    """

    slug: str
    number: int
    title: str
    exercises: tuple[Exercise | WrittenAnswer, ...]

    @property
    def prefix(self) -> str:
        """What the ids of its cells begin with: `ch02`, or `capstone`."""
        return self.slug.partition("_")[0]

    @property
    def label(self) -> str:
        """What it is called in a sentence: "Chapter 2", or "Capstone"."""
        return f"Chapter {self.number}" if self.number else self.prefix.capitalize()

    @property
    def autograded(self) -> tuple[Exercise, ...]:
        """The exercises that are marked by running them."""
        return tuple(one for one in self.exercises if isinstance(one, Exercise))

    @property
    def points(self) -> int:
        """Points of the whole chapter, written answers included and extra credit not."""
        return sum(one.points for one in self.exercises if not one.bonus)

    def exercise(self, name: str) -> Exercise | WrittenAnswer:
        """Find an exercise by its name.

        Raises:
            ValueError: The chapter has none of this name.
        """
        for one in self.exercises:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.exercises)
        raise ValueError(f"{self.slug} has no exercise {name!r}; it has {known}")


def chapters_with_exercises() -> list[str]:
    """List the slugs of the chapters that have exercises."""
    package = importlib.import_module("autograder.exercises")
    return sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)


def load_chapter(slug: str) -> Chapter:
    """Load the exercises of a chapter.

    Args:
        slug: Folder under `autograder/exercises/`, whose `__init__.py` states TITLE and ORDER.

    Raises:
        ValueError: No such chapter, or one of its exercises is not whole.
    """
    if slug not in chapters_with_exercises():
        known = ", ".join(chapters_with_exercises())
        raise ValueError(f"no chapter {slug!r} has exercises; there are {known}")
    package = importlib.import_module(f"autograder.exercises.{slug}")
    exercises = tuple(_load_exercise(package, name) for name in package.ORDER)
    digits = slug.partition("_")[0].removeprefix("ch")
    number = int(digits) if digits.isdigit() else 0
    return Chapter(slug, number, package.TITLE, exercises)


def _load_exercise(package: ModuleType, name: str) -> Exercise | WrittenAnswer:
    module = importlib.import_module(f"{package.__name__}.{name}")
    exercise: Exercise | WrittenAnswer = module.exercise
    if exercise.name != name:
        raise ValueError(f"{module.__name__} defines {exercise.name!r}; name it after its file")
    if isinstance(exercise, Exercise):
        exercise.check_definition()
    return exercise
