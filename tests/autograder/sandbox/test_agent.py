import signal
import threading
import time

import pytest
import torch

from autograder.sandbox.agent import CLOCKS, Agent
from autograder.sandbox.wire import Made, Opaque, decode, encode


def ask(function, *args, cotangent=None, not_allowed=(), limit_s=5.0, **kwargs):
    """Ask an agent whose namespace holds one function."""
    request = {
        "function": "answer",
        "args": args,
        "kwargs": kwargs,
        "cotangent": cotangent,
        "not_allowed": not_allowed,
        "time_limit_s": limit_s,
    }
    return decode(Agent({"answer": function}).answer(encode(request)))


class TestValues:
    def test_a_result_comes_back_with_nothing_changed(self):
        answer = ask(lambda x, power: x**power, torch.tensor([2.0, 3.0]), power=2)
        assert answer["outcome"] == "value"
        assert torch.equal(answer["value"], torch.tensor([4.0, 9.0]))
        assert answer["changed_arguments"] == []
        assert answer["gradients"] is None

    def test_a_result_that_does_not_cross_is_named(self):
        assert ask(torch.nn.Parameter, torch.ones(1))["value"] == Opaque("Parameter")

    def test_a_result_too_large_is_an_error_of_the_function(self):
        answer = ask(lambda: torch.zeros(1).expand(10**12))
        assert (answer["outcome"], answer["error"]) == ("raised", "WireError")

    def test_output_and_warnings_go_nowhere(self, capsys, recwarn):
        def noisy():
            import sys
            import warnings

            print("out")
            print("err", file=sys.stderr)
            warnings.warn("warned", stacklevel=1)
            return 1

        assert ask(noisy)["value"] == 1
        assert capsys.readouterr() == ("", "")
        assert not list(recwarn)

    def test_a_request_does_not_see_the_change_of_the_one_before(self):
        agent = Agent({"answer": lambda x: x.add_(1)})
        request = encode({"function": "answer", "args": (torch.zeros(1),), "kwargs": {}})
        assert decode(agent.answer(request))["value"] == decode(agent.answer(request))["value"]


class Counter:
    """Counts up to a limit; a class of a learner's."""

    def __init__(self, limit, start=0):
        if limit < start:
            raise ValueError("nothing to count")
        self.limit, self.total = limit, start

    def add(self, number, times=1):
        if self.total + number * times > self.limit:
            raise MemoryError("full")
        self.total += number * times
        return self.total

    def __call__(self, x):
        return x * self.total

    @property
    def left(self):
        return self.limit - self.total


def ask_counter(*steps, limit=10, **options):
    request = {"function": "Counter", "args": (limit,), "kwargs": {}, "steps": list(steps)}
    return decode(Agent({"Counter": Counter}).answer(encode(request | options)))


class TestInstances:
    def test_steps_are_taken_one_after_the_other_and_the_last_is_answered(self):
        steps = [("add", (3,), {}), ("add", (2,), {"times": 2})]
        assert ask_counter(*steps)["value"] == 7
        assert ask_counter(*steps, ("left", None, {}))["value"] == 3

    def test_every_request_begins_anew(self):
        step = ("add", (3,), {})
        assert [ask_counter(step)["value"] for _ in range(2)] == [3, 3]

    def test_an_earlier_step_that_raises_is_passed_over(self):
        too_much = ("add", (30,), {})
        assert ask_counter(too_much, ("add", (1,), {}))["value"] == 1
        answer = ask_counter(("add", (1,), {}), too_much)
        assert (answer["error"], answer["message"]) == ("MemoryError", "full")

    def test_a_constructor_that_raises_is_the_outcome(self):
        assert ask_counter(("left", None, {}), limit=-1)["error"] == "ValueError"

    def test_a_call_that_is_not_allowed_is_refused_in_any_step(self):
        class Halver:
            def halve(self, x):
                return torch.div(x, 2)

            def pass_on(self, x):
                return x

        steps = [("halve", (torch.ones(1),), {}), ("pass_on", (1,), {})]
        request = {"function": "Halver", "args": (), "kwargs": {}, "steps": steps}
        agent = Agent({"Halver": Halver})
        assert decode(agent.answer(encode(request)))["value"] == 1
        answer = decode(agent.answer(encode(request | {"not_allowed": ("torch.div",)})))
        assert answer["outcome"] == "refused"

    def test_a_gradient_reaches_the_arguments_of_the_last_step(self):
        x = torch.ones(2, requires_grad=True)
        answer = ask_counter(
            ("add", (3,), {}), ("__call__", (x,), {}), cotangent=torch.tensor([1.0, 2.0])
        )
        assert torch.equal(answer["gradients"][0], torch.tensor([3.0, 6.0]))


def test_global_random_numbers_begin_anew_at_each_call_and_ours_go_on():
    state = torch.get_rng_state()
    drawn = [ask(lambda: (torch.rand(2), torch.rand(2)))["value"] for _ in range(2)]
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert not torch.equal(*drawn[0])
    assert torch.equal(torch.get_rng_state(), state)


class TestMadeArguments:
    def test_a_generator_is_made_for_each_request(self):
        made = Made("generator", {"seed": 5})
        drawn = [ask(lambda g: torch.rand(2, generator=g), made)["value"] for _ in range(2)]
        assert torch.equal(*drawn)
        assert torch.equal(drawn[0], torch.rand(2, generator=torch.Generator().manual_seed(5)))

    def test_a_generator_may_be_used_up(self):
        answer = ask(lambda g: float(torch.rand(1, generator=g)), Made("generator", {"seed": 5}))
        assert answer["changed_arguments"] == []

    def test_what_is_done_to_a_model_is_told(self):
        made = Made("course_lib.layers.LayerNorm", {"d_model": 3})

        def forward(model):
            return model(torch.ones(3))

        def hooked(model):
            model.register_forward_hook(lambda *_: None)

        assert ask(forward, made)["changed_arguments"] == []
        assert ask(lambda model: model.eval() and None, made)["changed_arguments"] == ["0"]
        assert ask(hooked, made)["changed_arguments"] == ["0"]

    def test_a_recipe_that_cannot_be_made_is_an_error(self):
        assert ask(print, Made("os.system"))["error"] == "ValueError"


class TestChangedArguments:
    def test_tensors_lists_and_keywords_are_named(self):
        def change(x, ids, *, mask):
            x[0] = 5
            ids.append(3)
            mask.logical_not_()

        answer = ask(change, torch.ones(2), [1], mask=torch.ones(2, dtype=torch.bool))
        assert answer["changed_arguments"] == ["0", "1", "mask"]

    def test_they_are_named_after_an_exception_too(self):
        def change(x):
            x.clear()
            raise ValueError

        assert ask(change, [1])["changed_arguments"] == ["0"]


class TestExceptions:
    def test_the_kinds_are_the_built_in_ones(self):
        class TooLargeError(ValueError):
            pass

        def fail():
            raise TooLargeError("x" * 10_000)

        answer = ask(fail)
        assert (answer["outcome"], answer["error"]) == ("raised", "TooLargeError")
        assert answer["kinds"] == ["ValueError", "Exception", "BaseException", "object"]
        assert len(answer["message"]) == 500

    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
    def test_none_ends_the_process(self, kind):
        def leave():
            raise kind

        assert ask(leave)["error"] == kind.__name__

    def test_a_message_that_cannot_be_made_is_empty(self):
        class SilentError(Exception):
            def __str__(self):
                raise RuntimeError

        def fail():
            raise SilentError

        assert ask(fail)["message"] == ""

    def test_a_missing_function_is_named(self):
        request = encode({"function": "softmax", "args": (), "kwargs": {}})
        answer = decode(Agent({}).answer(request))
        assert answer["error"] == "NameError"
        assert answer["message"] == "the notebook defines no 'softmax'"


class TestTimeLimit:
    def test_an_endless_loop_is_given_up(self):
        def loop():
            while True:
                pass

        began = time.perf_counter()
        answer = ask(loop, limit_s=0.2)
        assert answer["outcome"] == "timeout"
        assert answer["message"] == "no answer after 0.2 s"
        assert time.perf_counter() - began < 5

    def test_swallowing_the_alarm_gains_nothing(self):
        def swallow():
            try:
                while True:
                    pass
            except BaseException:
                return 42

        assert ask(swallow, limit_s=0.2)["outcome"] == "timeout"

    def test_a_quick_answer_leaves_no_alarm_behind(self):
        handlers = [signal.getsignal(number) for number, _, _ in CLOCKS]
        assert ask(lambda: 1, limit_s=0.2)["value"] == 1
        assert [signal.getitimer(timer) for _, timer, _ in CLOCKS] == [(0.0, 0.0)] * 2
        assert [signal.getsignal(number) for number, _, _ in CLOCKS] == handlers

    def test_waiting_is_given_up_too_but_has_more_time(self):
        assert ask(lambda: time.sleep(60), limit_s=0.1)["outcome"] == "timeout"
        assert ask(lambda: time.sleep(0.15), limit_s=0.1)["outcome"] == "value"

    def test_an_alarm_that_was_set_before_still_comes(self):
        came = []
        before = signal.signal(signal.SIGALRM, lambda *_: came.append(True))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            assert ask(lambda: 1, limit_s=5.0)["value"] == 1
            time.sleep(0.3)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert came

    def test_outside_the_main_thread_a_call_is_answered_without_a_limit(self):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(ask(lambda: 1)))
        thread.start()
        thread.join()
        assert answers[0]["value"] == 1


class TestNotAllowed:
    def test_a_call_by_any_alias_is_refused(self):
        alias = torch.softmax
        answer = ask(lambda x: alias(x, 0), torch.ones(2), not_allowed=("torch.softmax",))
        assert answer["outcome"] == "refused"
        assert answer["message"].startswith("torch.softmax is not allowed in this exercise")


class TestGradients:
    def test_the_cotangent_is_multiplied_with_the_jacobian(self):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = torch.tensor([3.0, 4.0], requires_grad=True)
        answer = ask(lambda a, b, n: a * b * n, x, y, 2, cotangent=torch.tensor([1.0, 10.0]))
        to_x, to_y = answer["gradients"]
        assert torch.equal(to_x, torch.tensor([6.0, 80.0]))
        assert torch.equal(to_y, torch.tensor([2.0, 40.0]))

    def test_a_tuple_takes_a_tuple(self):
        x = torch.tensor(3.0, requires_grad=True)
        cotangent = (torch.tensor(1.0), torch.tensor(10.0))
        answer = ask(lambda a: (a, a * a), x, cotangent=cotangent)
        assert answer["gradients"] == [torch.tensor(61.0)]

    @pytest.mark.parametrize(
        "cut",
        [lambda x, y: x.detach(), lambda x, y: 3, lambda x, y: x.tolist(), lambda x, y: x[:1]],
        ids=["detached", "number", "list", "other shape"],
    )
    def test_none_comes_back_where_no_gradient_flows(self, cut):
        x = torch.ones(2, requires_grad=True)
        answer = ask(cut, x, torch.ones(2, requires_grad=True), cotangent=torch.ones(2))
        assert answer["gradients"] == [None, None]

    def test_an_argument_that_is_not_used_gets_none(self):
        x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        answer = ask(lambda a, b: 2 * a, x, y, cotangent=torch.ones(2))
        assert answer["gradients"][1] is None
        assert torch.equal(answer["gradients"][0], torch.full((2,), 2.0))


def test_a_call_may_take_so_much_memory_and_the_next_one_as_it_likes():
    agent = Agent({"answer": lambda n: len(bytearray(n))})

    def take(n_mib, limit_mib):
        request = {"function": "answer", "args": (n_mib << 20,), "kwargs": {}}
        return decode(agent.answer(encode({**request, "memory_limit_mib": limit_mib})))

    refused = take(400, 200)
    assert (refused["outcome"], refused["error"]) == ("raised", "MemoryError")
    assert refused["message"] == "it asked for more than 200 MiB at one time"
    assert take(400, None)["outcome"] == "value"
    assert take(50, 200)["value"] == 50 << 20
