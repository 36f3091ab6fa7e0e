import io

import pytest
from rich.console import Console

from autograder.mutation.mutants import Mutant
from autograder.mutation.survey import Survey
from autograder.selftest.answers import Row
from autograder.selftest.report import SelftestReport
from autograder.selftest.show import show_report

MUTANT = Mutant("arithmetic", "def f(x):\n    return x + 1", "def f(x):\n    return x - 1")


def row(kind, fault="", exercise="long_name_of_exercise"):
    return Row(exercise, kind, f"a_{kind}", 3.0, 4.0, (), fault)


def a_survey(n_killed=199, survivors=(MUTANT,)):
    return Survey("long_name_of_exercise", 200, 120, n_killed, survivors, 4, (), 12.34)


def shown(report, width=80, colours=False, **options):
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colours,
        color_system="standard" if colours else None,
    )
    show_report(console, report, **options)
    return stream.getvalue()


def report(rows=(), surveys=(), faults=()):
    return SelftestReport("ch99_small", tuple(rows), tuple(surveys), tuple(faults))


class TestTheTable:
    def test_counts_right_and_wrong_answers(self):
        rows = [row("solution"), row("alternative"), row("stub"), row("misconception", "is bad")]
        text = shown(report(rows))
        assert "2 ✓" in text
        assert "1 of 2 ✗" in text
        assert "mutants" not in text

    def test_shows_kill_rates_rounded_down_in_80_columns(self):
        text = shown(report([row("solution")], [a_survey()]))
        assert "long_name_of_exercise" in text
        assert "███░░  60%" in text
        assert " 99%" in text
        assert "12.3 s" in text
        assert "…" not in text
        assert "left out: 4 that do what the solution does" in text
        assert max(map(len, text.splitlines())) <= 80

    @pytest.mark.parametrize(("n_killed", "colour"), [(190, "32"), (189, "31")])
    def test_a_rate_that_is_too_low_is_red(self, n_killed, colour):
        text = shown(report([row("solution")], [a_survey(n_killed)]), colours=True)
        assert f"\x1b[{colour}m████" in text

    def test_lists_every_answer_when_asked(self):
        rows = [row("solution"), row("stub", "gets points")]
        assert "a_stub" not in shown(report(rows))
        text = shown(report(rows), with_answers=True)
        assert "a_stub" in text
        assert "3/4" in text


def test_survivors_are_diffs_in_colour():
    text = shown(report([row("solution")], [a_survey()]), colours=True)
    assert "survivor 1 of 1, made by" in text
    assert "\x1b[91;49m-    return x + 1" in text
    assert "\x1b[92;49m+    return x - 1" in text
    plain = shown(report([row("solution")], [a_survey()]))
    assert "  -    return x + 1" in plain
    assert "  +    return x - 1" in plain


def test_faults_are_told_as_they_are():
    assert "✗ f[0] is wrong" in shown(report(faults=["f[0] is wrong"]))
