"""Find the places in a class's submissions that a person should look at."""

from collections.abc import Sequence

from autograder.flags.alike import alike_flags
from autograder.flags.cells import MAX_CHARACTERS, answers_of, parse_cell
from autograder.flags.flag import Evidence, Flag, Kind, Sight
from autograder.flags.hidden import hidden_calls, imported_names
from autograder.flags.library import library_flag, read_library
from autograder.result import CellRun, Result
from autograder.submissions.assignment import Assignment


def find_flags(assignment: Assignment, results: Sequence[Result]) -> tuple[Flag, ...]:
    """Look for what a person should see: hidden calls, the library's functions, twins.

    Args:
        assignment: The chapter.
        results: Results of the class.

    Returns:
        The flags, by kind; the same for the same results in any order.
    """
    results = sorted(results, key=lambda result: result.learner)
    answers = {result.learner: answers_of(assignment, result) for result in results}
    handed_out = {
        exercise.name: assignment.by_grade_id[assignment.grade_id(exercise)].source
        for exercise in assignment.chapter.autograded
    }
    library = read_library()
    given: dict[str, str] = {}
    for cell in assignment.notebook.cells:
        if cell.cell_type == "code":
            given |= imported_names(parse_cell(cell.source))
    hidden = (hidden_flag(assignment, result, given) for result in results)
    copied = (library_flag(learner, texts, library) for learner, texts in answers.items())
    found = [flag for flag in (*hidden, *copied) if flag]
    return (*found, *alike_flags(answers, handed_out))


def hidden_flag(assignment: Assignment, result: Result, given: dict[str, str]) -> Flag | None:
    """Flag the lines of a submission that may hide a call, or reach for the grader.

    Args:
        assignment: The chapter.
        result: The submission's result.
        given: What the names that the course's cells import stand for.
    """
    aliases = dict(given)
    for run in result.cells:
        aliases |= imported_names(parse_cell(run.source))
    exercise_of = {assignment.grade_id(one): one for one in assignment.chapter.autograded}
    anywhere = {name for one in exercise_of.values() for name in one.not_allowed}
    evidence = []
    for number, run in enumerate(result.cells, start=1):
        exercise = exercise_of.get(run.cell)
        names = exercise.not_allowed if exercise else anywhere
        where = f"{result.learner}, {exercise.name if exercise else f'cell {number}'}"
        for sight in _sights(run, aliases, names, in_answer=exercise is not None):
            line = _line(run.source, sight.line)
            evidence.append(Evidence(f"{where}, line {sight.line}: {sight.what}", line))
    if not evidence:
        return None
    sentence = "Some lines can hide a call that is not allowed, or reach outside the answer."
    return Flag(Kind.HIDDEN, (result.learner,), sentence, tuple(evidence))


def _sights(
    run: CellRun, aliases: dict[str, str], names: Sequence[str] | set[str], in_answer: bool
) -> list[Sight]:
    if len(run.source) > MAX_CHARACTERS:
        return [Sight(1, f"is longer than {MAX_CHARACTERS:,} characters and was not looked at")]
    return hidden_calls(run.source, aliases, names, in_answer)


def _line(source: str, number: int) -> str:
    lines = source.split("\n")
    return lines[min(number, len(lines)) - 1].strip()
