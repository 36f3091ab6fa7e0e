import numpy as np
import pytest
import torch

from autograder.judge.calls import Call, Outcome
from autograder.judge.parts import place_of, told_of_part
from autograder.sandbox.wire import Record

STATES = [torch.ones(2), torch.zeros(3)]
LOSS = float("2.5")
ROW = np.ones(3)


def call_of(value):
    return Call("step", (), {}, None, Outcome("value", value=value))


@pytest.fixture
def calls():
    kept = {"a": (ROW, 1.5), 3: STATES[1]}
    return [call_of((LOSS, STATES[0])), call_of(Record("Step", {"kept": kept, "n": 3}))]


class TestPlaceOf:
    @pytest.mark.parametrize(
        ("value", "number", "where"),
        [
            (LOSS, 0, "result[0]"),
            (STATES[0], 0, "result[1]"),
            (ROW, 1, "result.kept['a'][0]"),
            (STATES[1], 1, "result.kept[3]"),
        ],
        ids=["float", "tensor", "array", "by key"],
    )
    def test_a_part_is_named_as_python_is_asked_for_it(self, calls, value, number, where):
        assert place_of(value, calls) == (calls[number], where)

    def test_the_whole_is_the_result(self, calls):
        assert place_of(calls[1].outcome.value, calls) == (calls[1], "the result")

    def test_a_tensor_without_its_gradient_is_still_it(self):
        learned = torch.ones(2, 3, requires_grad=True)
        calls = [call_of((torch.ones(2, 3), learned))]
        assert place_of(learned.detach().cpu(), calls) == (calls[0], "result[1]")
        assert place_of(learned.detach()[0], calls) is None
        assert place_of(learned.detach().mT, calls) is None

    def test_what_only_looks_alike_has_no_place(self, calls):
        assert place_of(torch.ones(2), calls) is None
        assert place_of(LOSS + 1e-9, calls) is None

    def test_what_stands_in_two_places_has_none(self):
        assert place_of(LOSS, [call_of((LOSS, LOSS))]) is None
        assert place_of(LOSS, [call_of((LOSS,)), call_of((LOSS,))]) is None

    @pytest.mark.parametrize("value", [1, True, None, "a", b"a"])
    def test_what_may_be_one_object_for_all_has_none(self, value):
        assert place_of(value, [call_of((value, 2.0))]) is None

    def test_empty_tensors_share_no_place(self):
        assert place_of(torch.empty(0), [call_of((torch.empty(0), 1.0))]) is None

    def test_parts_of_parts_are_looked_at_and_no_further(self):
        deep = [call_of([[[[LOSS]]]])]
        assert place_of(LOSS, deep) is None
        assert place_of(deep[0].outcome.value[0][0][0], deep) == (deep[0], "result[0][0][0]")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("the result is 2, expected 1", "result[0] is 2, expected 1"),
        ("result[1] at [2] is 2, expected 1", "result[0][1] at [2] is 2, expected 1"),
        ("result.share is 2, expected 1", "result[0].share is 2, expected 1"),
        ("results differ", "results differ"),
        ("the gradient is 2, expected 1", "the gradient is 2, expected 1"),
    ],
)
def test_a_part_is_told_of_by_its_name(reason, told):
    assert told_of_part(reason, "result[0]") == told
    assert told_of_part(reason, "the result") == reason
