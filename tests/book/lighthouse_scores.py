"""What Lighthouse found, as a table, and the bars that the site must reach.

A score runs from 0 to 100. Performance is simulated from one load of the page, and a busy machine
spoils it: where a bar is set it is the median of several runs.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEADINGS = ("page", "form", "theme", "performance", "accessibility", "practices", "SEO", "KB")
FULL_MARKS = 100
LEAST_PERFORMANCE = {"phone": 90, "desktop": 95}  # of a chapter
STEADY = 0.85  # slowest over fastest run of a machine that has nothing else to do
MOST_BYTES = 400_000  # compressed, before the reader touches a figure


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One page in one form and one theme.

    Attributes:
        page: Name of the page, without `.html`.
        form: "phone" or "desktop".
        theme: "light" or "dark".
        scores: Score of each category that was looked at.
        n_bytes: What the page fetched, compressed, or None where speed was not looked at.
        faults: Title of each audit that cost points in a category other than performance.
        speeds: How fast the machine was in each run, as Lighthouse measures it (about 3500 on a
            server that is idle).
    """

    page: str
    form: str
    theme: str
    scores: dict[str, int]
    n_bytes: int | None
    faults: tuple[str, ...]
    speeds: tuple[int, ...]

    @property
    def is_chapter(self) -> bool:
        """Say whether the bars for performance apply."""
        return self.page.startswith("chapters/")


def read_report(report: dict[str, Any], page: str, form: str, theme: str) -> Scores:
    """Return what one report of Lighthouse says.

    Raises:
        ValueError: Lighthouse could not load or judge the page.
    """
    if message := report.get("runtimeError", {}).get("message"):
        raise ValueError(f"Lighthouse could not look at {page} ({form}, {theme}): {message}")
    scores, faults = {}, []
    for name, category in report["categories"].items():
        if category["score"] is None:
            raise ValueError(f"Lighthouse gave {page} ({form}, {theme}) no score for {name}.")
        scores[name] = round(category["score"] * 100)
        if name != "performance":
            faults += _lost_points(report, category)
    weight = report["audits"].get("total-byte-weight", {}).get("numericValue")
    return Scores(
        page=page,
        form=form,
        theme=theme,
        scores=scores,
        n_bytes=None if weight is None else round(weight),
        faults=tuple(faults),
        speeds=(round(report["environment"]["benchmarkIndex"]),),
    )


def _lost_points(report: dict[str, Any], category: dict[str, Any]) -> list[str]:
    audits = [report["audits"][ref["id"]] for ref in category["auditRefs"] if ref["weight"]]
    return [audit["title"] for audit in audits if audit["score"] is not None and audit["score"] < 1]


def median_of(runs: Sequence[Scores]) -> Scores:
    """Return several runs on one page as one: the median of each score, the largest weight."""
    weights = [run.n_bytes for run in runs if run.n_bytes is not None]
    return Scores(
        page=runs[0].page,
        form=runs[0].form,
        theme=runs[0].theme,
        scores={
            name: statistics.median_low([run.scores[name] for run in runs])
            for name in runs[0].scores
        },
        n_bytes=max(weights) if weights else None,
        faults=tuple(dict.fromkeys(fault for run in runs for fault in run.faults)),
        speeds=tuple(speed for run in runs for speed in run.speeds),
    )


def missed_bars(found: Scores) -> list[str]:
    """Return one sentence for each bar that a page misses."""
    where = f"{found.page} ({found.form}, {found.theme})"
    missed = []
    for category, score in found.scores.items():
        bar = FULL_MARKS
        if category == "performance":
            bar = LEAST_PERFORMANCE[found.form] if found.is_chapter else 0
        if score < bar:
            reasons = f": {'; '.join(found.faults)}" if category != "performance" else ""
            missed.append(f"{where} has {score} for {category}, below {bar}{reasons}.")
    if found.n_bytes is not None and found.n_bytes >= MOST_BYTES:
        kilobytes = f"{found.n_bytes / 1000:.0f} KB, not under {MOST_BYTES / 1000:.0f} KB"
        missed.append(f"{where} fetches {kilobytes}.")
    return missed


def note_on_noise(results: Sequence[Scores]) -> str:
    """Return a sentence where the machine was not steady enough to believe a performance score."""
    speeds = [speed for found in results for speed in found.speeds]
    if min(speeds) >= STEADY * max(speeds):
        return ""
    return (
        f"The machine ran between {min(speeds)} and {max(speeds)} on Lighthouse's own benchmark: "
        "it was busy, and the scores for performance are too low. Measure again when it is quiet."
    )


def table(results: Sequence[Scores]) -> str:
    """Return the results as a table of text, one line each."""
    rows = [HEADINGS, *(_row(found) for found in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    n_words = 3  # page, form and theme stand to the left, numbers to the right
    lines = [
        "  ".join(
            cell.ljust(width) if i < n_words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _row(found: Scores) -> tuple[str, ...]:
    scores = (str(found.scores.get(category, "-")) for category in CATEGORIES)
    weight = "-" if found.n_bytes is None else f"{found.n_bytes / 1000:.0f}"
    return (found.page, found.form, found.theme, *scores, weight)
