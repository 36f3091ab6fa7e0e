"""`course marks`: a class's marks as files that schools' systems take; `cli` registers it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom.commands import Chapter, Database, Graded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.result import Result
    from autograder.school.filling import Filled
    from autograder.school.marks import Mark

HELP = (
    "Hand marks on to a school's system, as a file. No server is ever spoken to, and none of this "
    "has been tried against a live server: look at what the system shows before you accept it."
)

Out = Annotated[Path, typer.Option("--out", help="The file to write; nothing is overwritten.")]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Also the points so far of answers that await marking.")
]
Scale = Annotated[
    bool, typer.Option("--scale", help="Convert marks to the points that the system has.")
]
Roster = Annotated[
    list[Path] | None,
    typer.Option(
        "--roster",
        help="People of the course: CSV with headers such as learner, user_id, email, username, "
        "ID number, or JSON of LTI's names and roles; may be repeated.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `course`."""
    marks = typer.Typer(name="marks", help=HELP, no_args_is_help=True)
    for command in (canvas, moodle_sheet, moodle, lti, gradescope):
        marks.command()(command)
    app.add_typer(marks)


def canvas(
    graded: Graded,
    export: Annotated[Path, typer.Argument(help="The gradebook that Canvas exported.")],
    column: Annotated[str, typer.Option(help="The assignment, as the first row calls it.")],
    out: Out,
    chapter: Chapter = "",
    database: Database = "",
    roster: Roster = None,
    anyway: Anyway = False,
    scale: Scale = False,
) -> None:
    """Fill an assignment in a copy of Canvas's exported gradebook. Not tried on a live server."""
    from autograder.school.canvas import fill_canvas
    from autograder.school.new_file import refuse_old
    from autograder.school.roster import read_roster
    from autograder.school.tables import read_table

    refuse_old(out)
    table, people = read_table(export), [one.keys for one in read_roster(roster or ())]
    found = _marks(graded, chapter, database)
    _finish(fill_canvas(table, found, column, anyway=anyway, scale=scale, also=people), out)


def moodle_sheet(
    graded: Graded,
    worksheet: Annotated[Path, typer.Argument(help="The grading worksheet from Moodle.")],
    out: Out,
    column: Annotated[str, typer.Option(help="Header of the grades in your language.")] = "Grade",
    comments: Annotated[str, typer.Option(help="Header of the comments.")] = "Feedback comments",
    group: Annotated[str, typer.Option(help="Header of the groups that hand in.")] = "Group",
    locked: Annotated[
        str,
        typer.Option(
            help="The word for a grade that cannot be changed, where the headers are not English.",
            show_default=False,
        ),
    ] = "",
    chapter: Chapter = "",
    database: Database = "",
    roster: Roster = None,
    anyway: Anyway = False,
    scale: Scale = False,
    cap: Annotated[
        bool, typer.Option("--cap", help="Write Moodle's maximum in place of more points.")
    ] = False,
) -> None:
    """Fill a copy of an assignment's grading worksheet of Moodle. Not tried on a live server."""
    from autograder.school.moodle_sheet import Headers, fill_worksheet
    from autograder.school.new_file import refuse_old
    from autograder.school.roster import read_roster
    from autograder.school.tables import read_table

    refuse_old(out)
    table, people = read_table(worksheet), [one.keys for one in read_roster(roster or ())]
    found = _marks(graded, chapter, database)
    said = Headers(grade=column, comments=comments, group=group, locked=locked)
    filled = fill_worksheet(table, found, said, anyway=anyway, scale=scale, cap=cap, also=people)
    _finish(filled, out)


def moodle(
    graded: Graded,
    out: Out,
    identifier: Annotated[
        str, typer.Option(help="How Moodle finds people: email, idnumber or username.")
    ] = "email",
    title: Annotated[str, typer.Option(help="Header of the grades; else the chapter.")] = "",
    chapter: Chapter = "",
    database: Database = "",
    roster: Roster = None,
    anyway: Anyway = False,
) -> None:
    """Write a CSV file for Moodle's import of grades. Not tried on a live server."""
    from autograder.school.moodle_import import moodle_import
    from autograder.school.new_file import refuse_old
    from autograder.school.roster import read_roster

    refuse_old(out)
    people = read_roster(roster or ())
    results, found = _results(graded, chapter, database)
    header = title or results[0].chapter
    _finish(moodle_import(found, header, identifier, roster=people, anyway=anyway), out)


def lti(
    graded: Graded,
    out: Out,
    roster: Roster = None,
    time: Annotated[
        str,
        typer.Option(
            help="When the marks were last changed, such as 2026-03-01T12:00:00+01:00; else the "
            "time of marks.csv.",
            show_default=False,
        ),
    ] = "",
    chapter: Chapter = "",
    database: Database = "",
    anyway: Anyway = False,
) -> None:
    """Write LTI's scores, one JSON object a line. Not tried on a live server."""
    from autograder.classroom.folder import ClassFolder
    from autograder.errors import CourseError
    from autograder.school.lti import lti_scores, read_time
    from autograder.school.new_file import refuse_old
    from autograder.school.roster import read_roster

    refuse_old(out)
    people = read_roster(roster or ())
    if not people:
        raise CourseError("Scores name people by the platform's ids; give their --roster.")
    results, found = _results(graded, chapter, database)
    when = read_time(time, ClassFolder(graded, results[0].chapter).chapter / "marks.csv")
    _finish(lti_scores(found, people, when, anyway=anyway), out)


def gradescope(
    graded: Graded,
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="A new folder, one file a learner; or NAME.json for a class of one."
        ),
    ],
    visibility: Annotated[
        str, typer.Option(help="visible, hidden, after_due_date or after_published.")
    ] = "after_published",
    chapter: Chapter = "",
    database: Database = "",
) -> None:
    """Write results.json, one a learner, as autograders on Gradescope do. Not tried there."""
    from autograder.errors import CourseError
    from autograder.school.gradescope import AWAITING, gradescope_results
    from autograder.school.new_file import refuse_old, write_new, write_new_folder
    from autograder.school.told import say, tell
    from autograder.submissions.names import file_name

    refuse_old(out)
    results, found = _results(graded, chapter, database)
    texts = {
        f"{file_name(mark.learner)}.json": gradescope_results(result, mark, visibility).encode()
        for result, mark in zip(results, found, strict=True)
    }
    if out.suffix != ".json":
        write_new_folder(out, texts)
    elif len(texts) == 1:
        write_new(out, *texts.values())
    else:
        raise CourseError(f"There are {len(texts)} learners; name a folder, not {out.name}.")
    say(len(texts), out)
    waiting = [mark.learner for mark in found if mark.awaiting]
    if waiting:
        tell(AWAITING, waiting)


def _marks(graded: Path, chapter: str, database: str) -> "list[Mark]":
    return _results(graded, chapter, database)[1]


def _results(graded: Path, chapter: str, database: str) -> "tuple[Sequence[Result], list[Mark]]":
    """Read a class as its settings and its gradebook now stand, comments by hand included."""
    from autograder.classroom.commands import write_again
    from autograder.school.marks import marks_to_hand_on

    assignment, pages = write_again(graded, chapter, database)
    found = marks_to_hand_on(assignment, pages.results, pages.marks, pages.by_hand)
    return pages.results, found


def _finish(filled: "Filled", out: Path) -> None:
    from autograder.school.told import finish

    if not finish(filled, out):
        raise typer.Exit(1)
