import pytest

from course_lib.agents.calls import Call, Result
from course_lib.agents.confirmation import all_of, allow_after, allow_only, ask_before, keep_to
from course_lib.agents.loop import Act, Guard, LoopStep

READ, SEND = Call("read", {"page": "a"}), Call("send", {"to": "anna", "word": "x"})


def after(*calls, refused=()):
    steps = [LoopStep(Act(call), Result("")) for call in calls]
    return (*steps, *(LoopStep(Act(call), Result("", True), is_refused=True) for call in refused))


def test_a_list_of_tools():
    guard = allow_only({"read"})
    assert guard("t", (), READ) is None
    assert guard("t", (), SEND) == "send is not allowed for this task"
    assert isinstance(guard, Guard)


def test_foreign_text_closes_doors():
    guard = allow_after({"read"}, {"read"})
    assert guard("t", (), SEND) is None
    assert guard("t", after(SEND), SEND) is None
    assert guard("t", after(READ), SEND) == "send is not allowed once foreign text has been read"
    assert guard("t", after(READ), READ) is None
    assert guard("t", after(refused=[READ]), SEND) is None  # it has seen nothing


PLANNED = keep_to({"read": {}, "send": {"to": "anna"}})


class TestPlan:
    @pytest.mark.parametrize(
        ("call", "reason"),
        [
            (READ, None),
            (SEND, None),  # the word is left open
            (Call("send", {"to": "mallory", "word": "x"}), "the plan calls send with to = 'anna'"),
            (Call("send", {"word": "x"}), "the plan calls send with to = 'anna'"),
            (Call("delete"), "delete is not in the plan"),
        ],
    )
    def test_only_what_is_planned(self, call, reason):
        assert PLANNED("t", (), call) == reason

    def test_and_only_once(self):
        assert PLANNED("t", after(SEND), SEND) == "send has been called already"
        assert PLANNED("t", after(refused=[SEND]), SEND) is None


def test_a_person_is_asked_about_what_cannot_be_undone():
    asked = []

    def approve(task, call):
        asked.append((task, call))
        return call.arguments["word"] == "x"

    guard = ask_before({"send"}, approve)
    assert guard("t", (), READ) is None
    assert guard("t", (), SEND) is None
    other = Call("send", {"word": "y"})
    assert guard("t", (), other) == "send was not approved"
    assert asked == [("t", SEND), ("t", other)]


def test_all_have_to_agree_and_the_first_objection_is_told():
    guard = all_of(allow_only({"read", "send"}), ask_before({"send"}, lambda task, call: False))
    assert guard("t", (), READ) is None
    assert guard("t", (), SEND) == "send was not approved"
    assert guard("t", (), Call("x")) == "x is not allowed for this task"
    assert all_of()("t", (), SEND) is None
