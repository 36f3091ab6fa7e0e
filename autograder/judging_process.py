"""The caller's end of a judging process, `autograder.worker`: starts it, asks it, ends it.

It imports nothing of the course: a worker of a cluster loads this file alone, out of the course
that was shipped to it, beside whatever else may be installed there.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

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


class JudgingProcess:
    """A judging process and the pipes to it.

    Args:
        paths: Where it finds modules, in this order.
        unconfined: Run the learner's code without walls.

    Attributes:
        trouble: Why it cannot confine a submission, or "".

    Raises:
        EOFError: It ended while it started.
    """

    def __init__(self, paths: Sequence[str], *, unconfined: bool = False) -> None:
        environment = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES}
        environment |= _FIXED_VARIABLES
        # Never those that lie in the working directory by chance.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        # Nothing is ever written here: that it closes tells the process that we are gone.
        lifeline, self._lifeline = os.pipe()
        how = "unconfined" if unconfined else "confined"
        try:
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
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(lifeline)
        try:
            self.trouble = self._await_start()
        except BaseException:
            self.close()
            raise

    def ask(self, request: str) -> list[dict[str, Any]]:
        """Have it judge a submission and give its events, the last of which is the end.

        Args:
            request: A line of JSON; see `autograder.worker.request_line`.

        Raises:
            EOFError: It ended before it had told everything.
        """
        stdin, stdout = _pipes(self._process)
        try:
            stdin.write(request + "\n")
            stdin.flush()
            # To the end, always: what is left of one submission must not be taken for the next.
            events: list[dict[str, Any]] = []
            for line in stdout:
                events.append(json.loads(line))
                if events[-1]["kind"] == "end":
                    return events
        except (BrokenPipeError, ValueError):
            pass
        raise EOFError("The grading process ended in the middle of a submission.")

    def close(self) -> None:
        """End the process and what it has started."""
        stdin, stdout = _pipes(self._process)
        self._process.kill()
        self._process.wait()
        os.close(self._lifeline)
        for pipe in (stdin, stdout):
            with contextlib.suppress(OSError):  # what a dead process has not read cannot be sent
                pipe.close()

    def _await_start(self) -> str:
        """Wait until the process can confine, or give the reason why it cannot."""
        _, stdout = _pipes(self._process)
        try:
            return json.loads(stdout.readline()).get("trouble", "")
        except ValueError:  # no line, or half a line
            raise EOFError("The grading process ended while it started.") from None


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise EOFError("The grading process has no pipes.")
    return process.stdin, process.stdout
