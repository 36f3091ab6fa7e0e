import pytest
import torch

from course_lib.agents.calls import Call
from course_lib.agents.loop import run_loop
from course_lib.agents.shop_world import (
    KINDS,
    PLACES,
    Account,
    Fallible,
    ShopTask,
    deciding_agent,
    fixed_workflow,
    make_tasks,
    measure,
    tools_of,
)

PLAIN = ShopTask("plain", "drum", ("mill", "zoo"), {"mill": 3, "zoo": 4, "farm": 9})
MOVED = ShopTask("moved", "drum", ("mill", "zoo"), {"zoo": 4, "farm": 9}, {"mill": "farm"})


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def calls(policy, task, n_calls=9):
    trace = run_loop(policy, tools_of(task), task.text, n_calls=n_calls)
    return [str(call) for call in trace.ran], trace.answer


class TestByHand:
    def test_the_workflow(self):
        assert calls(fixed_workflow(), PLAIN) == (
            [
                'call count {"item": "drum", "place": "mill"}',
                'call count {"item": "drum", "place": "zoo"}',
                'call add {"x": 3, "y": 4}',
            ],
            "7",
        )
        assert calls(fixed_workflow(), MOVED)[1] == ""

    def test_the_agent_follows_what_has_moved(self):
        assert calls(deciding_agent, MOVED) == (
            [
                'call count {"item": "drum", "place": "mill"}',
                'call count {"item": "drum", "place": "farm"}',
                'call count {"item": "drum", "place": "zoo"}',
                'call add {"x": 9, "y": 4}',
            ],
            "13",
        )

    def test_answers(self):
        assert (PLAIN.answer, MOVED.answer) == ("7", "13")
        assert PLAIN.text == "how many of drum at mill and zoo"

    def test_what_is_not_known_is_an_error(self):
        tools = tools_of(PLAIN)
        with pytest.raises(LookupError, match="nothing is known of harp"):
            tools["count"].run("harp", "mill")
        with pytest.raises(LookupError, match="at moon"):
            tools["count"].run("drum", "moon")


class TestMeasured:
    @pytest.mark.parametrize("seed", range(3))
    def test_what_each_can_do(self, seed):
        for kind, by_workflow in zip(KINDS, (1.0, 0.0, 0.0), strict=True):
            tasks = make_tasks(30, kind, generator(seed))
            workflow = measure(lambda task: fixed_workflow(), tasks, 9)
            agent = measure(lambda task: deciding_agent, tasks, 9)
            assert workflow.success == pytest.approx(by_workflow, abs=0.1)
            assert agent.success == 1
            assert agent.n_calls >= 3

    def test_a_budget_ends_it(self):
        tasks = make_tasks(5, "three", generator())
        assert measure(lambda task: deciding_agent, tasks, 2) == Account(0.0, 2.0, 0.0, 1.0)

    def test_tasks_are_as_they_are_called(self):
        for kind in KINDS:
            for task in make_tasks(20, kind, generator(1)):
                assert len(set(task.places)) == (3 if kind == "three" else 2)
                assert len(task.moved) == (kind == "moved")
                for place, where in task.moved.items():
                    assert place in task.places
                    assert where not in task.places
                    assert place not in task.stock

    def test_errors(self):
        with pytest.raises(ValueError, match="no 'odd' tasks"):
            make_tasks(1, "odd", generator())
        with pytest.raises(ValueError, match="without tasks"):
            measure(lambda task: deciding_agent, [], 3)


class TestFallible:
    def test_never_and_always(self):
        tasks = make_tasks(30, "plain", generator())
        for rate, success in ((0.0, 1.0), (1.0, 0.0)):
            spoiled = Fallible(deciding_agent, rate, generator(2))
            assert measure(lambda task, spoiled=spoiled: spoiled, tasks, 9).success == success

    def test_errors_multiply(self):
        # Two decisions of four end the task if they are spoiled: adding and answering. A spoiled
        # count costs a call, or happens upon a place that is asked for later.
        tasks = make_tasks(400, "plain", generator(3))
        spoiled = Fallible(deciding_agent, 0.2, generator(4))
        found = measure(lambda task: spoiled, tasks, 9)
        assert found.success == pytest.approx(0.8**2, abs=0.08)
        assert found.n_calls > 3

    def test_a_spoiled_count_asks_for_another_place(self):
        decision = Fallible(deciding_agent, 1.0, generator())(PLAIN.text, (), 3)
        assert decision.call.arguments["item"] == "drum"
        assert decision.call.arguments["place"] in PLACES
        assert isinstance(decision.call, Call)
