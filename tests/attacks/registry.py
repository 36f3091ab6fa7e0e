"""An attack, and the decorators with which the modules of this folder add theirs.

Every attack is a submission to the small chapter (`tests/autograder/small_chapter.py`): `double`
for 60 points, `largest` for 30, and a written answer. `largest` is solved honestly in all of them,
so that "the points that it deserves" is never an empty promise. What an attack tries stands in the
docstring of the function that makes it; its class is the module.

A payload tells what came of its attempt: it prints the error that it met, or the value that it
found. `because` is looked for in the result, so that a payload which fell over its own feet proves
nothing. Every payload is bounded (some hundred processes, a few GiB): a confinement that broke
would fail a test and not take the machine with it.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.result import Result
from autograder.submissions.assignment import grade_id
from tests.autograder.small_chapter import SOLUTIONS, assignment

Edit = Callable[[NotebookNode], None]
Spoil = Callable[[bytes], bytes]

ALL = 90.0  # what the two functions are worth
HONEST = 30.0  # `largest`, solved honestly
NOTHING = 0.0
RIGHT = SOLUTIONS["double"]
WRONG = "def double(x):\n    return 0"
WRONG_SHOWS = "the result is 0, expected"  # what the judge says of WRONG
STUB = 'def double(x):\n    """Twice x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'


@dataclass(frozen=True)
class Attack:
    """A hostile or broken notebook.

    Attributes:
        name: What it is called in reports.
        kind: Its class.
        tries: What it is after, in a sentence.
        points: Autograded points that it must get.
        because: Texts that must all stand in the result.
        edit: Changes an honest notebook into the hostile one.
        spoil: Changes the bytes of the saved notebook.
        harmful: It may run only where it has been shown that processes are confined.
        slow: It takes more than a few seconds to be stopped.
        comparable: Whether it means anything to stock nbgrader.
        hidden_call: It gets points for right outputs of a call that is not allowed: it is for a
            person to see.
    """

    name: str
    kind: str
    tries: str
    points: float
    because: tuple[str, ...]
    edit: Edit | None = None
    spoil: Spoil | None = None
    harmful: bool = False
    slow: bool = False
    comparable: bool = True
    hidden_call: bool = False

    def notebook(self, honest: NotebookNode | None = None) -> NotebookNode:
        """Give the hostile notebook, made from an honest one."""
        notebook = copy.deepcopy(honest) if honest else solved()
        if self.edit:
            self.edit(notebook)
        return notebook

    def data(self, honest: NotebookNode | None = None) -> bytes:
        """Give the bytes that are handed in."""
        data = saved(self.notebook(honest))
        return self.spoil(data) if self.spoil else data


ATTACKS: list[Attack] = []

# What a payload cannot know by itself: `$ROOT`, the folder of the course; `$CANARY`, a folder with
# a secret that it must neither read nor change; `$PORT` and `$SOCKET`, where somebody listens. The
# one who runs the attacks fills it in.
PLACES: dict[str, str] = {}

# Ahead of every payload that says `attempt(…)`: do it, and print what came of it.
ATTEMPT = """\
def attempt(what, do):
    try:
        print(what, "gave", repr(do())[:300])
    except BaseException as error:
        print(what, "met", type(error).__name__, error)
"""


def answer(
    because: str | tuple[str, ...] = (), points: float = HONEST, prelude: str = "", **more: bool
) -> Callable:
    """Add an attack that stands in the cell of `double`; the function gives the cell's text."""

    def edit(text: str) -> Edit:
        return lambda nb: put(nb, "double", f"{prelude}{filled(text)}")

    return _adder(because, points, more, edit)


def added(
    because: str | tuple[str, ...] = (),
    points: float = ALL,
    double: str = RIGHT,
    prelude: str = "",
    **more: bool,
) -> Callable:
    """Add an attack in a cell of its own, ahead of the answer `double`, which is right or wrong."""

    def edit(text: str) -> Edit:
        def add(notebook: NotebookNode) -> None:
            put(notebook, "double", double)
            notebook.cells.insert(
                index(notebook, "double"), new_code_cell(f"{prelude}{filled(text)}")
            )

        return add

    return _adder(because, points, more, edit)


def notebook(because: str | tuple[str, ...] = (), points: float = HONEST, **more: bool) -> Callable:
    """Add an attack that changes the notebook; the function changes the one that it is given."""

    def add(function: Edit) -> Edit:
        ATTACKS.append(_attack(function, because, points, more, edit=function))
        return function

    return add


def file(because: str | tuple[str, ...] = (), points: float = NOTHING, **more: bool) -> Callable:
    """Add an attack on the file; the function gets the bytes of the right answer and gives its."""

    def add(function: Spoil) -> Spoil:
        ATTACKS.append(_attack(function, because, points, more, spoil=function))
        return function

    return add


def solved() -> NotebookNode:
    """The small chapter's student notebook with the right answers filled in."""
    notebook = copy.deepcopy(assignment().notebook)
    for name, text in SOLUTIONS.items():
        put(notebook, name, text)
    return notebook


def added_cell(text: str) -> NotebookNode:
    """A cell of the learner's own."""
    return new_code_cell(text)


def filled(text: str) -> str:
    """Give a payload as it is handed in, with the places of this machine."""
    text = dedent(text).strip()
    for name, place in PLACES.items():
        text = text.replace(f"${name}", place)
    return f"{ATTEMPT}\n{text}" if "attempt(" in text else text


def index(notebook: NotebookNode, exercise: str) -> int:
    """Position of an exercise's cell, or of its tests with `_test` behind its name."""
    return next(i for i, c in enumerate(notebook.cells) if grade_id(c) == f"ch99_{exercise}")


def put(notebook: NotebookNode, exercise: str, text: str) -> None:
    """Put a text into an exercise's cell."""
    notebook.cells[index(notebook, exercise)].source = text.strip()


def saved(notebook: NotebookNode) -> bytes:
    """The notebook as a file; not by nbformat, which would repair it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def told(result: Result) -> str:
    """Everything that a result says: to the instructor, and to the learner."""
    return "\n".join(_said(result))


def _said(result: Result) -> Iterator[str]:
    yield from (result.reason, *result.repairs)
    for run in result.cells:
        yield from (run.text, run.error)
    for verdict in result.verdicts:
        yield from (verdict.reason, *(one.sentence for one in verdict.misconceptions))
        for item in verdict.items:
            yield item.message
            if item.example:
                yield from (item.example.call, item.example.got, item.example.expected)


def _adder(
    because: str | tuple[str, ...], points: float, more: dict, edit: Callable[[str], Edit]
) -> Callable:
    def add(function: Callable[[], str]) -> Callable[[], str]:
        ATTACKS.append(_attack(function, because, points, more, edit=edit(function())))
        return function

    return add


def _attack(
    function: Callable, because: str | tuple[str, ...], points: float, more: dict, **made: Callable
) -> Attack:
    name = function.__name__.strip("_").replace("_", " ")
    return Attack(
        name=name,
        kind=function.__module__.rpartition(".")[2].replace("_", " "),
        tries=" ".join((function.__doc__ or "").split()),
        points=points,
        because=(because,) if isinstance(because, str) else because,
        **made,
        **more,
    )
