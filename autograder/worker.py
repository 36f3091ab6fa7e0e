"""A judging process: it has imported the exercises once and judges one submission after another.

Behind it stands a warm parent (`autograder.judge.warm_parent`), which forks a confined process for
each submission; the learner's code runs there and never here. Both run with a scrubbed environment,
a fixed hash seed and one thread, so that a mark depends on nothing but the submission, the course
and the seed. Requests and replies are JSON lines on pipes.
"""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any

from autograder.errors import ConfinementError, WorkerDiedError
from autograder.judge.warm_parent import WarmParent
from autograder.sandbox.limits import Limits
from autograder.session import Event, Step, run_session
from autograder.submissions.assignment import load_exercises

_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
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
    """The caller's end of a judging process; a context manager.

    Args:
        unconfined: Run the learner's code without walls; for a notebook of one's own.

    Raises:
        ConfinementError: This machine cannot confine a submission.
    """

    def __init__(self, *, unconfined: bool = False) -> None:
        if not hasattr(os, "fork"):
            raise ConfinementError("Grading needs Linux or macOS: it forks processes.")
        environment = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES}
        environment |= _FIXED_VARIABLES
        # The same modules as here, but never those that lie in the working directory by chance.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        # Nothing is ever written here: that it closes tells the process that we are gone.
        lifeline, self._lifeline = os.pipe()
        how = "unconfined" if unconfined else "confined"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.worker", str(lifeline), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
            pass_fds=[lifeline],
            start_new_session=True,  # Ctrl-C is the caller's, who ends this process in order
        )
        os.close(lifeline)
        try:
            self._await_start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Id of the process, as the system's own log and `ps` have it."""
        return self._process.pid

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
        """End the process and what it has started."""
        stdin, stdout = _pipes(self._process)
        self._process.kill()
        self._process.wait()
        os.close(self._lifeline)
        stdin.close()
        stdout.close()

    def _await_start(self) -> None:
        """Wait until the process can confine, or pass on why it cannot."""
        _, stdout = _pipes(self._process)
        line = stdout.readline()
        if not line:
            raise WorkerDiedError("The grading process ended while it started.")
        trouble = json.loads(line).get("trouble")
        if trouble:
            raise ConfinementError(trouble)


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise WorkerDiedError("The grading process has no pipes.")
    return process.stdin, process.stdout


def main(lifeline: int, *, unconfined: bool) -> None:
    """Serve requests from standard input until it closes."""
    # Nothing that prints by mistake may get between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_caller, args=(lifeline,), daemon=True).start()

    def reply(event: Event) -> None:
        replies.write(json.dumps(event, default=_as_text) + "\n")
        replies.flush()

    try:
        parent = WarmParent(unconfined=unconfined)
    except ConfinementError as error:
        reply({"kind": "start", "trouble": str(error)})
        return
    with parent:
        reply({"kind": "start"})
        _serve(parent, reply)


def _serve(parent: WarmParent, reply: Callable[[Event], None]) -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        chapter = load_exercises(request["reference"])
        steps = [Step(**step) for step in request["steps"]]
        for step in steps:
            if step.kind == "given":
                parent.prepare(step.source)
        for event in run_session(chapter, steps, request["seed"], parent, Limits()):
            reply(event)


def _end_with_caller(lifeline: int) -> None:
    """End this process, and by that all below it, when the caller is gone, however it went."""
    os.read(lifeline, 1)
    os._exit(1)


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main(int(sys.argv[1]), unconfined=sys.argv[2] == "unconfined")
