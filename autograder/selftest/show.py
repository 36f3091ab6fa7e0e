"""Show in the terminal how exercises did: a line an exercise, survivors as diffs, faults."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from autograder.mutation.survey import MIN_KILL_RATE, Survey, kill_rate
from autograder.selftest.answers import RIGHT, Row
from autograder.selftest.report import SelftestReport

BAR_WIDTH = 5
GOOD, BAD = "[green]✓[/]", "[red]✗[/]"


def show_report(console: Console, report: SelftestReport, with_answers: bool = False) -> None:
    """Print all that a self-test found.

    Args:
        console: Where to print.
        report: What it found.
        with_answers: Whether to list every answer too.
    """
    if with_answers:
        console.print(_answers_table(report.rows))
    console.print(_exercises_table(report))
    for one in report.surveys:
        _show_survivors(console, one)
    for fault in report.faults:
        console.print(f"{BAD} {escape(fault)}", highlight=False)


def _answers_table(rows: Iterable[Row]) -> Table:
    """Make a line an answer."""
    table = Table(title="Answers of the course's own", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("kind", "answer"):
        table.add_column(heading)
    table.add_column("points", justify="right")
    table.add_column("")
    for row in rows:
        points = f"{row.points:g}/{row.max_points:g}"
        table.add_row(row.kind, row.answer, points, BAD if row.fault else GOOD)
    return table


def _exercises_table(report: SelftestReport) -> Table:
    """Make a line an exercise, and one for all."""
    surveys = {one.exercise: one for one in report.surveys}
    table = Table(
        title=report.chapter,
        title_justify="left",
        caption=_caption(report.surveys),
        caption_justify="left",
        show_footer=bool(surveys),
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        pad_edge=False,
    )
    table.add_column("exercise", "all", no_wrap=True)
    for heading in ("right", "wrong"):
        table.add_column(heading, justify="right", no_wrap=True)
    if surveys:
        footers = _totals(report.surveys)
        for heading, footer in zip(("mutants", "visible", "points", "time"), footers, strict=True):
            table.add_column(heading, footer, justify="right", no_wrap=True)
    for name in dict.fromkeys(row.exercise for row in report.rows):
        rows = [row for row in report.rows if row.exercise == name]
        right = _count([row for row in rows if row.kind in RIGHT])
        wrong = _count([row for row in rows if row.kind not in RIGHT])
        cells = _totals([surveys[name]]) if name in surveys else ()
        table.add_row(name, right, wrong, *cells)
    return table


def _caption(surveys: Sequence[Survey]) -> str | None:
    """Explain the columns about mutants."""
    if not surveys:
        return None
    n_equivalent = sum(one.n_equivalent for one in surveys)
    return (
        "visible: mutants of the solution that fail the visible tests\n"
        "points: mutants that lose points in the hidden checks\n"
        f"left out: {n_equivalent} that do what the solution does (autograder/mutation/equivalents)"
    )


def _totals(surveys: Sequence[Survey]) -> tuple[str, str, str, str]:
    """Add up some exercises: mutants, kill rates, time."""
    n_mutants = sum(one.n_mutants for one in surveys)
    by_visible = kill_rate(sum(one.n_failing_visible for one in surveys), n_mutants)
    by_checks = kill_rate(sum(one.n_killed for one in surveys), n_mutants)
    seconds = sum(one.seconds for one in surveys)
    return str(n_mutants), _bar(by_visible), _bar(by_checks, MIN_KILL_RATE), f"{seconds:.1f} s"


def _count(rows: list[Row]) -> str:
    """Say how many of the answers did what they must."""
    n_good = sum(not row.fault for row in rows)
    return f"{n_good} {GOOD}" if n_good == len(rows) else f"{n_good} of {len(rows)} {BAD}"


def _bar(rate: float, wanted: float = 0.0) -> str:
    """Draw a rate, red when it is below what is wanted."""
    colour = "green" if rate >= wanted else "red"
    n_full = int(rate * BAR_WIDTH)
    bar = f"[{colour}]{'█' * n_full}[/][dim]{'░' * (BAR_WIDTH - n_full)}[/]"
    return f"{bar} {int(100 * rate):3}%"  # rounded down: 100 % means all


def _show_survivors(console: Console, one: Survey) -> None:
    """Print each mutant that gets all points as a diff."""
    for number, mutant in enumerate(one.survivors, start=1):
        console.print(
            f"\n[bold]{one.exercise}[/]: survivor {number} of {len(one.survivors)}, "
            f"made by [bold]{mutant.operator}[/]",
            highlight=False,
        )
        diff = Syntax(mutant.diff, "diff", background_color="default", word_wrap=True)
        console.print(Padding(diff, (0, 0, 0, 2)))
