"""The plots of the class report: SVG in base64, each with what it says in words."""

import base64
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.plain_text import one_line
from autograder.result import Result
from autograder.submissions.assignment import Assignment

WIDTH_IN, ROW_IN = 7.5, 0.38
MAX_BARS = 12
MAX_LABEL_CHARACTERS = 48
MARK_BIN = 10  # points a bar of the histogram is wide
BLUE, GREY = "#1f6feb", "#57606a"


@dataclass(frozen=True)
class Plot:
    """A plot as the page shows it: SVG in base64, and what it says in words."""

    title: str
    alt: str
    data: str


def marks_plot(marks: Sequence[float], most: float) -> Plot:
    """Draw how the marks are spread."""
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
    return Plot("Marks", f"Histogram of the marks. Submissions by points: {bars}.", _svg(figure))


def exercises_plot(assignment: Assignment, results: Sequence[Result]) -> Plot:
    """Draw what share of each exercise's points the class has."""
    names = [exercise.name for exercise in assignment.chapter.autograded]
    shares = []
    for index in range(len(names)):
        verdicts = [result.verdicts[index] for result in results]
        shares.append(100 * statistics.fmean(one.points / one.max_points for one in verdicts))
    figure = _bars(names, shares, "mean share of the points, in percent", limit=100.0)
    told = ", ".join(f"{n} {share:.0f} %" for n, share in zip(names, shares, strict=True))
    return Plot("Points by exercise", f"Mean share of each exercise's points: {told}.", figure)


def misconceptions_plot(counts: Sequence[tuple[str, int]]) -> Plot:
    """Draw the commonest misconceptions.

    Args:
        counts: A label, and how many submissions show it, the commonest first.
    """
    shown = counts[:MAX_BARS]
    labels = [one_line(label, MAX_LABEL_CHARACTERS) for label, _ in shown]
    numbers = [float(n) for _, n in shown]
    figure = _bars(labels, numbers, "submissions", limit=max(numbers))
    told = "; ".join(f"{int(n)} × {label}" for label, n in zip(labels, numbers, strict=True))
    return Plot("Commonest misconceptions", f"Submissions by misconception: {told}.", figure)


def _bars(labels: Sequence[str], values: Sequence[float], unit: str, limit: float) -> str:
    figure, axes = _figure(len(labels) + 2)
    axes.barh(range(len(labels)), values, color=BLUE)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlim(0, limit)
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
