import io

import pytest
from rich.console import Console

from autograder.check import Checked, Standing, State
from autograder.grading import unreadable
from autograder.judge import Verdict
from autograder.show import show_check, show_class


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
    assert "ch99_small: 1 submissions, 1 known from before" in text
    assert "ada[red]" in text
    assert "0 of 90" in text
    assert "The file is [bold]empty." in text


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
