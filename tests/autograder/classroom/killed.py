"""Kill a process that writes into a gradebook, at each moment in turn."""

import os
import signal
import warnings

from sqlalchemy import event
from sqlalchemy.engine import Engine


def killed_at(n, work):
    """Do the work in a process that kills itself before the nth statement that writes, or commit.

    Between two of these nothing changes, so that no other moment need be tried.

    Returns:
        Whether it was killed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, of which the child needs none
        pid = os.fork()
    if pid == 0:
        try:
            _die_at(n)
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def _die_at(n):
    left = [n]

    def count():
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(_connection, _cursor, text, *_):
        if not text.lstrip().startswith(("SELECT", "PRAGMA")):
            count()

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _: count())
