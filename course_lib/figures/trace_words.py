"""What the figure of an agent's trace says; `trace/words.js` says the same in the page."""

from course_lib.figures.formats import counted
from course_lib.figures.trace_moments import Moment

OUTCOMES = {"result": "The result", "error": "It failed", "refused": "It was refused"}


def trace_in_words(moment: Moment, task: str, wanted: str) -> str:
    """Say what the policy saw at a moment, what it did, what came of it, and what is left.

    Args:
        moment: The moment.
        task: What is asked for.
        wanted: What is right, in a few words.
    """
    left = f"Left of {counted(moment.n_calls, 'call')}: {moment.n_left}."
    if not moment.at:
        return f"Nothing has happened yet. The task is “{task}”. {left}"
    if moment.is_end:
        return f"The end: the policy saw {sight(moment)} and {_ending(moment, wanted)} {left}"
    step = moment.run["steps"][moment.at - 1]
    wrote = f", wrote “{step['thought']}”" if step["thought"] else ""
    return (
        f"Step {moment.at}: the policy saw {sight(moment)}{wrote} and called {step['call']}. "
        f"{OUTCOMES[step['kind']]}: “{step['text']}”. {left}"
    )


def sight(moment: Moment) -> str:
    """Say what the policy saw when it decided."""
    before, seen = moment.n_before, moment.n_seen
    if not before:
        return "the task"
    if seen == before:
        return f"the task and {counted(seen, 'step')}"
    return f"the task and the last {seen} of {counted(before, 'step')}"


def _ending(moment: Moment, wanted: str) -> str:
    if moment.has_answer:
        said = f"answered “{moment.run['answer']}”."
    else:
        said = "wanted another call. None is left, so there is no answer."
    done = "The task is done." if moment.run["is_done"] else f"The task is not done: {wanted}."
    return f"{said} {done}"
