"""The class at a glance: one page with plots, and a table for a spreadsheet."""

import base64
import csv
import io
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.feedback import templates
from autograder.result import Result
from autograder.submissions.assignment import Assignment

WIDTH_IN, ROW_IN = 7.5, 0.38
MAX_BARS = 12
MARK_BIN = 10  # points a bar of the histogram is wide
BLUE, GREY = "#1f6feb", "#57606a"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class _Plot:
    """A plot as the page shows it: SVG in base64, and what it says in words."""

    title: str
    alt: str
    data: str


@dataclass(frozen=True)
class Seen:
    """A misconception and whose answers show it."""

    exercise: str
    sentence: str
    learners: tuple[str, ...]


def class_report(
    assignment: Assignment, results: Sequence[Result], links: Sequence[str] = ()
) -> str:
    """Write the page for the instructor as HTML.

    Args:
        assignment: The chapter.
        results: Results of the class, at least one.
        links: Address of each result's feedback page, relative to the report; none by default.
    """
    marks = [result.points for result in results]
    seen = misconceptions(results)
    hrefs = [quote(link) for link in links] or [""] * len(results)
    return (
        templates()
        .get_template("report.html")
        .render(
            chapter=assignment.chapter.title,
            number=assignment.chapter.number,
            n_learners=len(results),
            median=statistics.median(marks),
            quartiles=_quartiles(marks),
            max_points=results[0].max_points,
            n_awaiting=sum(bool(one.answer) for result in results for one in result.written),
            plots=[
                _marks_plot(marks, results[0].max_points),
                _exercises_plot(assignment, results),
                *([_misconceptions_plot(seen)] if seen else []),
            ],
            misconceptions=seen,
            items=_items(results),
            learners=[
                {
                    "name": result.learner,
                    "points": result.points,
                    "reason": result.reason,
                    "repairs": result.repairs,
                    "link": href,
                }
                for result, href in zip(results, hrefs, strict=True)
            ],
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
    """Keep a spreadsheet from running a learner's name as a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


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


def _marks_plot(marks: Sequence[float], most: float) -> _Plot:
    edges = [float(edge) for edge in range(0, int(most) + MARK_BIN, MARK_BIN)]
    figure, axes = _figure(8)
    counts = np.histogram(marks, edges)[0].tolist()
    axes.bar(edges[:-1], counts, MARK_BIN, align="edge", color=BLUE, edgecolor="white")
    axes.set_xlabel(f"points of {most:g}")
    axes.set_ylabel("submissions")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    bars = ", ".join(
        f"{n} with {low:g} to {low + MARK_BIN:g}"
        for low, n in zip(edges, counts, strict=False)
        if n
    )
    return _Plot("Marks", f"Histogram of the marks. Submissions by points: {bars}.", _svg(figure))


def _exercises_plot(assignment: Assignment, results: Sequence[Result]) -> _Plot:
    names = [exercise.name for exercise in assignment.chapter.autograded]
    shares = []
    for index in range(len(names)):
        verdicts = [result.verdicts[index] for result in results]
        shares.append(100 * statistics.fmean(one.points / one.max_points for one in verdicts))
    figure = _bars(names, shares, "mean share of the points, in percent", limit=100.0)
    told = ", ".join(f"{n} {share:.0f} %" for n, share in zip(names, shares, strict=True))
    return _Plot("Points by exercise", f"Mean share of each exercise's points: {told}.", figure)


def _misconceptions_plot(seen: Sequence[Seen]) -> _Plot:
    shown = seen[:MAX_BARS]
    labels = [f"{one.exercise}: {_short(one.sentence)}" for one in shown]
    counts = [float(len(one.learners)) for one in shown]
    figure = _bars(labels, counts, "submissions", limit=max(counts))
    told = "; ".join(f"{int(n)} × {label}" for label, n in zip(labels, counts, strict=True))
    return _Plot("Commonest misconceptions", f"Submissions by misconception: {told}.", figure)


def _short(sentence: str) -> str:
    most = 48
    return sentence if len(sentence) <= most else sentence[:most].rsplit(" ", 1)[0] + " …"


def _bars(labels: Sequence[str], values: Sequence[float], unit: str, limit: float) -> str:
    figure, axes = _figure(len(labels) + 2)
    axes.barh(range(len(labels)), values, color=BLUE)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlim(0, limit * 1.05)
    axes.set_xlabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure)


def _figure(rows: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_IN, ROW_IN * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY)
    return figure, axes


def _svg(figure: Figure) -> str:
    """Draw as SVG in base64: the same bytes for the same figure, and $ in a label is no formula."""
    with mpl.rc_context({"svg.hashsalt": "course", "text.parse_math": False}):
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return base64.b64encode(file.getvalue()).decode()
