"""Run the cells of a notebook in this process, as Jupyter would, and keep what they print.

Stops, politely, so that the cells after it still run: a cell that computes or waits too long, more
output than a limit, a shell command.
Does not stop: a cell that means to go on; the walls around the process and the judge do.
"""

import contextlib
import io
import random
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets.config import Config

from autograder.sandbox.plots import take_plots

MAX_OUTPUT_CHARACTERS = 20_000
MAX_MESSAGE_CHARACTERS = 1_000
# Real seconds for one processor second: sleeping is given up too, a busy machine is not.
WALL_PER_CPU = 3.0
_INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")


class CellTimeoutError(BaseException):
    """A cell ran too long. Not an `Exception`, so that `except Exception` lets it through."""


@dataclass(frozen=True)
class CellOutcome:
    """What came of running a cell.

    Attributes:
        text: What it printed, cut to a limit.
        error: Kind, message and line of the exception that ended it, or "".
        plots: The figures that it drew, as PNG files.
    """

    text: str
    error: str
    plots: tuple[bytes, ...] = ()


class CellRunner:
    """One notebook's run: a namespace in which cells are run one after the other.

    Args:
        seed: Seeds the global generators of Python, numpy and torch.
    """

    def __init__(self, seed: int) -> None:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed % 2**63)
        # As in Jupyter, whatever this process was told about warnings.
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)
        # Figures are taken, not shown; a learner need not hear that they cannot be shown.
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        self._shell = _quiet_shell()

    @property
    def namespace(self) -> dict[str, Any]:
        """The names that the cells define."""
        return self._shell.user_ns

    def run(self, source: str, cpu_s: float) -> CellOutcome:
        """Run a cell for at most a given processor time."""
        output = _CappedText(MAX_OUTPUT_CHARACTERS)
        error, plots = "", []
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                with _time_limit(cpu_s):
                    result = self._shell.run_cell(source, store_history=False)
                    failure = result.error_before_exec or result.error_in_exec
                    if isinstance(failure, SyntaxError):
                        failure = _in_words_of_python(failure, self._shell.transform_cell(source))
                    error = _describe(failure) if failure is not None else ""
                    plots = take_plots()
            except BaseException as outside:  # between IPython's own handlers
                error, failure = f"{type(outside).__name__} while the cell ran", outside
            if isinstance(failure, CellTimeoutError):
                error = f"The cell was stopped: it ran longer than {cpu_s:g} seconds."
        return CellOutcome(output.getvalue(), error, tuple(plots))


class _CappedText(io.StringIO):
    """Text that stops growing at a limit and says so."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def write(self, text: str) -> int:
        if len(text) <= self._left:
            self._left -= len(text)
            super().write(text)
        elif self._left >= 0:
            super().write(text[: self._left] + "\n… the rest of the output was cut\n")
            self._left = -1
        return len(text)


class _QuietShell(InteractiveShell):
    """IPython that shows no traceback, since the outcome says it, and runs no shell command."""

    def showtraceback(self, *_: object, **__: object) -> None:
        """Show nothing."""

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Show nothing."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Show no window: `%gui` and `%matplotlib` mean nothing here."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[None, str]:
        """Leave matplotlib as it is, drawing to nowhere."""
        return None, "agg"

    def system(self, cmd: str) -> None:
        """Refuse a command: a stray `!pip install` must not change the grader's machine."""
        print(f"(not run while grading: {cmd})")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList:
        """Refuse a command whose output was asked for."""
        self.system(cmd)
        return SList()


def _quiet_shell() -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0
    shell = _QuietShell.instance(config=config)
    shell.displayhook.write_output_prompt = lambda: None
    for name in _INSTALLERS:
        shell.magics_manager.magics["line"][name] = shell.system
    return shell


@contextlib.contextmanager
def _time_limit(cpu_s: float) -> Iterator[None]:
    """Raise `CellTimeoutError` in the block when it has used its processor or its wall time."""
    if cpu_s <= 0:
        raise CellTimeoutError

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise CellTimeoutError

    signals = ((signal.SIGPROF, signal.ITIMER_PROF, cpu_s),)
    signals += ((signal.SIGALRM, signal.ITIMER_REAL, WALL_PER_CPU * cpu_s),)
    before = [signal.signal(number, give_up) for number, _, _ in signals]
    try:
        for _, timer, limit_s in signals:
            signal.setitimer(timer, limit_s)
        yield
    finally:
        for (number, timer, _), handler in zip(signals, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _in_words_of_python(error: SyntaxError, source: str) -> SyntaxError:
    """Ask Python what is wrong with a cell of which IPython says only that it is unfinished."""
    if error.msg != "incomplete input":
        return error
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except SyntaxError as own:
        return own
    return error


def _describe(error: BaseException) -> str:
    """Say in a line what went wrong and where in the cell."""
    try:
        message = str(error)[:MAX_MESSAGE_CHARACTERS]
    except Exception:  # an exception class of the learner's own
        message = "(its message cannot be shown)"
    if isinstance(error, SyntaxError):
        message, line = error.msg, error.lineno
    else:
        line = _line_in_cell(error.__traceback__)
    place = f" (line {line} of the cell)" if line else ""
    return (
        f"{type(error).__name__}: {message}{place}" if message else f"{type(error).__name__}{place}"
    )


def _line_in_cell(traceback: TracebackType | None) -> int | None:
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename.startswith("<ipython-input"):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
