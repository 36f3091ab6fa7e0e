"""Grading side by side: stock `nbgrader autograde` and `course grade` on the same submissions.

    python benchmarks/bench_grading.py [--rounds 3] [--bare 20] [--whole 3] [--batch 100]

Both are run as commands, start-up and gradebook included, in turn: theirs, ours, theirs, ours, on
one processor. Stock nbgrader runs every cell of a notebook; the course runs the answers, and none
of the chapter's demonstrations. So there are two chapters for stock nbgrader: the whole one, and
one of which nothing but imports, given cells, answers and tests is left. The second is the fair
comparison of graders, the first is what an instructor waits for. The marks of both must agree.
Linux only: a processor is chosen, and memory is told as a share of what processes have in common.
"""

import argparse
import copy
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from measuring import SCRIPTS, Cost, one_processor, peak_mib, run, spread
from nbformat import NotebookNode

from autograder.source import read_chapter, render, solved_notebook, student_notebook
from autograder.submissions.assignment import load_assignment

CELL_TIMEOUT_S = 900  # stock nbgrader's 30 s would stop the chapter's training on a busy machine


@dataclass(frozen=True)
class Rival:
    """One way to grade.

    Attributes:
        grade: Puts the submissions of some learners in place and gives the command that grades
            them all, whatever was graded before.
        marks: Points by learner, as the last command wrote them to its gradebook.
    """

    grade: Callable[[Sequence[str]], list[str]]
    marks: Callable[[Sequence[str]], dict[str, float]]


@cache
def released(slug: str) -> NotebookNode:
    """Give the notebook that learners start from."""
    return student_notebook(read_chapter(slug))


@cache
def solutions(slug: str) -> dict[str, str]:
    """Give the right answers by exercise."""
    cells = [cell for cell in read_chapter(slug).cells if "exercise" in cell.metadata]
    return {cell.metadata["exercise"]: cell.source for cell in cells}


@cache
def submission(slug: str, learner: str) -> NotebookNode:
    """Make a notebook: the solution, other right answers, or the first half of the solution."""
    exercises, number = load_assignment(slug).chapter.autograded, int(learner[1:])
    answers = {**solutions(slug)}
    if number % 3 == 1:
        for exercise in exercises:
            other = exercise.alternatives[number % len(exercise.alternatives)]
            answers[exercise.name] = other.as_cell(exercise.exports)
    if number % 3 == 2:
        for exercise in exercises[len(exercises) // 2 :]:
            del answers[exercise.name]
    notebook = copy.deepcopy(released(slug))
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("exercise"), cell.source)
    return notebook


def bare(notebook: NotebookNode) -> NotebookNode:
    """Leave out what is neither an import nor a given cell nor a part of an exercise."""
    kept = copy.deepcopy(notebook)
    parts = ("given", "statement", "exercise", "tests")
    kept.cells = [cell for cell in kept.cells if any(part in cell.metadata for part in parts)]
    return kept


def whole(notebook: NotebookNode) -> NotebookNode:
    """Leave everything as it is."""
    return notebook


def stock(slug: str, folder: Path, edit: Callable[[NotebookNode], NotebookNode]) -> Rival:
    """Set up a course folder as nbgrader's manual says, with no configuration of ours."""
    source = folder / "source" / slug / f"{slug}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(render(edit(solved_notebook(read_chapter(slug)))), encoding="utf-8")
    run([SCRIPTS / "nbgrader", "generate_assignment", slug, "--force"], folder)
    database = folder / "gradebook.db"

    def grade(names: Sequence[str]) -> list[str]:
        submitted = folder / "submitted"
        shutil.rmtree(submitted, ignore_errors=True)
        shutil.rmtree(folder / "autograded", ignore_errors=True)
        for learner in names:
            path = submitted / learner / slug / f"{slug}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(render(edit(submission(slug, learner))), encoding="utf-8")
        in_folder = ["env", "-C", str(folder)]  # nbgrader looks for its course where it starts
        timeout = f"--ExecutePreprocessor.timeout={CELL_TIMEOUT_S}"
        return [*in_folder, str(SCRIPTS / "nbgrader"), "autograde", slug, "--force", timeout]

    return Rival(grade, lambda names: marks(database, slug, names))


def ours(slug: str, folder: Path, jobs: int) -> Rival:
    """Grade the same files with `course grade`, into an empty folder each time."""
    handed_in, out = folder / "submitted", folder / "graded"

    def grade(names: Sequence[str]) -> list[str]:
        for old in (handed_in, out):
            shutil.rmtree(old, ignore_errors=True)
        handed_in.mkdir(parents=True)
        for learner in names:
            text = render(submission(slug, learner))
            (handed_in / f"{learner}.ipynb").write_text(text, encoding="utf-8")
        options = ["--out", str(out), "--jobs", str(jobs)]
        return [str(SCRIPTS / "course"), "grade", str(handed_in), *options]

    return Rival(grade, lambda names: marks(out / "gradebook.db", slug, names))


def marks(database: Path, slug: str, names: Sequence[str]) -> dict[str, float]:
    """Read the autograded points from a gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{database}") as gradebook:
        return {
            learner: sum(
                grade.auto_score or 0.0
                for notebook in gradebook.find_submission(slug, learner).notebooks
                for grade in notebook.grades
            )
            for learner in names
        }


def compare(rivals: Sequence[Rival], names: Sequence[str], rounds: int) -> list[list[Cost]]:
    """Run the rivals in turn and check that they agree.

    Raises:
        SystemExit: They give different marks.
    """
    costs: list[list[Cost]] = [[] for _ in rivals]
    for _ in range(rounds):
        for rival, own in zip(rivals, costs, strict=True):
            own.append(run(rival.grade(names)))
        given = [rival.marks(names) for rival in rivals]
        if any(one != given[0] for one in given):
            raise SystemExit(f"the marks differ: {given}")
    return costs


def row(rivals: Sequence[Sequence[Cost]], n: int) -> str:
    """Write cells of the table: seconds a submission of two rivals, and the rounds' ratios."""
    theirs, mine = rivals
    wall = [a.wall_s / b.wall_s for a, b in zip(theirs, mine, strict=True)]
    cpu = [a.cpu_s / b.cpu_s for a, b in zip(theirs, mine, strict=True)]
    cells = [f"{n} submission{'s' if n > 1 else ''}"]
    cells += [spread([cost.wall_s / n for cost in costs], "{:.2f}") for costs in (theirs, mine)]
    return " | ".join([*cells, spread(wall, "{:.1f}"), spread(cpu, "{:.1f}")])


def main() -> None:
    """Measure, and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--chapter", default="ch02")
    parser.add_argument("--rounds", type=int, default=3)
    help_n = "submissions in one command, beside single ones"
    parser.add_argument("--bare", type=int, default=20, help=f"{help_n}: exercises alone")
    parser.add_argument("--whole", type=int, default=3, help=f"{help_n}: whole chapter; 0: none")
    parser.add_argument("--batch", type=int, default=100, help="for two workers; 0: none")
    chosen = parser.parse_args()
    slug = load_assignment(chosen.chapter).slug
    print(heading(slug))
    with tempfile.TemporaryDirectory() as scratch:
        against_stock(slug, chosen, Path(scratch))
        if chosen.batch:
            two_workers(slug, chosen, Path(scratch))
    print(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.1f} processes.")


def against_stock(slug: str, chosen: argparse.Namespace, scratch: Path) -> None:
    """Compare with stock nbgrader on one processor."""
    chapters = [("exercises alone", bare, chosen.bare)]
    if chosen.whole:
        chapters.append(("whole chapter", whole, chosen.whole))
    mine = ours(slug, scratch / "one", jobs=1)
    memory = []
    columns = "a command grades | stock, s each | course, s each | ratio | ratio of processor time"
    print(f"| stock nbgrader runs | {columns} |\n|---|---|---|---|---|---|", flush=True)
    with one_processor():
        for name, edit, most in chapters:
            theirs = stock(slug, scratch / name.replace(" ", "_"), edit)
            for n in sorted({1, most}):
                costs = compare([theirs, mine], learners(n), chosen.rounds)
                print(f"| {name} | {row(costs, n)} |", flush=True)
            memory.append(f"stock, {name}: {peak_mib(theirs.grade(learners(1))):.0f}")
        memory.append(f"course, one worker: {peak_mib(mine.grade(learners(2))):.0f}")
    print(f"\nMost memory in MiB, shared pages counted once: {'; '.join(memory)}.", flush=True)


def two_workers(slug: str, chosen: argparse.Namespace, scratch: Path) -> None:
    """Compare one worker with two, on all processors."""
    rivals = [ours(slug, scratch / f"jobs_{n}", jobs=n) for n in (1, 2)]
    columns = "a command grades | --jobs 1, s each | --jobs 2, s each | ratio"
    print(f"\n| {columns} | ratio of processor time |\n|---|---|---|---|---|", flush=True)
    costs = compare(rivals, learners(chosen.batch), chosen.rounds)
    print(f"| {row(costs, chosen.batch)} |")
    peak = peak_mib(rivals[1].grade(learners(chosen.batch)))
    print(f"\nMost memory in MiB, shared pages counted once: course, two workers: {peak:.0f}.")


def learners(n: int) -> list[str]:
    """Name some learners."""
    return [f"n{number}" for number in range(n)]


def heading(slug: str) -> str:
    """Say what was measured with what."""
    import nbgrader
    import torch

    return (
        f"{slug}, nbgrader {nbgrader.__version__}, torch {torch.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} processors, "
        f"load at the start {os.getloadavg()[0]:.1f}\n"
    )


if __name__ == "__main__":
    main()
