"""What a command's exit code means: in the code, in its help, and in the guide."""

import ast
import inspect
import re
import sys
from textwrap import dedent

import pytest

from autograder import cli
from autograder.exit_codes import (
    DONE,
    FOUND,
    FOUND_BY,
    MEANING,
    NOT_DONE,
    STOPPED,
    commands_of,
    told,
)
from autograder.files import ROOT

GUIDE = (ROOT / "book" / "howto" / "operation.md").read_text(encoding="utf-8")
COMMANDS = {name: one.callback for name, one in commands_of(cli.app).items()}
ENDINGS = ("typer.Exit", "typer.confirm")  # what lets a command end with 1


def calls(function):
    """What a function calls, by name, and the functions of its own module that it calls."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    names = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
    module = sys.modules[function.__module__]
    for name in [one for one in names if one.startswith("_")]:
        helper = getattr(module, name, None)
        if inspect.isfunction(helper):
            names |= calls(helper)
    return names


def can_find(function):
    return bool(calls(function) & set(ENDINGS))


def test_the_commands_that_can_end_with_1_are_those_that_say_so():
    assert {name for name, function in COMMANDS.items() if can_find(function)} == set(FOUND_BY)


def test_the_codes_are_what_a_shell_expects():
    assert (DONE, FOUND, NOT_DONE, STOPPED) == (0, 1, 2, 128 + 2)
    assert sorted(MEANING) == [0, 1, 2, 130]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_each_command_ends_with_its_own(name, capsys):
    with pytest.raises(SystemExit):
        cli.main([*name.split(), "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith(told(name))
    assert (" 1: " in told(name)) is (name in FOUND_BY)
    for code in (0, 2, 130):
        assert f"{code}: " in told(name)


def test_the_guide_has_the_same_table():
    rows = dict(re.findall(r"^\| `course ([a-z -]+)` \| (.+?) \|$", GUIDE, re.MULTILINE))
    assert rows == {name: FOUND_BY.get(name, "–") for name in sorted(COMMANDS)}
    assert list(rows) == sorted(rows)


def test_the_guide_says_what_the_codes_mean():
    said = dict(re.findall(r"^- \*\*(\d+)\*\*: (.+)\.$", GUIDE, re.MULTILINE))
    assert {int(code): words for code, words in said.items()} == MEANING
