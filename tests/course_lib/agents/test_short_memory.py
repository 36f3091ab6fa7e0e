import pytest

from course_lib.agents.calls import Call, Result
from course_lib.agents.loop import Act, Finish, LoopStep
from course_lib.agents.short_memory import ShortMemory

STEPS = tuple(LoopStep(Act(Call("note", {"n": n})), Result(str(n))) for n in range(5))


def telling(task, steps, n_left):
    """Answer with all that it sees."""
    return Finish(f"{task}, {[step.result.text for step in steps]}, {n_left} left")


@pytest.mark.parametrize(
    ("n_steps", "seen"),
    [
        (0, "[]"),
        (1, "['4']"),
        (3, "['2', '3', '4']"),
        (5, "['0', '1', '2', '3', '4']"),
        (9, "['0', '1', '2', '3', '4']"),
    ],
)
def test_the_policy_sees_the_last_steps_in_their_order(n_steps, seen):
    decision = ShortMemory(telling, n_steps)("count", STEPS, 7)
    assert decision == Finish(f"count, {seen}, 7 left")


def test_before_the_first_step_there_is_nothing_to_forget():
    assert ShortMemory(telling, 2)("count", (), 3) == Finish("count, [], 3 left")


def test_a_negative_memory_is_refused():
    with pytest.raises(ValueError, match="not negative, unlike -1"):
        ShortMemory(telling, -1)
