"""The class at a glance: one page with plots, and a table for a spreadsheet."""

import csv
import io
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from autograder.classroom.times import Times
from autograder.flags import Flag
from autograder.pages.feedback import templates
from autograder.pages.plots import exercises_plot, marks_plot, misconceptions_plot
from autograder.plain_text import visible
from autograder.result import Result
from autograder.submissions.assignment import Assignment

N_SLOWEST = 5
MAX_FLAGS = 100  # of each class; who has more wants a talk, not a list
MIB = 2**20
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Seen:
    """A misconception and whose answers show it."""

    exercise: str
    sentence: str
    learners: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    """A submission as the page lists it.

    Attributes:
        result: Its marks.
        link: Address of its feedback, or "".
        n_flags: How often it is named under the places to look at.
        times: What grading it took, where that is known.
    """

    result: Result
    link: str
    n_flags: int
    times: Times | None


@dataclass(frozen=True)
class _TimesView:
    """What grading the class took.

    Attributes:
        n: Submissions of which it is known.
        wall_s: Sum of the times on the wall.
        cpu_s: Sum of the processor times.
        median_s: Middle time on the wall.
        slowest: The slowest submissions.
        peak_mib: Most memory that one held; None where it was not measured.
        hosts: The machines.
    """

    n: int
    wall_s: float
    cpu_s: float
    median_s: float
    slowest: tuple[_Row, ...]
    peak_mib: float | None
    hosts: tuple[str, ...]


def class_report(
    assignment: Assignment,
    results: Sequence[Result],
    links: Sequence[str] = (),
    *,
    times: Mapping[str, Times] | None = None,
    flags: Sequence[Flag] = (),
) -> str:
    """Write the page for the instructor as HTML.

    Args:
        assignment: The chapter.
        results: Results of the class, at least one.
        links: Address of each result's feedback page, relative to the report; none by default.
        times: What grading took, by learner; those of whom nothing is known are left out.
        flags: Places to look at (`autograder.flags.find_flags`).
    """
    marks = [result.points for result in results]
    seen = misconceptions(results)
    named = Counter(learner for flag in flags for learner in flag.learners)
    hrefs = [quote(link, errors="replace") for link in links] or [""] * len(results)
    rows = [
        _Row(result, href, named[result.learner], (times or {}).get(result.learner))
        for result, href in zip(results, hrefs, strict=True)
    ]
    return (
        templates()
        .get_template("report.html")
        .render(
            chapter=assignment.chapter.title,
            label=assignment.chapter.label,
            median=statistics.median(marks),
            quartiles=_quartiles(marks),
            max_points=results[0].max_points,
            marks=marks_plot(marks, results[0].max_points),
            by_exercise=exercises_plot(assignment, results),
            commonest=_commonest(seen),
            misconceptions=seen,
            items=_items(results),
            rows=rows,
            unread=[row for row in rows if row.result.reason],
            awaiting=[row for row in rows if row.result.awaiting],
            mended=[row for row in rows if row.result.repairs and not row.result.reason],
            flags=flags[:MAX_FLAGS],
            n_more_flags=max(0, len(flags) - MAX_FLAGS),
            times=_times_view(rows),
        )
    )


def class_table(assignment: Assignment, results: Sequence[Result]) -> str:
    """Write one line a learner as CSV: points by exercise, their sum, and what is left to mark."""
    names = [exercise.name for exercise in assignment.chapter.autograded]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["learner", *names, "points", "max_points", "awaiting_marking", "not_graded"])
    for result in results:
        points = {verdict.exercise: verdict.points for verdict in result.verdicts}
        row = [result.learner, *(points.get(name, 0.0) for name in names)]
        row += [result.points, result.max_points, result.awaiting, result.reason]
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def misconceptions(results: Sequence[Result]) -> list[Seen]:
    """List the misconceptions that the class shows, the commonest first."""
    learners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        for verdict in result.verdicts:
            for one in verdict.misconceptions:
                learners[verdict.exercise, one.sentence].append(result.learner)
    found = [Seen(*key, tuple(sorted(who))) for key, who in learners.items()]
    return sorted(found, key=lambda one: (-len(one.learners), one.exercise, one.sentence))


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from running a learner's name as a formula, or hiding a part of it."""
    if not isinstance(cell, str):
        return cell
    return f"'{visible(cell)}" if cell.startswith(_FORMULA_STARTS) else visible(cell)


def _commonest(seen: Sequence[Seen]) -> object:
    counts = [(f"{one.exercise}: {one.sentence}", len(one.learners)) for one in seen]
    return misconceptions_plot(counts) if counts else None


def _times_view(rows: Sequence[_Row]) -> _TimesView | None:
    known = [(row.times, row) for row in rows if row.times]
    if not known:
        return None
    walls = [times.wall_s for times, _ in known]
    peaks = [times.peak_bytes for times, _ in known if times.peak_bytes is not None]
    slowest = sorted(known, key=lambda one: (-one[0].wall_s, one[1].result.learner))[:N_SLOWEST]
    return _TimesView(
        n=len(known),
        wall_s=sum(walls),
        cpu_s=sum(times.cpu_s for times, _ in known),
        median_s=statistics.median(walls),
        slowest=tuple(row for _, row in slowest),
        peak_mib=max(peaks) / MIB if peaks else None,
        hosts=tuple(sorted({times.host for times, _ in known if times.host})),
    )


def _quartiles(marks: Sequence[float]) -> tuple[float, float]:
    if len(marks) == 1:
        return marks[0], marks[0]
    first, _, third = statistics.quantiles(marks, n=4, method="inclusive")
    return first, third


def _items(results: Sequence[Result]) -> list[dict[str, object]]:
    passed: dict[tuple[str, str], int] = defaultdict(int)
    for result in results:
        for verdict in result.verdicts:
            for item in verdict.items:
                passed[verdict.exercise, item.name] += item.passed
    ranked = sorted(passed.items(), key=lambda pair: pair[1])
    return [{"exercise": key[0], "name": key[1], "passed": n} for key, n in ranked]
