"""A class of the small chapter in which everything occurs, with the mark that each must get.

Right, partly right, wrong, slow, hostile and corrupt submissions, in an order that a seed decides.
The hostile ones are those of `tests/attacks`; none of them may cost another one a mark.
"""

import copy
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from autograder.submissions.assignment import grade_id
from tests.attacks.corpus import ATTACKS
from tests.autograder.small_chapter import SOLUTIONS, assignment, double, largest

FULL, DOUBLE, LARGEST = 90.0, 60.0, 30.0


@dataclass(frozen=True)
class Member:
    """One of the class.

    Attributes:
        name: Who hands in.
        about: What is special about it.
        points: Autograded points that it must get.
        files: What is handed in: contents by path below the folder of the class.
        link: What the notebook is a link to, or "".
        honest: It prints nothing that changes from run to run.
    """

    name: str
    about: str
    points: float
    files: dict[str, bytes] = field(default_factory=dict)
    link: str = ""
    honest: bool = True

    def hand_in(self, folder: Path) -> None:
        """Write the files."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        path = folder / f"{self.name}.ipynb"
        if self.link and not path.is_symlink():
            os.symlink(self.link, path)


def mixed_class(size: int, seed: int) -> list[Member]:
    """Make a class; one that is large enough holds every attack.

    Args:
        size: How many.
        seed: Decides who comes where, and which attacks a small class holds.
    """
    draw = random.Random(seed)
    attacks = list(ATTACKS) if size >= len(ATTACKS) + 50 else draw.sample(_quick(), size // 3)
    kinds = list(_kinds())
    spread = [*kinds[::2], *kinds[1::2]]  # so that a small class too has some of each sort
    others = list(islice(cycle(spread), size - len(attacks)))
    made = [*attacks, *others]
    draw.shuffle(made)
    members = []
    for number, one in enumerate(made):
        name = f"learner-{number:03d}"
        if isinstance(one, _Kind):
            members.append(one.member(name))
        else:
            data = {f"{name}.ipynb": one.data()}
            about = f"{one.kind}: {one.name}"
            members.append(Member(name, about, one.points, data, honest=False))
    return members


def changed(member: Member) -> Member:
    """Let a learner hand in something else: the solution, in a notebook of their own."""
    return Member(
        member.name, "handed in again", FULL, {f"{member.name}.ipynb": _saved(member.name)}
    )


@dataclass(frozen=True)
class _Kind:
    """A kind of submission; see `Member`."""

    about: str
    points: float
    answers: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None
    n_notebooks: int = 1
    link: str = ""

    def member(self, name: str) -> Member:
        if self.link:
            return Member(name, self.about, self.points, link=self.link)
        data = _saved(name, **self.answers) if self.data is None else self.data
        paths = [f"{name}.ipynb"]
        if self.n_notebooks > 1:
            paths = [f"{name}/{number}.ipynb" for number in range(self.n_notebooks)]
        return Member(name, self.about, self.points, dict.fromkeys(paths, data))


def _kinds() -> Iterator[_Kind]:
    yield _Kind("right", FULL)
    for answer in double.alternatives:
        yield _Kind("right in another way", FULL, {"double": answer.as_cell(double.exports)})
    for exercise, left in ((double, LARGEST), (largest, DOUBLE)):
        for answer in exercise.misconceptions:
            cell = answer.as_cell(exercise.exports)
            yield _Kind(f"wrong in {exercise.name}", left, {exercise.name: cell})
        yield _Kind(f"no {exercise.name}", left, {exercise.name: ""})
        broken = f"def {exercise.exports[0]}(x:\n    return x"
        yield _Kind(f"a syntax error in {exercise.name}", left, {exercise.name: broken})
        endless = f"def {exercise.exports[0]}(x):\n    while True:\n        pass"
        yield _Kind(f"{exercise.name} never ends", left, {exercise.name: endless})
        dead = f"import os\n\n\ndef {exercise.exports[0]}(x):\n    os._exit(1)"
        yield _Kind(f"{exercise.name} kills its process", left, {exercise.name: dead})
    yield _Kind("no words", FULL, {"written": ""})
    yield _Kind("untouched", 0.0, data=nbformat.writes(assignment().notebook).encode())
    whole = _saved("whole")
    yield _Kind("cut off", 0.0, data=whole[: len(whole) // 2])
    yield _Kind("empty", 0.0, data=b"")
    yield _Kind("a web page", 0.0, data=b"<!DOCTYPE html><html></html>")
    yield _Kind("no JSON that ends", 0.0, data=b"[" * 50_000)
    yield _Kind("UTF-16", FULL, data=whole.decode().encode("utf-16"))
    yield _Kind("several notebooks", 0.0, n_notebooks=2)
    yield _Kind("a link", 0.0, link="/etc/passwd")


def _saved(name: str, **answers: str) -> bytes:
    """Fill in the chapter; a cell of their own makes every learner's file another one."""
    notebook = copy.deepcopy(assignment().notebook)
    for cell in notebook.cells:
        exercise = grade_id(cell).removeprefix("ch99_")
        if exercise in SOLUTIONS:
            cell.source = {**SOLUTIONS, **answers}[exercise]
    notebook.cells.append(new_code_cell(f"author = {name!r}", id="author"))
    return nbformat.writes(notebook).encode()


def _quick() -> list:
    return [one for one in ATTACKS if not one.slow]
