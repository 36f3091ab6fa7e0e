"""A judging process: it has imported the exercises once and judges one submission after another.

Behind it stands a warm parent (`autograder.judge.warm_parent`), which forks a confined process for
each submission; the learner's code runs there and never here. Both run with a scrubbed environment,
a fixed hash seed and one thread, so that a mark depends on nothing but the submission, the course
and the seed. Requests and replies are JSON lines on pipes.
"""

import base64
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, Protocol

from autograder.errors import ConfinementError, WorkerDiedError
from autograder.judge.warm_parent import WarmParent
from autograder.judging_process import JudgingProcess
from autograder.sandbox.limits import Limits
from autograder.session import Event, Step, run_session
from autograder.submissions.assignment import load_exercises


class AnyWorker(Protocol):
    """What judges one submission at a time: a process of this machine, or of another."""

    @property
    def pid(self) -> int | None:
        """Id of the process; none where it is another machine's."""
        ...

    def run(self, reference: str, steps: Sequence[Step], seed: int) -> list[Event]:
        """Run the steps of a submission; see `Worker.run`."""
        ...

    def close(self) -> None:
        """End it, at work or not."""
        ...


class Worker(JudgingProcess):
    """The caller's end of a judging process on this machine; a context manager.

    Args:
        unconfined: Run the learner's code without walls; for a notebook of one's own.

    Raises:
        ConfinementError: This machine cannot confine a submission.
    """

    def __init__(self, *, unconfined: bool = False) -> None:
        if not hasattr(os, "fork"):
            raise ConfinementError("Grading needs Linux or macOS: it forks processes.")
        try:
            super().__init__(sys.path, unconfined=unconfined)  # the same modules as here
        except EOFError as error:
            raise WorkerDiedError(str(error)) from None
        if self.trouble:
            self.close()
            raise ConfinementError(self.trouble)

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
        try:
            return self.ask(request_line(reference, steps, seed))
        except EOFError as error:
            raise WorkerDiedError(str(error)) from None


def request_line(reference: str, steps: Sequence[Step], seed: int) -> str:
    """Write what a judging process reads; see `Worker.run`."""
    plain = [asdict(step) for step in steps]
    return json.dumps({"reference": reference, "steps": plain, "seed": seed})


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
