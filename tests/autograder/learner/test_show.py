import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from autograder.check import Checked, Standing
from autograder.judge import Verdict
from autograder.learner.outline import ChapterOutline, ExerciseOutline
from autograder.learner.progress import ChapterProgress, ExerciseProgress, Progress
from autograder.learner.show import next_exercise, show_after_check, show_check, show_progress
from autograder.learner.state import State


@pytest.fixture
def shown():
    def show(function, *arguments, width=200, **options):
        console = Console(file=io.StringIO(), width=width)
        function(console, *arguments, **options)
        return console.file.getvalue()

    return show


def outline(slug, *exercises):
    made = (
        ExerciseOutline(slug, name, name.title(), points, name == "written")
        for name, points in exercises
    )
    return ChapterOutline(slug, f"About {slug}", tuple(made))


FIRST = outline("ch01_one", ("add", 60.0), ("extra", 0.0), ("largest", 30.0), ("written", 10.0))
SECOND = outline("ch02_two", ("mask", 100.0))


def reached(**states):
    kept = {name: ExerciseProgress(state, hints=1) for name, state in states.items()}
    return Progress({"ch01_one": ChapterProgress("2026-02-03T04:05:06+01:00", "abc", kept)})


def row(text, prefix):
    (line,) = [line for line in text.splitlines() if line.strip().startswith(prefix)]
    return re.split(r"\s{2,}", line.strip())


def test_progress_counts_what_is_done_and_names_what_is_left(shown):
    progress = reached(add=State.RIGHT, largest=State.WRONG)
    text = shown(show_progress, [FIRST, SECOND], progress)
    assert row(text, "ch01") == [
        "ch01 About ch01_one",
        "1 of 3",
        "60 of 100",
        "2",
        "largest and 1 more",
    ]
    assert row(text, "ch02") == ["ch02 About ch02_two", "0 of 1", "0 of 100", "mask"]
    assert "Over the course: 1 of 4 exercises done, worth 60 of 200 points." in text
    assert "Next: Largest in ch01: course start ch01 opens it." in text


def test_a_table_fits_a_terminal_of_eighty_columns(shown):
    long = replace(FIRST, title="A title that takes most of a terminal's width for itself")
    text = shown(show_progress, [long, SECOND], reached(add=State.WRONG), width=80)
    assert row(text, "ch01")[1:3] == ["0 of 3", "0 of 100"]
    assert "add and 2 more" in text


def test_extra_credit_is_never_left(shown):
    done = reached(add=State.PASSES, largest=State.RIGHT, written=State.WRITTEN)
    text = shown(show_progress, [FIRST], done)
    assert row(text, "ch01")[1:] == ["3 of 3", "100 of 100", "3", "nothing"]
    assert "The whole course is done." in text
    assert next_exercise([FIRST], done) is None
    assert next_exercise([FIRST, SECOND], done).name == "mask"


def test_why_a_chapter_was_not_checked_is_said(shown):
    text = shown(show_progress, [FIRST], Progress(), {"ch01_one": "mine.ipynb [x] is empty."})
    assert "Note: mine.ipynb [x] is empty." in text


def test_after_a_check_the_next_thing_to_type_is_named(shown):
    wrong = Checked((Standing("add", "Add", 60.0, State.WRONG),), (), ())
    untouched = Checked((Standing("add", "Add", 60.0, State.UNTOUCHED),), (), ())
    done = Checked((Standing("add", "Add", 60.0, State.PASSES),), (), ())
    kept = reached(add=State.PASSES, largest=State.PASSES, written=State.WRITTEN)
    text = shown(show_after_check, [FIRST, SECOND], Progress(), wrong, "ch01_one")
    assert "Stuck? course hint ch01/add shows a hint." in text
    assert "Over the course: 0 of 4" in text
    assert "Next:" not in text
    assert "hint" not in shown(show_after_check, [FIRST], Progress(), untouched, "ch01_one")
    text = shown(show_after_check, [FIRST, SECOND], kept, done, "ch01_one")
    assert "To hand it in: course submit ch01" in text
    assert "Next: Mask in ch02" in text


EVIL = "\x1b[2J\x1b]0;t\x07[bold]\u202eevil\x00\ud800" + "x" * 100_000


def test_a_terminal_is_not_obeyed_by_messages_and_reasons(shown, small):
    verdict = Verdict("largest", 0.0, 30.0, (), reason=EVIL)
    standing = Standing("largest", "Largest", 30.0, State.WRONG, EVIL, verdict)
    checked = Checked((standing,), (EVIL,), ((EVIL, EVIL),))
    for text in (
        shown(show_check, small, checked),
        shown(show_progress, [FIRST], Progress(), {"ch01_one": EVIL}),
    ):
        text.encode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
        assert "[bold]" in text
        assert "␛" in text
        assert len(text) < 200_000


def test_a_check_names_states_faults_and_what_is_next(shown, small):
    verdict = Verdict("largest", 0.0, 30.0, (), reason="Too slow.")
    standings = (
        Standing("double", "Double", 60.0, State.PASSES),
        Standing("largest", "Largest [of all]", 30.0, State.WRONG, "✗ it is [3]", verdict),
        Standing("written", "In words", 10.0, State.UNTOUCHED),
    )
    checked = Checked(standings, ("Mended.",), (("added-0001", "NameError: x"),))
    text = shown(show_check, small, checked)
    for words in (
        *("passes the visible tests", "wrong", "untouched", "Note: Mended.", "NameError: x"),
        *("✗ it is [3]", "Too slow.", "Next: Largest [of all]"),
    ):
        assert words in text


def test_a_check_with_nothing_left_says_so(shown, small):
    done = (Standing("double", "Double", 60.0, State.RIGHT),)
    assert "Nothing is left to do." in shown(show_check, small, Checked(done, (), ()))
