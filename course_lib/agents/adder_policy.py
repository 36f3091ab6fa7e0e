"""The trained adder as a policy: it decides when to call, and what to do when a call fails.

The loop speaks of calls and results, the model of characters. Here one is written as the other.
"""

from dataclasses import dataclass

from course_lib.agents.calls import Call
from course_lib.agents.loop import Act, Finish, LoopStep
from course_lib.agents.sum_solver import Adder, solve
from course_lib.data.arithmetic import FAILED, Sum, read_answer

CANNOT_SAY = "I cannot say."


def add(x: int, y: int) -> int:
    """Add two whole numbers."""
    return x + y


@dataclass(frozen=True)
class AdderPolicy:
    """Lets a model that was trained to call a calculator take the decisions.

    The task is a sum such as `34+58`, and the tool is `add`.

    Attributes:
        model: The model.
    """

    model: Adder

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Let the model write until it calls again or comes to an end.

        Raises:
            ValueError: The task is no sum.
        """
        x, plus, y = task.partition("+")
        if not (plus and x.isdecimal() and y.isdecimal()):
            raise ValueError(f"the task of an adder is a sum such as 34+58, not {task!r}")
        told = [FAILED if step.result.is_error else step.result.text for step in steps]
        calls: list[str] = []

        def tool(expression: str) -> str:
            calls.append(expression)
            # Behind what is known the model goes on as if the tool had failed; nobody reads that.
            return told[len(calls) - 1] if len(calls) <= len(told) else FAILED

        [text] = solve(self.model, [Sum(int(x), int(y))], tool)
        if len(calls) > len(told):
            return _call(calls[len(told)])
        answer = read_answer(text)
        return Finish(CANNOT_SAY if answer is None else str(answer))


def _call(expression: str) -> Act:
    x, _, y = expression.partition("+")
    if x.isdecimal() and y.isdecimal():
        return Act(Call("add", {"x": int(x), "y": int(y)}), f"[{expression}]")
    return Act(Call("add"), fault=f"{expression!r} is no sum")
