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

_LEFT_OUT = "the marks of some learners are not in the file; each is named"

# What 1 means, for each command that can end with it.
FOUND_BY = {
    "check": "something is left to do, or a notebook cannot be read",
    "doctor": "this machine lacks something",
    "grade": "a submission could not be read or graded; all others have their marks",
    "marks canvas": _LEFT_OUT,
    "marks lti": _LEFT_OUT,
    "marks moodle": _LEFT_OUT,
    "marks moodle-sheet": _LEFT_OUT,
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
    for name, command in commands_of(app).items():
        command.epilog = told(name)


def commands_of(app: Typer) -> dict[str, CommandInfo]:
    """Give all commands by what one types, those of its groups such as `marks canvas` too."""
    found = {_name_of(command): command for command in app.registered_commands}
    for group in app.registered_groups:
        if group.typer_instance:
            below = commands_of(group.typer_instance).items()
            prefix = group.typer_instance.info.name
            found |= {f"{prefix} {name}": command for name, command in below}
    return found


def _name_of(command: CommandInfo) -> str:
    return command.name or getattr(command.callback, "__name__", "").replace("_", "-")
