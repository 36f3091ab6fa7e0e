"""The tests of a module, run once for each of its mutants in forked children.

What does not import the module is loaded once for all. A mutant may loop for ever, fill the memory
or end the process: its child has limits, and when it is lost the mutant counts as killed.
"""

import gc
import importlib
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from tests.test_house import import_graph, modules_of, reachable

TIMES_THE_TESTS = 5  # what a mutant may take, beside its patience
MORE_MEMORY_BYTES = 4 << 30  # beside what the process has already


class Trial:
    """A pytest plugin that forks, before the tests are read, once for every mutant.

    Args:
        copy: A copy of the tree, in which the tests run.
        module: The module that changes.
        sources: What it changes to.
        patience_s: Seconds that a mutant may take beside what the tests take several times.

    Attributes:
        refusal: Why nothing was tried; empty, if it was.
        fates: "killed", "timed out" or "alive", one for each source.
    """

    def __init__(self, copy: Path, module: str, sources: Iterable[str], patience_s: float) -> None:
        self.patience_s = patience_s
        self.path = copy / module
        self.sources = [None, *sources]  # first the module as it is
        graph = import_graph(modules_of("course_lib", root=copy))
        changing = ".".join(Path(module).with_suffix("").parts)
        self.reloaded = {name for name in graph if changing in reachable(graph, name)}
        self.fates: list[str] = []
        self.refusal = "pytest does not start"
        self.limit_s = float("inf")
        self.seconds: dict[str, float] = {}  # of each test
        self.n_kills: Counter[str] = Counter()  # of each test
        self.connection: Connection | None = None  # only a child has one

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Fork for each mutant; the child returns from here and runs the tests."""
        import hypothesis  # not before: pytest wants to be the first to import its plugins

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # shrink nothing
        hypothesis.settings.register_profile("mutants", hypothesis.settings(), phases=phases)
        hypothesis.settings.load_profile("mutants")
        for source in self.sources:
            ours, theirs = multiprocessing.Pipe(duplex=False)
            child = os.fork()
            if not child:
                self.connection = theirs
                self._become(source)
                return
            theirs.close()
            self._wait(child, ours)
            ours.close()
            if self.refusal:
                break
        pytest.exit("all mutants have been tried", returncode=0)

    def _become(self, source: str | None) -> None:
        """Be the child of a mutant."""
        os.setsid()
        if source is not None:
            limit = psutil.Process().memory_info().vms + MORE_MEMORY_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
            sys.dont_write_bytecode = True  # the next mutant could be taken for this one
            self.path.write_text(source, encoding="utf-8")

    def _wait(self, child: int, connection: Connection) -> None:
        """Take down what a child says, or that it was lost, which counts as killed."""
        start = time.perf_counter()
        first = not self.seconds
        fate, message = "timed out", {}
        if connection.poll(None if first else self.limit_s):
            fate = "killed"
            with suppress(EOFError):
                message = connection.recv()
                fate = "alive" if message["passed"] else "killed"
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if first:
            self.limit_s = self.patience_s + TIMES_THE_TESTS * (time.perf_counter() - start)
            self._begin(message)
        else:
            self.fates.append(fate)
            self.n_kills.update(message.get("failed", []))

    def _begin(self, message: dict) -> None:
        """See that the tests pass as things are, and load what they need besides the module."""
        failed = ", ".join(message.get("failed", [])) or "no test was run to its end"
        self.refusal = "" if message.get("passed") else f"tests fail before any mutation: {failed}"
        self.seconds = message.get("seconds", {})
        for name in message.get("loaded", []):
            if name not in self.reloaded and not name.startswith("tests"):
                with suppress(Exception):
                    importlib.import_module(name)
        gc.collect()
        gc.freeze()  # the children would copy what a collection touches

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let quick tests run first, and those that killed often."""
        items.sort(
            key=lambda one: self.seconds.get(one.nodeid, 0.0) / (1 + self.n_kills[one.nodeid])
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how long a test takes and whether it fails."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.n_kills = Counter([report.nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what cannot be imported."""
        if report.failed:
            self.n_kills = Counter([report.nodeid])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Tell the parent, and be gone."""
        if self.connection is not None:
            self.connection.send(
                {
                    "passed": exitstatus == 0,
                    "failed": [*self.n_kills] if exitstatus else [],
                    "seconds": self.seconds,
                    "loaded": list(sys.modules),
                }
            )
            os._exit(0)
