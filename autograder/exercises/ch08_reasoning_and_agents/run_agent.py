"""Answers to the exercise about the loop of an agent: mistakes, and other right ways."""

# One answer puts into the trace what does not belong there.
# pyright: reportArgumentType=false

from collections.abc import Callable

from autograder.exercises.ch08_reasoning_and_agents.run_agent_checks import exercise
from course_lib.agents.by_hand import Answer, Step, ToolCall, ToolError, Trace

__all__ = ["exercise"]


@exercise.misconception(
    "The error of a tool leaves the function, and with it the whole work. Catch it: a ToolError "
    "is a result like others, and the policy decides what to do about it."
)
def a_tool_error_ends_it(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Let the error through."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        if decision.name not in tools:
            result = ToolError("there is no such tool")
        else:
            result = tools[decision.name](**decision.arguments)
        steps.append(Step(decision, result))


@exercise.misconception(
    "After the first error you stop. The policy is there to decide: hand it the error, and ask "
    "it again."
)
def gives_up_after_an_error(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Stop at the first error."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))
        if isinstance(result, ToolError):
            return Trace(steps, None, "budget spent")


@exercise.misconception(
    "Failed calls are not counted. A policy that makes the same mistake again and again then "
    "never comes to an end: every call counts."
)
def failed_calls_free(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Count what worked."""
    steps, n_paid = [], 0
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if n_paid == budget or len(steps) == 50:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))
        n_paid += not isinstance(result, ToolError)


@exercise.misconception(
    "When the budget is spent you take the last result for the answer. Nobody has said that it "
    "is one: the answer is None."
)
def last_result_for_the_answer(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Answer in the policy's place."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            answer = str(steps[-1].result) if steps else None
            return Trace(steps, answer, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "After the last call the policy is not asked any more. The last result may be just what it "
    "needed: ask it once more; only a further call is too much."
)
def no_last_word(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Count the questions."""
    steps = []
    for _ in range(budget):
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))
    return Trace(steps, None, "budget spent")


@exercise.misconception(
    "One call more than the budget allows is made. Ask whether a call is left *before* you make it."
)
def one_call_too_many(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Look at the budget too late."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) > budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "The policy is shown only the last step. It remembers nothing by itself: hand it all steps, "
    "every time."
)
def only_the_last_step_is_shown(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Show what is new."""
    steps = []
    while True:
        decision = policy(task, steps[-1:])
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget or len(steps) == 50:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "The policy is not told the task. It is its first argument, every time it is asked."
)
def task_forgotten(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Show the steps alone."""
    steps = []
    while True:
        decision = policy("", steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "A tool that does not exist ends it with KeyError. Models invent tools; put looking it up "
    "inside `try` too."
)
def unknown_tool_raises(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Look the tool up outside of `try`."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        tool = tools[decision.name]
        try:
            result = tool(**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "The trace holds the `Answer` itself. What is wanted is its text: `decision.text`."
)
def answer_not_unpacked(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Keep the decision."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "A call that failed is missing from the steps, so the policy does not know of it and makes "
    "it again. Note it with its ToolError."
)
def errors_kept_from_the_policy(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Note what worked."""
    steps, n_calls = [], 0
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if n_calls == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        n_calls += 1
        if not isinstance(result, ToolError):
            steps.append(Step(decision, result))


@exercise.misconception(
    "The tool gets one dictionary in place of its arguments. Unpack it: `tool(**arguments)`."
)
def arguments_not_unpacked(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Hand the dictionary over."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](decision.arguments)
        except Exception as error:
            result = ToolError(str(error) or "it failed")
        steps.append(Step(decision, result))


@exercise.misconception(
    "The result of a failed call is a text, which nobody can tell from a tool's own. Put it "
    "into a ToolError."
)
def errors_become_texts(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Write the error down as a text."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = str(error) or "it failed"
        steps.append(Step(decision, result))


@exercise.misconception(
    "The ToolError does not say what the tool said. Without its words the policy cannot know "
    "what to do otherwise: keep the text of the exception."
)
def errors_without_words(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Say only that it failed."""
    steps = []
    while True:
        decision = policy(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if len(steps) == budget:
            return Trace(steps, None, "budget spent")
        try:
            result = tools[decision.name](**decision.arguments)
        except Exception as error:
            result = ToolError(f"a {type(error).__name__}")
        steps.append(Step(decision, result))


@exercise.alternative
def with_a_counter(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Count what is left, and leave the loop for the end."""
    trace, left = [], budget
    decision = policy(task, trace)
    while isinstance(decision, ToolCall) and left > 0:
        left -= 1
        if decision.name in tools:
            try:
                outcome = tools[decision.name](**decision.arguments)
            except Exception as problem:
                outcome = ToolError(message=f"{type(problem).__name__}: {problem}")
        else:
            outcome = ToolError(message=f"there is no tool {decision.name!r}")
        trace = [*trace, Step(call=decision, result=outcome)]
        decision = policy(task, trace)
    if isinstance(decision, Answer):
        return Trace(steps=trace, answer=decision.text, stopped="answered")
    return Trace(steps=trace, answer=None, stopped="budget spent")


@exercise.alternative
def by_calling_itself(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Make one step, and leave the rest to the recursion."""

    def outcome_of(call: ToolCall) -> object:
        try:
            return tools[call.name](**call.arguments)
        except Exception as error:
            return ToolError(repr(error))

    def work(steps: tuple, n_left: int) -> Trace:
        match policy(task, list(steps)):
            case Answer(text):
                return Trace(list(steps), text, "answered")
            case _ if n_left <= 0:
                return Trace(list(steps), None, "budget spent")
            case call:
                return work((*steps, Step(call, outcome_of(call))), n_left - 1)

    return work((), budget)


@exercise.alternative
def with_for_and_else(policy: Callable, tools: dict, task: str, budget: int) -> Trace:
    """Ask once more than there are calls."""
    done: list = []
    answer, stopped = None, "budget spent"
    for n_spent in range(budget + 1):
        wanted = policy(task, done)
        if type(wanted) is Answer:
            answer, stopped = wanted.text, "answered"
            break
        if n_spent < budget:
            tool = tools.get(wanted.name)
            try:
                if tool is None:
                    raise LookupError(f"unknown tool {wanted.name}")
                given = tool(**dict(wanted.arguments))
            except Exception as error:
                given = ToolError(f"the call failed: {error}")
            done.append(Step(wanted, given))
    return Trace(done, answer, stopped)
