"""With what the commands of `course` end, as their help and the guide to operation say it."""

from typer import Typer
from typer.models import CommandInfo

DONE, FOUND, NOT_DONE, STOPPED = 0, 1, 2, 130

MEANING = {
    DONE: "done, and nothing is wrong",
    FOUND: "done, and something that was looked at is wrong",
    NOT_DONE: "not done: a wrong command, a missing file, a broken course; one sentence says why",
    STOPPED: "stopped with Ctrl-C; what is done is kept",
}

# What 1 means, for each command that can end with it.
FOUND_BY = {
    "check": "something is left to do, or a notebook cannot be read",
    "doctor": "this machine lacks something",
    "grade": "a submission could not be read or graded; all others have their marks",
    "publish": "answers await marking; nothing was packed",
    "selftest": "an exercise lets a wrong answer pass or stops a right one",
    "solution": "you were asked whether you are sure, and said no",
    "submit": "answers are missing; nothing was packed",
}


def told(command: str) -> str:
    """Say what the exit codes of a command mean, in a line of its help.

    Args:
        command: Its name.
    """
    found = f" {FOUND}: {FOUND_BY[command]}." if command in FOUND_BY else ""
    others = "".join(f" {code}: {MEANING[code].partition(':')[0]}." for code in (NOT_DONE, STOPPED))
    return f"Exit code {DONE}: {MEANING[DONE]}.{found}{others}"


def add_to_help(app: Typer) -> None:
    """Let the help of every command end with its exit codes."""
    for command in app.registered_commands:
        command.epilog = told(name_of(command))


def name_of(command: CommandInfo) -> str:
    """Give the name by which a command is called."""
    return command.name or getattr(command.callback, "__name__", "")
