import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from autograder.flags import Flag, Kind
from autograder.grading import unreadable
from autograder.show import show_class


@pytest.fixture
def shown():
    def show(function, *arguments, **options):
        console = Console(file=io.StringIO(), width=200)
        function(console, *arguments, **options)
        return console.file.getvalue()

    return show


def test_a_class_is_a_line_a_learner(shown, small):
    results = [unreadable(small, "ada[red]", 0, "The file is [bold]empty.")]
    text = shown(show_class, small, results, n_known=1)
    assert "ch99_small: 1 submission, 1 known from before" in text
    assert "ada[red]" in text
    assert "0 of 90" in text
    assert "The file is [bold]empty." in text


def test_places_to_look_at_are_counted(shown, small):
    results = [unreadable(small, name, 0, "") for name in ("ada", "bob", "cyd")]
    flags = [
        Flag(Kind.HIDDEN, ("ada",), "…", ()),
        Flag(Kind.ALIKE, ("ada", "bob"), "…", (), 0.9),
        Flag(Kind.HIDDEN, ("bob",), "…", ()),
    ]
    text = shown(show_class, small, results, flags=flags)
    assert "Places to look at, never verdicts: 2 may hide a call, 1 group is alike." in text
    columns = [line.split("│") for line in text.split("\n") if "│ ada" in line or "│ cyd" in line]
    assert [line[4].strip() for line in columns] == ["2", ""]
    assert "Places to look at" not in shown(show_class, small, results)


EVIL = "\x1b[2J\x1b]0;t\x07[bold]\u202eevil\x00\ud800" + "x" * 100_000


def test_a_terminal_is_not_obeyed_by_names_reasons_and_notes(shown, small):
    odd = replace(unreadable(small, EVIL, 0, EVIL), repairs=(EVIL,))
    for text in (
        shown(show_class, small, [odd]),
        shown(show_class, small, [replace(odd, reason="")]),
    ):
        text.encode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
        assert "[bold]" in text
        assert "␛" in text
        assert len(text) < 200_000
