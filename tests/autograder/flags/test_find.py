from dataclasses import replace

import pytest

from autograder.flags import Kind, find_flags
from autograder.flags.cells import MAX_CHARACTERS
from autograder.grading import unreadable
from autograder.result import CellRun
from tests.sample_class.workshop import Workshop


@pytest.fixture(scope="module")
def shop():
    return Workshop.of("ch02")


@pytest.fixture
def handed_in(shop):
    """What grading gives of some cells: the answers' by exercise, the added ones' by a number."""

    def make(learner, **sources):
        names = {one.name: shop.assignment.grade_id(one) for one in shop.exercises}
        cells = tuple(
            CellRun(names.get(name, name), source, "", "") for name, source in sources.items()
        )
        return replace(unreadable(shop.assignment, learner, 0, ""), cells=cells)

    return make


def test_the_sample_class_has_one_group_and_no_other_flag(shop, handed_in):
    """It is made from one solution, so that those who changed least are one another's copies."""
    solved = {one.name: shop.solutions[one.name] for one in shop.exercises}
    results = [handed_in("ada", **solved), handed_in("cleo", **solved)]
    n_ways = {"bela": "alternatives", "dora": "misconceptions"}
    for who, ways in n_ways.items():
        for n in range(max(len(getattr(one, ways)) for one in shop.exercises)):
            changed = {
                one.name: getattr(one, ways)[n].as_cell(one.exports)
                for one in shop.exercises
                if n < len(getattr(one, ways))
            }
            results.append(handed_in(f"{who}-{n + 1:02d}", **{**solved, **changed}))
    results.append(unreadable(shop.assignment, "vera", 0, "The file is empty."))
    (flag,) = find_flags(shop.assignment, results)
    assert flag.kind is Kind.ALIKE
    assert {"ada", "cleo", "dora-09", "dora-10"} <= set(flag.learners)
    assert not {"bela-01", "bela-02", "bela-03", "dora-01", "dora-02", "vera"} & set(flag.learners)


def test_a_hidden_call_is_flagged_with_its_lines(shop, handed_in):
    answer = "def stable_softmax(x, dim):\n    return getattr(torch, 'softmax')(x, dim)"
    added = "import importlib\nhelper = importlib.import_module('torch')"
    result = handed_in("ada", **{"added-0001": added}, stable_softmax=answer)
    (flag,) = find_flags(shop.assignment, [result])
    assert (flag.kind, flag.learners) == (Kind.HIDDEN, ("ada",))
    told = {(one.where, one.text) for one in flag.evidence}
    assert ("ada, cell 1, line 1: uses importlib", "import importlib") in told
    line = "return getattr(torch, 'softmax')(x, dim)"
    assert ("ada, stable_softmax, line 2: uses getattr for softmax", line) in told


def test_imports_of_the_course_count_as_the_learners_do(shop, handed_in):
    """The notebook's first cell imports torch; no cell of the learner's needs to."""
    flags = find_flags(shop.assignment, [handed_in("ada", **{"added-0001": "torch.ops.aten"})])
    assert [flag.kind for flag in flags] == [Kind.HIDDEN]


def test_a_cell_that_is_too_long_is_said_to_be(shop, handed_in):
    cell = "x = 1\n" * MAX_CHARACTERS
    (flag,) = find_flags(shop.assignment, [handed_in("ada", **{"added-0001": cell})])
    assert "was not looked at" in flag.evidence[0].where
    assert len(flag.evidence[0].text) < 100


def test_flags_are_the_same_in_any_order(shop, handed_in):
    evil = {"added-0001": "exec('x')"}
    results = [handed_in(name, **evil) for name in ("zoe", "ada", "\x1b[2J\u202e\ud800")]
    flags = find_flags(shop.assignment, results)
    assert flags == find_flags(shop.assignment, results[::-1])
    assert len(flags) == 3


def test_a_small_chapter_without_flags(small):
    assert find_flags(small, [unreadable(small, "ada", 0, "The file is empty.")]) == ()
