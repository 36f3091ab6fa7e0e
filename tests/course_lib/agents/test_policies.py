import pytest

from course_lib.agents.calls import Call, Result
from course_lib.agents.loop import Act, Finish, LoopStep, run_loop
from course_lib.agents.policies import Scripted, TextPolicy, Workflow, transcript
from course_lib.agents.tools import toolbox

LEFT = {"n": 1}


def look(page: str) -> str:
    """Look a page up."""
    return page.upper()


def shaky(text: str) -> str:
    """Work now and then."""
    if LEFT["n"] > 0:
        LEFT["n"] -= 1
        raise RuntimeError("again")
    return text


TOOLS = toolbox(look, shaky)


def test_a_script_does_not_listen():
    policy = Scripted([Act(Call("look", {"page": "a"})), Finish("b")])
    assert run_loop(policy, TOOLS, "t", n_calls=5).answer == "b"
    with pytest.raises(ValueError, match="ends after 2"):
        policy("t", (LoopStep(policy.decisions[0], Result("")),) * 2, 1)


class TestWorkflow:
    def flow(self, n_tries):
        return Workflow(
            stages=(
                lambda task, results: Call("look", {"page": task}),
                lambda task, results: Call("shaky", {"text": results[0] + "!"}),
            ),
            answer=lambda task, results: " ".join([task, *results]),
            n_tries=n_tries,
        )

    def test_each_stage_is_made_of_those_before(self):
        LEFT["n"] = 0
        trace = run_loop(self.flow(1), TOOLS, "ab", n_calls=5)
        assert trace.answer == "ab AB AB!"

    def test_a_stage_that_fails_is_made_again(self):
        LEFT["n"] = 1
        trace = run_loop(self.flow(2), TOOLS, "ab", n_calls=5)
        assert (trace.answer, trace.n_errors) == ("ab AB AB!", 1)

    def test_it_gives_up(self):
        LEFT["n"] = 3
        trace = run_loop(self.flow(2), TOOLS, "ab", n_calls=5)
        assert (trace.answer, trace.thought) == ("", "stage 2 failed 2 times")


class TestText:
    def decide(self, written):
        return TextPolicy(lambda prompt: written, TOOLS, transcript)("t", (), 1)

    def test_a_call_behind_a_thought(self):
        call = Call("look", {"page": "a"})
        assert self.decide('I need it.\ncall look {"page": "a"}') == Act(call, "I need it.")

    def test_an_answer(self):
        assert self.decide("So.\nanswer: 4\n5") == Finish("4\n5", "So.")

    def test_what_comes_first_counts(self):
        call = Call("look", {"page": "a"})
        assert self.decide('call look {"page": "a"}\nanswer: 4') == Act(call)
        assert self.decide('answer: 4\ncall look {"page": "a"}').answer.startswith("4")

    def test_text_without_either_is_the_answer(self):
        assert self.decide(" just this ") == Finish("just this")

    def test_a_call_that_cannot_be_read_comes_back_as_a_sentence(self):
        texts = iter(["call look {}", "answer: sorry"])
        policy = TextPolicy(lambda prompt: next(texts), TOOLS, transcript)
        trace = run_loop(policy, TOOLS, "t", n_calls=3)
        assert trace.steps[0].act.call.name == "look"
        assert "page is missing" in trace.steps[0].result.text
        assert (trace.ran, trace.answer) == ((), "sorry")

    def test_the_model_is_told_all(self):
        step = LoopStep(Act(Call("look", {"page": "a"})), Result("A"))
        failed = LoopStep(Act(Call("shaky", {"text": "a"})), Result("again", is_error=True))
        text = transcript("the task", (step, failed), TOOLS)
        assert "- look: Look a page up. {'type': 'object'" in text
        assert text.endswith(
            'task: the task\ncall look {"page": "a"}\nresult: A\n'
            'call shaky {"text": "a"}\nerror: again\n'
        )
