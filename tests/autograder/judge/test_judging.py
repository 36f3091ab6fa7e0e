import pytest
import torch

from autograder.exercises.base import Exercise
from autograder.exercises.expect import expect_true
from autograder.judge import judge_exercise

from .toys import make_exercise, send_to

EXERCISE = make_exercise()


def judge(function, seed=1, **options):
    return judge_exercise(EXERCISE, send_to(function), seed, **options)


class TestPoints:
    def test_a_right_answer_gets_all(self):
        verdict = judge(lambda x: x * 0.5)
        assert (verdict.points, verdict.max_points) == (6.0, 6.0)
        assert type(verdict.points) is float
        assert all(item.passed and not item.message for item in verdict.items)

    def test_items_are_counted_one_by_one(self):
        verdict = judge(lambda x: x.detach() * 0.5)
        assert verdict.points == 5.0
        assert [item.passed for item in verdict.items] == [True, True, False]

    def test_a_stub_gets_nothing(self):
        def stub(x):
            raise NotImplementedError

        verdict = judge(stub)
        assert verdict.points == 0.0
        assert "halve raised NotImplementedError" in verdict.items[0].message
        assert verdict.misconceptions == ()

    def test_an_endless_loop_costs_its_items_only(self):
        def loop(x):
            while x.numel() == 0:
                pass
            return x * 0.5

        verdict = judge(loop)
        assert [item.passed for item in verdict.items] == [True, False, True]
        assert "in time" in verdict.items[1].message
        assert verdict.items[1].example is None

    def test_a_dead_process_costs_what_it_did_not_answer(self):
        answer, n_requests = send_to(lambda x: x * 0.5), 0

        def send(request):
            nonlocal n_requests
            n_requests += 1
            if n_requests == 2:
                raise EOFError("killed")
            return answer(request)

        verdict = judge_exercise(EXERCISE, send, 1)
        assert [item.passed for item in verdict.items] == [True, False, True]
        assert verdict.items[1].message == "the process that ran the code ended (killed)"

    def test_a_subclass_of_tensor_is_no_tensor(self):
        class Agreeable(torch.Tensor):
            def __eq__(self, other):
                return torch.tensor(True)

        verdict = judge(lambda x: (x * 0.5).as_subclass(Agreeable))
        assert verdict.points == 0.0
        assert verdict.items[0].message == "the result is an Agreeable, expected a tensor"

    def test_a_changed_argument_does_not_reach_the_judge(self):
        def cheat(x):
            with torch.no_grad():
                x.zero_()
            return torch.zeros_like(x)

        assert not judge(cheat).items[0].passed


class TestRepeatability:
    def test_the_same_seed_gives_the_same_verdict(self):
        assert judge(lambda x: x * 3).to_json() == judge(lambda x: x * 3).to_json()

    def test_another_seed_draws_other_inputs(self):
        first, second = judge(lambda x: x * 3, 1), judge(lambda x: x * 3, 2)
        assert first.items[0].example != second.items[0].example
        assert first.points == second.points


class TestFeedback:
    def test_the_example_is_small_and_not_the_graded_input(self):
        seen = []

        def wrong(x):
            seen.append(tuple(x.shape))
            return x * 3

        item = judge(wrong).items[0]
        assert item.example.call.startswith("halve([[")
        graded, shown = seen[0], seen[3]
        assert max(shown) <= 4
        assert min(graded) >= 3
        assert item.message.startswith("the result at [0, 0] is ")
        assert item.example.expected.startswith("[[")

    def test_what_fails_on_large_inputs_only_is_told_without_numbers_of_the_graded_one(self):
        exercise = Exercise(
            name="halve", points=1, exports=("halve",), hints=("", ""), time_limit_s=0.5
        )

        @exercise.item("large ones", points=1, sentence="Large ones too.")
        def _(learner, draw):
            got = learner.halve(1.0 if draw.small else 1000.0)
            expect_true(got < 600, "it is too large", got)

        item = judge_exercise(exercise, send_to(lambda x: x), 1).items[0]
        assert item.message == "it is too large"
        assert item.example is None


class TestNotAllowed:
    def test_a_call_in_the_cells_is_refused_before_anything_runs(self):
        source = "import torch\ndef halve(x): return torch.div(x, 2)"
        verdict = judge(lambda x: pytest.fail("it ran"), source=source)
        assert verdict.points == 0.0
        assert verdict.reason.startswith("torch.div is not allowed in this exercise")
        assert [item.message for item in verdict.items] == [verdict.reason] * 3

    def test_a_call_while_running_is_refused(self):
        verdict = judge(lambda x: getattr(torch, "d" + "iv")(x, 2))
        assert verdict.points == 0.0
        assert verdict.items[0].message.startswith("torch.div is not allowed")
