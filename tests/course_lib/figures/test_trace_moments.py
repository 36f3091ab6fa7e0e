import pytest

from course_lib.figures.trace_moments import Moment


def run_of(n_steps, stopped="answered"):
    step = {"thought": "", "call": "tick {}", "kind": "result", "text": "tick"}
    steps = [step | {"text": str(n)} for n in range(n_steps)]
    return {"steps": steps, "answer": "x", "thought": "", "stopped": stopped, "is_done": True}


def states(moment):
    return [moment.state_of(index) for index in range(moment.n_calls)]


def test_at_the_start_nothing_is_spent_or_seen():
    moment = Moment(run_of(3), 4, 2, 0)
    assert (moment.n_spent, moment.n_left, moment.n_before, moment.n_seen) == (0, 4, 0, 0)
    assert not moment.is_end
    assert moment.step is None
    assert states(moment) == ["to come"] * 4


def test_a_step_sees_the_last_ones_before_it():
    moment = Moment(run_of(5), 6, 2, 4)
    assert (moment.n_spent, moment.n_left, moment.n_before, moment.n_seen) == (4, 2, 3, 2)
    assert moment.step is not None
    assert moment.step["text"] == "3"
    assert states(moment) == ["forgotten", "seen", "seen", "now", "to come", "to come"]


@pytest.mark.parametrize("wanted_at", [4, 5, 99])
def test_what_is_too_late_is_the_end(wanted_at):
    moment = Moment(run_of(3), 5, 2, wanted_at)
    assert moment.at == 4
    assert moment.is_end
    assert moment.step is None
    assert (moment.n_spent, moment.n_left, moment.n_before, moment.n_seen) == (3, 2, 3, 2)
    assert states(moment) == ["forgotten", "seen", "seen", "to come", "to come"]


def test_without_a_step_the_end_comes_first():
    moment = Moment(run_of(0, "budget spent"), 0, 1, 1)
    assert moment.is_end
    assert not moment.has_answer
    assert not Moment(run_of(0), 0, 1, 0).is_end
    assert Moment(run_of(0), 0, 1, 0).has_answer


@pytest.mark.parametrize("n_remembered", [1, 3, 6])
@pytest.mark.parametrize("at", range(8))
def test_calls_add_up_and_no_more_is_seen_than_remembered(n_remembered, at):
    moment = Moment(run_of(6), 6, n_remembered, at)
    found = states(moment)
    assert moment.n_spent + moment.n_left == 6
    assert found.count("seen") == moment.n_seen <= n_remembered
    assert len(found) - found.count("to come") == moment.n_spent
