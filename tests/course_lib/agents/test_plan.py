import pytest

from course_lib.agents.calls import Call
from course_lib.agents.plan import Plan, PlanStep, check_plan, plan_sum
from course_lib.agents.tools import toolbox


def add(x: int, y: int) -> int:
    """Add."""
    return x + y


def step(name, *needs):
    return PlanStep(name, Call("add", {f"a{n}": f"${need}" for n, need in enumerate(needs)}))


def names(plan):
    return [[each.name for each in wave] for wave in plan.waves]


class TestPlan:
    def test_waves_by_hand(self):
        plan = Plan(
            (step("d", "b", "c"), step("b", "a"), step("a"), step("c", "a"), step("e")), "d"
        )
        assert names(plan) == [["a", "e"], ["b", "c"], ["d"]]

    def test_each_wave_needs_only_those_before(self):
        plan = plan_sum(list(range(1, 12)))
        done = set()
        for wave in plan.waves:
            assert all(done.issuperset(each.needs) for each in wave)
            done.update(each.name for each in wave)
        assert done == {each.name for each in plan.steps}

    def test_a_step_that_is_needed_twice_is_named_once(self):
        assert step("b", "a", "a").needs == ("a",)

    @pytest.mark.parametrize(
        ("steps", "goal", "match"),
        [
            ((step("a"), step("a")), "a", "two steps are called 'a'"),
            ((step("a", "x"),), "a", "the step 'a' uses 'x'; there are: a"),
            ((step("a"),), "x", "the goal is 'x'"),
            ((), "x", "the goal is 'x'"),
            ((step("a", "a"),), "a", "a → a"),
            ((step("a", "b"), step("b", "c"), step("c", "b")), "a", "b → c → b"),
            ((step("z"), step("a", "z", "b"), step("b", "a")), "z", "a → b → a"),
        ],
    )
    def test_plans_that_cannot_be_carried_out(self, steps, goal, match):
        with pytest.raises(ValueError, match=match):
            Plan(steps, goal)


class TestCheck:
    def check(self, *steps):
        return check_plan(Plan(steps, steps[-1].name), toolbox(add))

    def test_what_fits(self):
        first = PlanStep("a", Call("add", {"x": 1, "y": 2}))
        assert self.check(first, PlanStep("b", Call("add", {"x": "$a", "y": 3}))) == []

    def test_what_does_not(self):
        steps = (
            PlanStep("a", Call("add", {"x": "1"})),
            PlanStep("b", Call("shout")),
            PlanStep("c", Call("add", {"x": "$a", "y": 1, "z": "$b"})),
        )
        assert self.check(*steps) == [
            "a: x must be an integer, not '1'",
            "a: y is missing from the arguments",
            "b: there is no tool shout",
            "c: the arguments have no 'z'; there are: x, y",
        ]


class TestSums:
    @pytest.mark.parametrize(
        ("numbers", "waves"),
        [([1, 2], 1), ([1, 2, 3], 2), ([1] * 4, 2), ([1] * 5, 3), ([1] * 9, 4)],
    )
    def test_as_few_waves_as_there_can_be(self, numbers, waves):
        plan = plan_sum(numbers)
        assert len(plan.steps) == len(numbers) - 1
        assert len(plan.waves) == waves

    def test_a_sum_needs_two_numbers(self):
        with pytest.raises(ValueError, match=r"got \[1\]"):
            plan_sum([1])
