"""Try one mutant after another in a process that may be lost.

A mutant may loop for ever, fill the memory or end the process: it runs in a forked child, which has
what was imported already and starts in milliseconds. When the child is lost the mutant counts as
noticed, and the next ones run in another child.

Stops: an endless loop, even one that catches every exception; gigabytes of memory; a process that
ends or crashes. Does not stop: files, the network, processes that a mutant starts. Mutants are
slips in code of the course's own, and none of the operators writes such things.
"""

import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import psutil

from autograder.errors import CourseError

MORE_MEMORY_BYTES = 2 << 30  # beside what the process has already
PATIENCE_S = 20.0  # on the clock, for one judgement; the judge's own limit comes long before
PASSED, FAILED = b"1", b"0"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Attributes:
        passes_visible: Whether the visible tests let it pass.
        passes_checks: Whether the hidden checks give it all points.
    """

    passes_visible: bool
    passes_checks: bool


# Judges a text: gives whether the visible tests let it pass, then whether the hidden checks do.
Judge = Callable[[str], Iterator[bool]]


def try_all(
    judge: Judge, reference: str, sources: Sequence[str], patience_s: float = PATIENCE_S
) -> list[Fate]:
    """Judge texts in a child process.

    Args:
        judge: Runs in the child.
        reference: The right answer; each child judges it first, to show that it is fit for work.
        sources: The mutants.
        patience_s: Seconds to wait for a judgement.

    Raises:
        CourseError: The reference itself does not pass in the child, or there is no `fork` here.
    """
    if not hasattr(os, "fork"):
        raise CourseError("mutants need a system that can fork; use --no-mutants on this one")
    fates: list[Fate] = []
    while len(fates) < len(sources):
        fates += _try_until_lost(judge, [reference, *sources[len(fates) :]], patience_s)
    return fates


def _try_until_lost(judge: Judge, sources: Sequence[str], patience_s: float) -> list[Fate]:
    """Judge the texts after the first, as far as one child gets."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, judge, sources), daemon=True)
    child.start()
    theirs.close()
    fates: list[Fate] = []
    try:
        for _ in sources:
            visible = _receive(ours, patience_s)
            checks = None if visible is None else _receive(ours, patience_s)
            fates.append(Fate(bool(visible), bool(checks)))
            if checks is None:
                break
    finally:
        child.kill()
        child.join()
        ours.close()
    if fates[0] != Fate(True, True):
        raise CourseError("the solution does not pass in the process that judges its mutants")
    return fates[1:]


def _receive(connection: Connection, patience_s: float) -> bool | None:
    """Wait for whether a text passed; None when the child is lost."""
    try:
        return connection.recv_bytes() == PASSED if connection.poll(patience_s) else None
    except (EOFError, OSError):
        return None


def _work(connection: Connection, judge: Judge, sources: Sequence[str]) -> None:
    """Judge all texts; the child's whole life."""
    import resource  # not on Windows

    limit = psutil.Process().memory_info().vms + MORE_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.stdout = sys.stderr = io.StringIO()
    for source in sources:
        for passed in judge(source):
            connection.send_bytes(PASSED if passed else FAILED)
