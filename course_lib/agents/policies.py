"""Policies: scripts written beforehand, and language models that write their decisions as text.

A scripted policy does not think. It stands for a decision that somebody took when they wrote the
program: a fixed workflow is one, and so is a gullible reader who does what it reads.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course_lib.agents.calls import Call, Result, read_call
from course_lib.agents.loop import Act, Finish, LoopStep
from course_lib.agents.tools import Tool

Write = Callable[[str], str]
"""A language model as text in, text out."""


@dataclass(frozen=True)
class Scripted:
    """Takes its decisions from a list, whatever happens.

    Attributes:
        decisions: One for each step.
    """

    decisions: Sequence[Act | Finish]

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Take the next decision.

        Raises:
            ValueError: The list has come to its end.
        """
        if len(steps) >= len(self.decisions):
            raise ValueError(f"the script ends after {len(self.decisions)} decisions, for {task!r}")
        return self.decisions[len(steps)]


@dataclass(frozen=True)
class Workflow:
    """Makes fixed calls, each from the task and the results so far, and then answers.

    Attributes:
        stages: Each makes a call of the task and the texts of the results before it.
        answer: Makes the answer of the task and all results.
        n_tries: How often a call is made when it fails, before the workflow gives up.
    """

    stages: Sequence[Callable[[str, list[str]], Call]]
    answer: Callable[[str, list[str]], str]
    n_tries: int = 1

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Make the call of the next stage, or the last one again."""
        done = [step.result.text for step in steps if not step.result.is_error]
        n_failed = 0
        for step in reversed(steps):
            if not step.result.is_error:
                break
            n_failed += 1
        if n_failed >= self.n_tries:
            return Finish("", f"stage {len(done) + 1} failed {n_failed} times")
        if len(done) == len(self.stages):
            return Finish(self.answer(task, done))
        return Act(self.stages[len(done)](task, done), f"stage {len(done) + 1}")


@dataclass(frozen=True)
class TextPolicy:
    """A language model that writes `call NAME {…}` or `answer: …`, behind a thought if it likes.

    Thoughts and calls in turn are from Yao et al. 2023 (arXiv:2210.03629).

    Attributes:
        write: The model: goes on from a text.
        tools: What it is told of.
        prompt: Writes the task, the steps and the tools as the text to go on from.
    """

    write: Write
    tools: Mapping[str, Tool]
    prompt: Callable[[str, tuple[LoopStep, ...], Mapping[str, Tool]], str]

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Let the model write, and read its decision.

        A call that cannot be read is passed on with what is wrong with it, so that the model is
        told and may try again.
        """
        written = self.write(self.prompt(task, steps, self.tools))
        answer = re.search(r"^[ \t]*answer:[ \t]*(.*)", written, re.MULTILINE | re.DOTALL)
        call_at = re.search(r"^[ \t]*call[ \t]+(\w+)", written, re.MULTILINE)
        if answer and not (call_at and call_at.start() < answer.start()):
            return Finish(answer[1].strip(), written[: answer.start()].strip())
        if call_at is None:
            return Finish(written.strip())
        thought = written[: call_at.start()].strip()
        found = read_call(written, self.tools)
        if isinstance(found, Result):
            return Act(Call(call_at[1]), thought, fault=found.text)
        return Act(found, thought)


def transcript(task: str, steps: tuple[LoopStep, ...], tools: Mapping[str, Tool]) -> str:
    """Write a task, the tools and what happened so far for a language model to go on from."""
    lines = ["You may call these tools, one at a time, with a line `call NAME {arguments}`:"]
    lines += [f"- {tool.name}: {tool.description} {tool.parameters}" for tool in tools.values()]
    lines += ["When you know the answer, write `answer: ` and the answer.", f"task: {task}"]
    for step in steps:
        lines += [str(step.act.call)]
        lines += [f"{'error' if step.result.is_error else 'result'}: {step.result.text}"]
    return "\n".join([*lines, ""])
