"""The class at a glance: one page with plots, and a table for a spreadsheet."""

import csv
import io
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from autograder.classroom.by_hand import Marks, marks_of
from autograder.classroom.times import Times
from autograder.flags import Flag
from autograder.pages.feedback import templates
from autograder.pages.plots import exercises_plot, marks_plot, misconceptions_plot
from autograder.pages.spreadsheet import harmless
from autograder.result import Result
from autograder.submissions.assignment import Assignment

N_SLOWEST = 5
MAX_FLAGS = 100  # of each class; who has more wants a talk, not a list
MIB = 2**20


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
        marks: Its marks with those by hand.
    """

    result: Result
    link: str
    n_flags: int
    times: Times | None
    marks: Marks


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
    marks: Sequence[Marks] = (),
) -> str:
    """Write the page for the instructor as HTML.

    Args:
        assignment: The chapter.
        results: Results of the class, at least one.
        links: Address of each result's feedback page, relative to the report; none by default.
        times: What grading took, by learner; those of whom nothing is known are left out.
        flags: Places to look at (`autograder.flags.find_flags`).
        marks: Each result's marks with those by hand; by default nobody has marked anything.
    """
    by_checks = [result.points for result in results]
    seen = misconceptions(results)
    named = Counter(learner for flag in flags for learner in flag.learners)
    hrefs = [quote(link, errors="replace") for link in links] or [""] * len(results)
    rows = [
        _Row(result, href, named[result.learner], (times or {}).get(result.learner), own)
        for result, href, own in zip(
            results, hrefs, _marks(assignment, results, marks), strict=True
        )
    ]
    return (
        templates()
        .get_template("report.html")
        .render(
            chapter=assignment.chapter.title,
            label=assignment.chapter.label,
            median=statistics.median(by_checks),
            quartiles=_quartiles(by_checks),
            max_points=results[0].max_points,
            marks=marks_plot(by_checks, results[0].max_points),
            by_exercise=exercises_plot(assignment, results),
            commonest=_commonest(seen),
            misconceptions=seen,
            items=_items(results),
            rows=rows,
            unread=[row for row in rows if row.result.reason],
            awaiting=[row for row in rows if row.marks.awaiting],
            mended=[row for row in rows if row.result.repairs and not row.result.reason],
            flags=flags[:MAX_FLAGS],
            n_more_flags=max(0, len(flags) - MAX_FLAGS),
            times=_times_view(rows),
        )
    )


def class_table(
    assignment: Assignment, results: Sequence[Result], marks: Sequence[Marks] = ()
) -> str:
    """Write one line a learner as CSV, for a spreadsheet or a platform's gradebook.

    By exercise what counts: a person's mark where there is one, else the checks'; nothing where a
    person has yet to mark. `points` and `max_points` are those of the exercises that are run.

    Args:
        assignment: The chapter.
        results: Results of the class.
        marks: Each result's marks with those by hand; by default nobody has marked anything.
    """
    names = [one.name for one in assignment.chapter.exercises]
    run = [one.name for one in assignment.chapter.autograded if not one.bonus]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    sums = ("points", "max_points", "extra_credit", "total", "out_of")
    writer.writerow(["learner", *names, *sums, "awaiting_marking", "not_graded"])
    for result, own in zip(results, _marks(assignment, results, marks), strict=True):
        points = [(own.points | own.beside)[name] for name in names]
        by_run = sum(own.points[name] or 0.0 for name in run)
        row = [result.learner, *points, by_run, result.max_points, own.extra, own.total]
        row += [own.out_of, own.awaiting_points, result.reason]
        writer.writerow([harmless(cell) for cell in row])
    return text.getvalue()


def _marks(
    assignment: Assignment, results: Sequence[Result], marks: Sequence[Marks]
) -> Sequence[Marks]:
    return marks or [marks_of(assignment, result, {}) for result in results]


def misconceptions(results: Sequence[Result]) -> list[Seen]:
    """List the misconceptions that the class shows, the commonest first."""
    learners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        for verdict in result.verdicts:
            for one in verdict.misconceptions:
                learners[verdict.exercise, one.sentence].append(result.learner)
    found = [Seen(*key, tuple(sorted(who))) for key, who in learners.items()]
    return sorted(found, key=lambda one: (-len(one.learners), one.exercise, one.sentence))


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
