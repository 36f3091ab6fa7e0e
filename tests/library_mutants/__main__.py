"""Try slips of the pen on the library: `python -m tests.library_mutants course_lib/masks.py …`.

Every mutant of a module (see `autograder.mutation`) must fail the test file of the same name; tests
marked `slow` are left out. Run it in the root of the checkout, which is only read: the work is done
on a copy.
"""

import argparse
import json
import multiprocessing
import sys
from functools import partial
from pathlib import Path

import torch

from tests.library_mutants.survey import Survey, mirrored_test, survey


def write(surveys: list[Survey], out: Path) -> None:
    """Write the table and the survivors as JSON."""
    out.parent.mkdir(parents=True, exist_ok=True)
    listed = [
        {**one.row(), "survivors": [mutant.diff for mutant in one.survivors]} for one in surveys
    ]
    out.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(surveys: list[Survey]) -> None:
    """Print the table, with the sums, below every survivor."""
    for one in surveys:
        for mutant in one.survivors:
            print(f"\n{one.module} ({mutant.operator})\n{mutant.diff}")
    total = Survey(
        "all",
        n_mutants=sum(one.n_mutants for one in surveys),
        n_killed=sum(one.n_killed for one in surveys),
        n_timed_out=sum(one.n_timed_out for one in surveys),
        survivors=tuple(mutant for one in surveys for mutant in one.survivors),
        n_equivalent=sum(one.n_equivalent for one in surveys),
        seconds=sum(one.seconds for one in surveys),
    )
    print()
    width = max(len(one.module) for one in [*surveys, total])
    for i, row in enumerate([one.row() for one in [*surveys, total]]):
        name, *numbers = row.values()
        if i == 0:
            print("module".ljust(width), *(key.rjust(10) for key in [*row][1:]))
        print(str(name).ljust(width), *(str(value).rjust(10) for value in numbers))


def main() -> None:
    """Try the mutants of the modules named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.library_mutants", description=__doc__)
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="such as course_lib/masks.py")
    parser.add_argument("--sample", type=int, help="try so many mutants of a module, not all")
    parser.add_argument("--jobs", type=int, default=1, help="modules at the same time")
    parser.add_argument(
        "--patience", type=float, default=10.0, help="seconds for a mutant, at least"
    )
    parser.add_argument("--out", type=Path, help="write the table and the survivors here, as JSON")
    arguments = parser.parse_args()
    for module in arguments.modules:
        if not Path(mirrored_test(module)).is_file():
            parser.error(f"{module} has no {mirrored_test(module)}")
    torch.set_num_threads(1)
    surveys, refused = [], []
    with multiprocessing.get_context("fork").Pool(arguments.jobs, maxtasksperchild=1) as pool:
        one = partial(survey, n_sampled=arguments.sample, patience_s=arguments.patience)
        for result in pool.imap(one, arguments.modules):
            if isinstance(result, Survey):
                surveys.append(result)
                print(f"{result.module}: {result.seconds:.0f} s", file=sys.stderr)
            else:
                refused.append(result)
            if arguments.out:
                write(surveys, arguments.out)
    show(surveys)
    sys.exit("\n".join(refused) or 0)


if __name__ == "__main__":
    main()
