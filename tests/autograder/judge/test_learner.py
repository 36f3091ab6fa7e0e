import pytest
import torch

from autograder.judge.learner import Learner
from autograder.sandbox.agent import Agent

from .toys import send_to


def learner_of(function):
    return Learner(("halve",), send_to(function), ("torch.div",), 0.5)


class TestCalls:
    def test_a_value_comes_back_and_is_recorded(self):
        learner = learner_of(lambda x, times=1: x * 0.5 * times)
        assert torch.equal(learner.halve(torch.ones(2), times=2), torch.ones(2))
        (call,) = learner.calls
        assert str(call) == "halve([1, 1], times=2)"
        assert call.outcome.kind == "value"

    def test_the_record_is_the_judges_own(self):
        learner = learner_of(lambda x: x.mul_(0))
        x = torch.ones(2)
        learner.halve(x)
        assert torch.equal(x, torch.ones(2))
        x.add_(5)
        assert torch.equal(learner.calls[0].args[0], torch.ones(2))
        assert learner.calls[0].changed_arguments == ("0",)

    def test_gradients_come_back(self):
        learner = learner_of(lambda x: x * x)
        x = torch.tensor([1.0, 3.0], requires_grad=True)
        value, (gradient,) = learner.halve.vjp(torch.ones(2), x)
        assert torch.equal(value, torch.tensor([1.0, 9.0]))
        assert torch.equal(gradient, torch.tensor([2.0, 6.0]))

    def test_only_exported_names_are_looked_up(self):
        with pytest.raises(AttributeError, match="exports no 'double'"):
            _ = learner_of(abs).double


class Pages:
    """A class of a learner's with a method, a property and a call."""

    def __init__(self, n_pages):
        self.n_free = n_pages

    def take(self, count=1):
        if count > self.n_free:
            raise MemoryError("no page")
        self.n_free -= count
        return self.n_free

    def __call__(self, x):
        return x * self.n_free


def pages(count):
    agent = Agent({"Pages": Pages})
    learner = Learner(("Pages",), agent.answer, classes={"Pages": ("n_free",)})
    return learner, learner.Pages(count)


class TestInstances:
    def test_nothing_is_called_before_it_is_needed(self):
        learner, _ = pages(3)
        assert learner.calls == []

    def test_what_was_done_stays_done(self):
        _, table = pages(5)
        assert table.take() == 4
        assert table.take(count=2) == 2
        assert table.n_free == 2

    def test_after_an_error_it_goes_on(self):
        _, table = pages(2)
        with pytest.raises(MemoryError, match=r"Pages raised MemoryError: no page"):
            table.take(3)
        assert table.take() == 1

    def test_a_gradient_comes_back_from_a_call(self):
        _, table = pages(5)
        table.take(2)
        x = torch.ones(2, requires_grad=True)
        value, (gradient,) = table.vjp(torch.tensor([1.0, 2.0]), x)
        assert torch.equal(value, torch.tensor([3.0, 3.0]))
        assert torch.equal(gradient, torch.tensor([3.0, 6.0]))

    def test_a_call_is_written_with_all_that_led_to_it(self):
        learner, table = pages(5)
        table.take(count=2)
        table.n_free  # noqa: B018 - reading it is the call
        table(torch.ones(1))
        assert str(learner.calls[-1]) == ("one = Pages(5); one.take(count=2); one.n_free; one([1])")

    def test_two_instances_do_not_share_their_past(self):
        learner, table = pages(5)
        table.take()
        assert learner.Pages(5).n_free == 5
