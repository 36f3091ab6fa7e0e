"""A warm process that grades: it has imported torch once and forks a child for each submission.

It runs with a scrubbed environment, a fixed hash seed and one thread, so that a mark depends on
nothing but the submission, the course and the seed. Requests and replies are JSON lines on pipes.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any

from autograder.errors import WorkerDiedError
from autograder.sandbox.run import Event, Limits
from autograder.session import Step, run_session
from autograder.submissions.assignment import load_exercises

_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_FIXED_VARIABLES = {
    "CUDA_VISIBLE_DEVICES": "",  # marks are given on the processor
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


class Worker:
    """The caller's end of a warm process; a context manager."""

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise WorkerDiedError("Grading needs Linux or macOS: it forks processes.")
        environment = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES}
        environment |= _FIXED_VARIABLES
        # The same modules as here, but never those that lie in the working directory by chance.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, reference: str, steps: Sequence[Step], seed: int) -> list[Event]:
        """Run the steps of a submission; see `autograder.session.run_session`.

        Args:
            reference: Where the worker finds the exercises.
            steps: What to do.
            seed: From which the judge draws its inputs.

        Raises:
            WorkerDiedError: The process ended before it had told everything.
        """
        plain = [asdict(step) for step in steps]
        request = json.dumps({"reference": reference, "steps": plain, "seed": seed})
        stdin, stdout = _pipes(self._process)
        try:
            stdin.write(request + "\n")
            stdin.flush()
            # To the end, always: what is left of one submission must not be taken for the next.
            events = []
            for line in stdout:
                events.append(json.loads(line))
                if events[-1]["kind"] == "end":
                    return events
        except (BrokenPipeError, ValueError):
            pass
        raise WorkerDiedError("The grading process ended in the middle of a submission.")

    def close(self) -> None:
        """End the process."""
        stdin, stdout = _pipes(self._process)
        self._process.kill()
        self._process.wait()
        stdin.close()
        stdout.close()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise WorkerDiedError("The grading process has no pipes.")
    return process.stdin, process.stdout


def main() -> None:
    """Serve requests from standard input until it closes."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    # Nothing that prints by mistake may get between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        chapter = load_exercises(request["reference"])
        steps = [Step(**step) for step in request["steps"]]
        _warm_up(steps)
        for event in run_session(chapter, steps, request["seed"], Limits()):
            replies.write(json.dumps(event) + "\n")
            replies.flush()


def _warm_up(steps: Sequence[Step]) -> None:
    """Import here, once, what the course's own cells import, so that each child need not."""
    for step in steps:
        if step.kind == "given":
            imports = [node for node in _statements(step.source) if _is_import(node)]
            exec(compile(ast.Module(imports, []), step.name, "exec"), {})


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a magic such as %matplotlib
        return []


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


if __name__ == "__main__":
    main()
