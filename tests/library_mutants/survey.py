"""How many mutants of a module fail its tests, and which do not."""

import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from autograder.mutation.mutants import Mutant, shuffled_mutants
from tests.library_mutants.equivalents import is_equivalent
from tests.library_mutants.trial import Trial

NOT_COPIED = shutil.ignore_patterns(".*", "_build", "__pycache__", "notebooks", "*.egg-info")
OPTIONS = ("-x", "-q", "--tb=no", "-m", "not slow and not browser and not gpu and not load")
OPTIONS += ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler")


@dataclass(frozen=True)
class Survey:
    """What became of the mutants of a module.

    Attributes:
        module: Its path.
        n_mutants: Mutants that were tried and are not known to do what the module does.
        n_killed: Those that fail a test or run out of time.
        n_timed_out: Those that ran out of time.
        survivors: Those that pass all tests.
        n_equivalent: Survivors that `equivalents.py` gives a reason for.
        seconds: Time that it took.
    """

    module: str
    n_mutants: int
    n_killed: int
    n_timed_out: int
    survivors: tuple[Mutant, ...]
    n_equivalent: int
    seconds: float

    def row(self) -> dict[str, str | int | float]:
        """Give the numbers of the table."""
        return {
            "module": self.module,
            "mutants": self.n_mutants,
            "killed": self.n_killed,
            "timed out": self.n_timed_out,
            "alive": len(self.survivors),
            "score": f"{self.n_killed / max(self.n_mutants, 1):.1%}",
            "equivalent": self.n_equivalent,
            "seconds": round(self.seconds),
        }


def mirrored_test(module: str) -> str:
    """Name the test file of a module."""
    path = Path(module)
    return str(Path("tests", *path.parent.parts, f"test_{path.name}"))


def survey(module: str, n_sampled: int | None, patience_s: float) -> Survey | str:
    """Try the mutants of a module, or a sample of them; to be run in a process of its own.

    Args:
        module: Its path.
        n_sampled: How many mutants to try; None for all.
        patience_s: See `Trial`.

    Returns:
        The survey, or a sentence: why its mutants would say nothing.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder, "tree")
        shutil.copytree(Path.cwd(), copy, ignore=NOT_COPIED)
        made = shuffled_mutants((copy / module).read_text(encoding="utf-8"), random.Random(0))
        mutants = list(islice(made, n_sampled))
        sources = [mutant.source for mutant in mutants]
        trial = Trial(copy, module, sources, patience_s)
        _move_into(copy)
        pytest.main([*OPTIONS, f"--rootdir={copy}", mirrored_test(module)], plugins=[trial])
        os.chdir("/")
    if trial.refusal:
        return f"{module}: {trial.refusal}"
    alive = [mutant for mutant, fate in zip(mutants, trial.fates, strict=True) if fate == "alive"]
    real = tuple(mutant for mutant in alive if not is_equivalent(module, mutant))
    n_equivalent = len(alive) - len(real)
    return Survey(
        module,
        n_mutants=len(mutants) - n_equivalent,
        n_killed=len(mutants) - len(alive),
        n_timed_out=trial.fates.count("timed out"),
        survivors=real,
        n_equivalent=n_equivalent,
        seconds=time.perf_counter() - start,
    )


def _move_into(copy: Path) -> None:
    """Let this process find the copy's modules, and say nothing."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    for name in list(sys.modules):
        if name.split(".")[0] in ("course_lib", "tests") and not name.startswith(__package__):
            del sys.modules[name]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
