"""Join a chapter's text cells to its exercises: check them, then complete them.

The chapter's text says only `exercise: stable_softmax`, `tests: stable_softmax` or
`statement: stable_softmax`; points, hints, calls not allowed and nbgrader's metadata follow from
the exercise's own file, so that each of them stands in one place.
"""

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.exercises.base import Chapter, Exercise, WrittenAnswer

FULL_POINTS = 100
MAX_CALLS_SHOWN = 4  # more would bury the statement
MAX_COLUMNS = 100
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
ROLES = ("statement", "exercise", "tests")


class ChapterError(ValueError):
    """A chapter's source breaks a rule; the message says where, what, and what to do."""


@dataclass(frozen=True)
class Part:
    """One cell that belongs to an exercise.

    Attributes:
        number: Position of the cell in the notebook, from 1.
        role: One of `ROLES`.
        name: The exercise that it names.
        cell: The cell itself.
    """

    number: int
    role: str
    name: str
    cell: NotebookNode


def complete(notebook: NotebookNode, chapter: Chapter) -> None:
    """Check a chapter's cells against its exercises and write into them what follows from those.

    Changes the notebook in place: statements get points and hints, test cells the call of the
    hidden checks, and every exercise cell nbgrader's metadata; all cells get their ids.

    Raises:
        ChapterError: The cells and the exercises do not fit; every fault is named.
    """
    faults = list(find_faults(notebook, chapter))
    if faults:
        raise ChapterError("\n".join(f"{chapter.slug}: {fault}" for fault in faults))
    for part in parts(notebook):
        _complete_part(part, chapter)
    for number, cell in enumerate(notebook.cells, start=1):
        graded = cell.metadata.get("nbgrader", {})
        cell.id = graded.get("grade_id", f"{prefix(chapter.slug)}-{number:04}")


def prefix(slug: str) -> str:
    """Give the short name of a chapter, `ch02` of `ch02_self_attention`."""
    return slug.partition("_")[0]


def parts(notebook: NotebookNode) -> list[Part]:
    """List the cells that name an exercise, in their order."""
    return [
        Part(number, role, cell.metadata[role], cell)
        for number, cell in enumerate(notebook.cells, start=1)
        for role in ROLES
        if role in cell.metadata
    ]


def find_faults(notebook: NotebookNode, chapter: Chapter) -> Iterator[str]:
    """Say in one sentence each what is wrong with a chapter's cells."""
    if chapter.points != FULL_POINTS:
        yield (
            f"its exercises add up to {chapter.points} points, not {FULL_POINTS}; "
            f"change `points` under autograder/exercises/{chapter.slug}/"
        )
    found = parts(notebook)
    yield from _faults_of_plain_cells(notebook, found)
    known = sorted(exercise.name for exercise in chapter.exercises)
    for part in found:
        if part.name not in known:
            yield (
                f"cell {part.number} names the exercise {part.name!r}, which no file under "
                f"autograder/exercises/{chapter.slug}/ defines; there are {', '.join(known)}"
            )
    given = {cell.metadata["given"] for cell in notebook.cells if "given" in cell.metadata}
    for exercise in chapter.exercises:
        yield from _faults_of_exercise(exercise, [p for p in found if p.name == exercise.name])
        for name in exercise.given if isinstance(exercise, Exercise) else ():
            if name not in given:
                yield f"{exercise.name} needs the given cell {name!r}, but no cell is so tagged"


def _faults_of_plain_cells(notebook: NotebookNode, found: list[Part]) -> Iterator[str]:
    answers = {part.number for part in found if part.role == "exercise"}
    for number, cell in enumerate(notebook.cells, start=1):
        if "nbgrader" in cell.metadata:
            yield f"cell {number} has nbgrader metadata of its own; remove it, it is generated"
        if number in answers:
            continue
        for marker in MARKERS:
            if marker in cell.source:
                yield (
                    f"cell {number} holds '{marker}' but is no exercise; "
                    "remove it, or give the cell `exercise: <name>`"
                )


def _faults_of_exercise(exercise: Exercise | WrittenAnswer, own: list[Part]) -> Iterator[str]:
    wanted = ROLES if isinstance(exercise, Exercise) else ROLES[:2]
    for role in ROLES:
        count = sum(part.role == role for part in own)
        if role in wanted and count == 0:
            yield f"{exercise.name} has no cell with `{role}: {exercise.name}`; add one"
        elif count > 1:
            numbers = ", ".join(str(part.number) for part in own if part.role == role)
            yield f"{exercise.name} has {count} cells with `{role}`: cells {numbers}; keep one"
        elif role not in wanted and count:
            yield f"{exercise.name} is marked by hand and cannot have a `{role}` cell"
    if [part.role for part in own] != sorted((part.role for part in own), key=ROLES.index):
        yield f"{exercise.name}: its cells must come in the order {', '.join(wanted)}"
    for part in own:
        yield from _faults_of_part(part, exercise)


def _faults_of_part(part: Part, exercise: Exercise | WrittenAnswer) -> Iterator[str]:
    code = part.role == "tests" or (part.role == "exercise" and isinstance(exercise, Exercise))
    kind = "code" if code else "markdown"
    if part.cell.cell_type != kind:
        yield f"cell {part.number}, `{part.role}: {part.name}`, must be a {kind} cell"
    elif part.role == "statement" and not part.cell.source.startswith("### "):
        yield f"cell {part.number}, the statement of {part.name}, must open with a `### ` heading"
    elif part.role == "exercise":
        yield from _faults_of_answer(part, exercise)


def _faults_of_answer(part: Part, exercise: Exercise | WrittenAnswer) -> Iterator[str]:
    where = f"cell {part.number}, the answer to {part.name},"
    lines = [line.strip() for line in part.cell.source.splitlines()]
    regions = [line for line in lines if line in (BEGIN_SOLUTION, END_SOLUTION)]
    if not regions:
        yield f"{where} has no '{BEGIN_SOLUTION}' … '{END_SOLUTION}'; put them round the answer"
    elif regions != [BEGIN_SOLUTION, END_SOLUTION] * (len(regions) // 2):
        yield f"{where} must close each '{BEGIN_SOLUTION}' with one '{END_SOLUTION}'"
    elif sum(part.cell.source.count(marker) for marker in MARKERS) != len(regions):
        yield f"{where} holds a marker that is not '{BEGIN_SOLUTION}' or '{END_SOLUTION}' alone"
    if isinstance(exercise, Exercise) and part.cell.cell_type == "code":
        try:
            tree = ast.parse(part.cell.source)
        except SyntaxError as error:
            yield f"{where} is not Python: line {error.lineno}, {error.msg}"
            return
        defined = {getattr(node, "name", None) for node in tree.body}
        for name in exercise.exports:
            if name not in defined:
                yield f"{where} does not define {name}, which the exercise exports"


def _complete_part(part: Part, chapter: Chapter) -> None:
    exercise = chapter.exercise(part.name)
    grade_id = f"{prefix(chapter.slug)}_{part.name}"
    if part.role == "statement":
        part.cell.source += "\n\n" + statement_end(exercise)
    elif part.role == "tests":
        tests = [refusal(exercise), part.cell.source, hidden_tests(chapter.slug, part.name)]
        part.cell.source = "\n".join(filter(None, tests))
        most = 0 if exercise.bonus else exercise.points  # extra credit comes beside
        part.cell.metadata["nbgrader"] = _metadata(f"{grade_id}_test", points=most)
    elif isinstance(exercise, Exercise):
        part.cell.metadata["nbgrader"] = _metadata(grade_id, solution=True)
    else:
        part.cell.metadata["nbgrader"] = _metadata(grade_id, solution=True, points=exercise.points)


def statement_end(exercise: Exercise | WrittenAnswer) -> str:
    """Write what follows a statement: points, what is not allowed, and the folded hints."""
    blocks = [points_sentence(exercise)]
    if isinstance(exercise, WrittenAnswer):
        return blocks[0]
    calls = [f"`{call}`" for call in exercise.not_allowed]
    if len(calls) > MAX_CALLS_SHOWN:
        blocks[0] += f" Not allowed here: {', '.join(calls[:MAX_CALLS_SHOWN])} and their like."
        blocks.append(folded("All calls that are not allowed", ", ".join(calls)))
    elif calls:
        blocks[0] += f" Not allowed here: {', '.join(calls)}."
    for number, hint in enumerate(exercise.hints, start=1):
        blocks.append(folded(f"Hint {number}", hint.strip()))
    return "\n\n".join(blocks)


def points_sentence(exercise: Exercise | WrittenAnswer) -> str:
    """Say in a statement what an exercise is worth."""
    unit = "point" if exercise.points == 1 else "points"
    if isinstance(exercise, WrittenAnswer):
        return f"**{exercise.points} {unit}**, marked by a person."
    beside = " of extra credit" if exercise.bonus else ""
    return f"**{exercise.points} {unit}{beside}.**"


def refusal(exercise: Exercise | WrittenAnswer) -> str:
    """Write the lines of a test cell by which calls that are not allowed are refused there too."""
    if isinstance(exercise, WrittenAnswer) or not exercise.not_allowed:
        return ""
    names = ", ".join(f'"{name}"' for name in exercise.not_allowed)
    lines = ["from autograder.visible import without\n"]
    lines.append("# Write the steps yourself: these calls are refused here, as when it is graded.")
    for function in exercise.exports:
        line = f"{function} = without({function}, {names})"
        if len(line) > MAX_COLUMNS:
            listed = textwrap.fill(
                f"{function}, {names}",
                MAX_COLUMNS,
                initial_indent=" " * 4,
                subsequent_indent=" " * 4,
                break_long_words=False,
                break_on_hyphens=False,
            )
            line = f"{function} = without(\n{listed}\n)"
        lines.append(line)
    return "\n".join(lines) + "\n"


def folded(title: str, body: str) -> str:
    """Write Markdown that is unfolded by a click, in notebooks as on the page."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def hidden_tests(slug: str, name: str) -> str:
    """Write the hidden region of a test cell: one call that names the exercise."""
    call = f'from autograder.judge import mark\n\nmark("{slug}/{name}")'
    return f"{BEGIN_HIDDEN}\n{call}\n{END_HIDDEN}"


def _metadata(grade_id: str, *, solution: bool = False, points: int | None = None) -> NotebookNode:
    """Write nbgrader's metadata, keys in alphabetical order so that the text form is stable."""
    metadata: dict[str, object] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    return NotebookNode(sorted(metadata.items()))
