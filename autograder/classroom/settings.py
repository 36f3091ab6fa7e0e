"""The settings of one class: `course.toml` in its course folder.

    seed = 0
    database = "postgresql://ada@host/gradebook"

    [chapters.ch02_self_attention]
    drop = ["stable_softmax"]
    points = { causal_mask = 12 }
    solutions = "released"

What the file does not name is as the course has it. What it names and the course does not know is
refused, with the nearest name that there is: a misspelt exercise must not keep its points in
silence. How an assignment follows the settings stands in `adapted.py`.
"""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.database import gradebook_url, holds_password
from autograder.errors import CourseError
from autograder.files import chapter_slugs

SETTINGS = "course.toml"
RELEASED, HIDDEN = "released", "hidden"

SETTINGS_TEXT = """\
# The settings of this class; yours to change. `course init`, `course grade`, `course report` and
# nbgrader's own commands read them, and run again they bring everything up to date.

# What the checks call a learner's functions with follows from this number, the learner and the
# text of the answers. Keep it for as long as the class lasts.
seed = 0

# Where the gradebook is, in place of gradebook.db in this folder; without a password, which
# belongs into ~/.pgpass or the variable PGPASSWORD.
# database = "postgresql://ada@host/gradebook"

# [chapters.ch02_self_attention]
# drop = ["an_exercise", "another"]    # these stay in the notebook and are not graded
# points = { a_third = 12 }            # in place of the points that the course gives
# solutions = "released"               # feedback shows the course's answers; else "hidden"
"""


@dataclass(frozen=True)
class ChapterSettings:
    """What a class has changed in a chapter.

    Attributes:
        drop: Names of exercises that are not graded.
        points: Points by exercise, in place of the course's.
        solutions_released: Whether feedback shows the course's own answers.
    """

    drop: tuple[str, ...] = ()
    points: Mapping[str, int] = field(default_factory=dict)
    solutions_released: bool = False


@dataclass(frozen=True)
class ClassSettings:
    """What a class has changed in the course.

    Attributes:
        seed: Seed of the class.
        chapters: Its changes by the slug of the chapter.
        database: URL of its gradebook, without a password; "" for a file in the course folder.
    """

    seed: int = 0
    chapters: Mapping[str, ChapterSettings] = field(default_factory=dict)
    database: str = ""

    def of(self, slug: str) -> ChapterSettings:
        """Give the settings of a chapter, those of the course where the class has none."""
        return self.chapters.get(slug, ChapterSettings())


def read_settings(folder: Path, slugs: Collection[str] = ()) -> ClassSettings:
    """Read the settings of a class.

    Args:
        folder: The course folder; without the file in it everything is as the course has it.
        slugs: Chapters that may be named beside those of the course.

    Raises:
        CourseError: The file is damaged, or names what there is not.
    """
    path = folder / SETTINGS
    return _Reader(path).settings(_read_tables(path), sorted({*chapter_slugs(), *slugs}))


def read_database(folder: Path) -> str:
    """Read where the gradebook of a class is; faults in its other settings are told elsewhere.

    Args:
        folder: The course folder.

    Raises:
        CourseError: The file is damaged, or the address is no URL or has a password.
    """
    path = folder / SETTINGS
    return _Reader(path).database(_read_tables(path).get("database", ""))


def nearest(word: str, known: Collection[str]) -> str:
    """Tell which of the known words was meant, or list them all."""
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(sorted(known))}." if known else "there are none."


def _read_tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is no TOML: {error}.") from None


class _Reader:
    """Turns the tables of the file into settings, or says in a sentence what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, plain: Mapping[str, Any], slugs: Collection[str]) -> ClassSettings:
        self._only_known(plain, ("seed", "database", "chapters"), "the file")
        seed = plain.get("seed", 0)
        self._expect(type(seed) is int and seed >= 0, f"`seed` is {seed!r}; give 0, 1, 2, ….")
        database = self.database(plain.get("database", ""))
        tables = plain.get("chapters", {})
        self._expect(isinstance(tables, dict), "`chapters` must be tables: [chapters.ch02].")
        chapters: dict[str, ChapterSettings] = {}
        for name, table in tables.items():
            slug = self._slug(name, slugs)
            self._expect(slug not in chapters, f"{slug} stands twice; keep one table.")
            self._expect(isinstance(table, dict), f"{name} must be a table: [chapters.{name}].")
            chapters[slug] = self._chapter(name, table)
        return ClassSettings(seed, chapters, database)

    def database(self, given: object) -> str:
        self._expect(isinstance(given, str), "`database` must be a URL in quotes.")
        database = str(given)
        try:
            url = gradebook_url(database, self.path.parent)
        except CourseError as error:
            raise CourseError(f"{self.path}: {error}") from None
        self._expect(
            not holds_password(url),
            "`database` has a password; others read this file, so put it into ~/.pgpass or "
            "the variable PGPASSWORD.",
        )
        return database

    def _slug(self, name: str, slugs: Collection[str]) -> str:
        found = [slug for slug in slugs if name in (slug, slug.partition("_")[0])]
        self._expect(len(found) == 1, f"There is no chapter {name!r}; {nearest(name, slugs)}")
        return found[0]

    def _chapter(self, name: str, table: Mapping[str, Any]) -> ChapterSettings:
        self._only_known(table, ("drop", "points", "solutions"), f"[chapters.{name}]")
        drop, points = table.get("drop", []), table.get("points", {})
        names = isinstance(drop, list) and all(isinstance(one, str) for one in drop)
        self._expect(names, f'`drop` of {name} must be a list of names, such as ["an_exercise"].')
        shape = f"`points` of {name} must be whole numbers by name, such as {{ an_exercise = 12 }}."
        self._expect(isinstance(points, dict), shape)
        for exercise, most in points.items():
            self._expect(type(most) is int, shape)
            told = f"{exercise} of {name} has {most} points; give at least 1, or drop it."
            self._expect(most >= 1, told)
            self._expect(
                exercise not in drop, f"{exercise} of {name} is dropped and has points; keep one."
            )
        solutions = table.get("solutions", HIDDEN)
        told = f'`solutions` of {name} is {solutions!r}; it is "{RELEASED}" or "{HIDDEN}".'
        self._expect(solutions in (RELEASED, HIDDEN), told)
        return ChapterSettings(tuple(dict.fromkeys(drop)), dict(points), solutions == RELEASED)

    def _only_known(self, table: Mapping[str, Any], known: Collection[str], where: str) -> None:
        for key in table:
            self._expect(key in known, f"{where} has no setting {key!r}; {nearest(key, known)}")

    def _expect(self, holds: bool, sentence: str) -> None:
        if not holds:
            raise CourseError(f"{self.path}: {sentence}")
