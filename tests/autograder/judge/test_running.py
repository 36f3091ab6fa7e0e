import pytest
import torch

from autograder.exercises.base import Item
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_raises, expect_true
from autograder.judge.running import run_item

from .toys import make_exercise, send_to

EXERCISE = make_exercise()


def run(check, function=lambda x: x * 0.5):
    item = Item("it holds", 1, "It does not hold.", check)
    return run_item(EXERCISE, item, send_to(function), Draw(1))


def halves(learner, draw):
    expect_close(learner.halve(torch.tensor([2.0])), torch.tensor([1.0]))


class TestRunItem:
    def test_an_item_that_holds_has_no_failure(self):
        done = run(halves)
        assert done.failure is None
        assert len(done.calls) == 1

    def test_a_difference_is_told_with_call_got_and_expected(self):
        failure = run(halves, lambda x: x).failure
        assert failure.message == "the result at [0] is 2, expected 1"
        example = failure.example
        assert (example.call, example.got, example.expected) == ("halve([2])", "[2]", "[1]")

    def test_a_part_is_told_of_as_the_learner_gave_it(self):
        def check(learner, draw):
            _, states = learner.halve(torch.tensor([2.0]))
            expect_close(states, [torch.tensor([1.0])])

        failure = run(check, lambda x: (0.5, [x])).failure
        assert failure.message == "result[1][0] at [0] is 2, expected 1"
        example = failure.example
        assert (example.got, example.expected) == ("[[2]], which is result[1]", "[[1]]")

    def test_what_is_worked_out_from_a_result_is_said_to_be(self):
        def check(learner, draw):
            expect_close(learner.halve(torch.tensor([2.0])).sum(), torch.tensor(1.0))

        failure = run(check, lambda x: x).failure
        assert failure.message == "the result is 2, expected 1"
        assert failure.example.got == "2, worked out from what came back"

    def test_a_property_shows_the_call_that_it_is_about(self):
        def check(learner, draw):
            first = learner.halve(torch.tensor([2.0]))
            learner.halve(torch.tensor([4.0]))
            expect_true(False, "the first is odd", first)

        example = run(check).failure.example
        assert (example.call, example.got, example.expected) == ("halve([2])", "[1]", "")

    def test_an_exception_is_told(self):
        failure = run(halves, lambda x: x[3]).failure
        assert failure.message.startswith("halve raised IndexError: ")
        assert failure.example.got == "raised IndexError"
        assert failure.worth_showing

    def test_an_exception_that_is_asked_for_passes(self):
        def check(learner, draw):
            expect_raises(ValueError, lambda: learner.halve(-1))

        def answer(x):
            raise ValueError(x)

        assert run(check, answer).failure is None
        assert run(check, lambda x: x).failure.message == "it raised nothing, expected ValueError"
        assert "KeyError" in run(check, lambda x: {}[x]).failure.message

    def test_a_result_of_a_strange_type_fails_whatever_the_check_does_with_it(self):
        def check(learner, draw):
            assert learner.halve(torch.ones(2)).sum() == 1

        failure = run(check, lambda x: "all right").failure
        assert failure.message == "the result is a str, which cannot be judged (AttributeError)"
        assert failure.example.got == "'all right'"

    def test_an_endless_loop_is_not_tried_again(self):
        def loop(x):
            while True:
                pass

        failure = run(halves, loop).failure
        assert "in time" in failure.message
        assert not failure.worth_showing

    def test_a_check_that_breaks_before_its_first_call_is_the_instructors_fault(self):
        with pytest.raises(ZeroDivisionError):
            run(lambda learner, draw: 1 / 0)

    def test_a_check_that_calls_nothing_is_the_instructors_fault(self):
        with pytest.raises(ValueError, match="halve: the item 'it holds' calls nothing"):
            run(lambda learner, draw: None)
