import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from autograder.compare import beside, describe, difference, kind_of
from autograder.sandbox.wire import Made, Opaque, Record


class TestDifference:
    @pytest.mark.parametrize(
        "value",
        [None, True, 3, 2.5, "a", b"a", [1, 2.0], (1, [2]), {"a": 1.0}, np.ones(3)],
        ids=repr,
    )
    def test_a_value_equals_itself(self, value):
        assert difference(value, value) is None

    def test_the_order_is_type_shape_dtype_values(self):
        want = torch.zeros(2, 3)
        assert difference([0.0], want) == "the result is a list, expected a tensor"
        assert difference(torch.ones(3, 2).int(), want) == (
            "the result has shape (3, 2), expected (2, 3)"
        )
        assert difference(torch.ones(2, 3).int(), want) == (
            "the result has dtype int32, expected float32"
        )
        assert difference(torch.ones(2, 3), want) == (
            "the result at [0, 0] is 1, expected 0; 6 of 6 numbers differ"
        )

    def test_a_wrong_entry_is_named(self):
        got = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
        want = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        assert difference(got, want) == (
            "the result at [1, 1] is 5, expected 4; 1 of 4 numbers differ"
        )

    def test_nan_equals_nothing(self):
        nan = torch.tensor([math.nan])
        assert difference(nan, nan) is not None
        assert difference(math.nan, math.nan) is not None

    def test_infinity_equals_itself(self):
        assert difference(torch.tensor([-math.inf]), torch.tensor([-math.inf])) is None

    @pytest.mark.parametrize(
        ("got", "want"),
        [
            (1, 1.0),
            (True, 1),
            (np.float64(1.0), 1.0),
            ((1, 2), [1, 2]),
            (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
            (Opaque("Parameter"), torch.ones(2)),
            (torch.ones(()), 1.0),
            (np.ones(2), torch.ones(2)),
        ],
        ids=repr,
    )
    def test_types_are_exact(self, got, want):
        assert difference(got, want) is not None

    def test_tolerances_follow_the_dtype(self):
        for dtype, small, large in ((torch.float32, 1e-6, 1e-3), (torch.float64, 1e-12, 1e-7)):
            want = torch.tensor([1.0, 2.0], dtype=dtype)
            assert difference(want + small, want) is None
            assert difference(want + large, want) is not None

    def test_tolerances_can_be_given(self):
        assert difference(torch.tensor(1.0), torch.tensor(1.1), atol=0.2) is None
        assert difference(1.0, 1.0 + 1e-9, rtol=0.0, atol=0.0) is not None

    def test_whole_numbers_are_judged_exactly(self):
        assert difference(torch.tensor([1_000_000]), torch.tensor([1_000_001])) is not None

    def test_parts_are_named(self):
        assert difference([1, [2, 4]], [1, [2, 3]]) == ("result[1][1] is 4, expected 3")
        assert difference([1], [1, 2]) == "the result has length 1, expected 2"
        assert difference(([1],), ([],)) == "result[0] has length 1, expected 0"
        assert difference((1, torch.ones(2)), (1, torch.zeros(2))) == (
            "result[1] at [0] is 1, expected 0; 2 of 2 numbers differ"
        )
        assert difference({"a": 1}, {"b": 1}) == "the result has the keys ['a'], expected ['b']"
        assert difference({"a": 1}, {"a": 2}) == "result['a'] is 1, expected 2"

    def test_a_missing_return_is_asked_about_only_where_nothing_came_back(self):
        asked = "the result is None (is a `return` missing?), expected a float"
        assert difference(None, 1.0) == asked
        assert difference([None], [1.0]) == "result[0] is None, expected a float"
        assert difference("a", None) == "the result is a str, expected None"

    @pytest.mark.parametrize("number", [np.float64(0.5), Opaque("float64")])
    def test_a_number_of_numpy_is_told_from_pythons(self, number):
        assert difference(number, 0.5) == (
            "the result is NumPy's float64 (`.item()` makes a Python number of it), "
            "expected a float"
        )

    def test_numbers_are_written_so_that_they_can_be_told_apart(self):
        got, want = torch.tensor([0.083451, 1.0]), torch.tensor([0.083454, 1.0])
        assert difference(got, want, rtol=0, atol=0) == (
            "the result at [0] is 0.083451, expected 0.083454; 1 of 2 numbers differ"
        )
        least = torch.nextafter(want, torch.ones(2))
        found = difference(least, want, rtol=0, atol=0)
        shown, expected = found.split(" is ")[1].split(";")[0].split(", expected ")
        assert shown != expected

    def test_a_result_that_needs_a_gradient_is_compared(self):
        assert difference(torch.ones(2, requires_grad=True), torch.ones(2)) is None


@dataclass(frozen=True)
class Costs:
    """A result with named parts."""

    operations: int
    share: float


class TestRecords:
    """What came from another process is a record; what a check expects is the class itself."""

    def test_a_record_is_compared_with_an_instance_field_by_field(self):
        assert difference(Record("Costs", {"operations": 3, "share": 0.5}), Costs(3, 0.5)) is None
        assert difference(Costs(3, 0.5 + 1e-9), Costs(3, 0.5)) is None
        got = Record("Costs", {"operations": 4, "share": 0.5})
        assert difference(got, Costs(3, 0.5)) == "result.operations is 4, expected 3"
        got = Record("Costs", {"operations": 3.0, "share": 0.5})
        assert difference(got, Costs(3, 0.5)) == "result.operations is a float, expected an int"

    def test_another_class_or_other_fields_are_named(self):
        got = Record("Prices", {"operations": 3, "share": 0.5})
        assert difference(got, Costs(3, 0.5)) == "the result is a Prices, expected a Costs"
        assert difference((3, 0.5), Costs(3, 0.5)) == "the result is a tuple, expected a Costs"
        got = Record("Costs", {"operations": 3})
        assert difference(got, Costs(3, 0.5)) == (
            "the result has the fields operations, expected operations, share"
        )

    def test_records_and_recipes_are_shown_as_one_would_write_them(self):
        assert describe(Costs(3, 0.5)) == "Costs(operations=3, share=0.5)"
        assert describe(Record("Costs", {"share": 0.25})) == "Costs(share=0.25)"
        assert describe(Made("generator", {"seed": 3})) == "generator(seed=3)"
        assert describe(Made("course_lib.models.tiny", {})) == "tiny()"


class TestDescribe:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (torch.tensor([[1.0, 0.25]]), "[[1, 0.25]]"),
            (torch.tensor(3), "3"),
            (torch.tensor([-0.0]), "[0]"),
            (torch.tensor([math.nan, -math.inf]), "[nan, -inf]"),
            (torch.zeros(30), "a tensor of shape (30,), dtype float32"),
            (np.array([1, 2]), "[1, 2]"),
            ((1.0, torch.ones(1)), "(1, [1])"),
            ((1,), "(1,)"),
            ([1, "a"], "[1, 'a']"),
            ({"a": torch.ones(2), 3: 0.25}, "{'a': [1, 1], 3: 0.25}"),
            ({"a": torch.zeros(30)}, "{'a': a tensor of shape (30,), dtype float32}"),
            ({}, "{}"),
            ("x" * 500, "'" + "x" * 199 + " …"),
        ],
    )
    def test_shows_few_numbers_and_the_shape_of_many(self, value, text):
        assert describe(value) == text


def test_what_takes_several_lines_is_shown_in_one():
    found = torch.tensor([[1.0, 2.0]]).max(dim=1)
    assert "\n" in repr(found)
    assert describe(found) == ("torch.return_types.max( values=tensor([2.]), indices=tensor([1]))")


def test_what_does_not_cross_is_shown_by_its_kind():
    assert describe(Opaque("ValueError")) == "a ValueError, which cannot be shown here"


class TestBeside:
    def test_two_lines_unless_they_read_the_same(self):
        assert beside([1], [2]) == "\n  got      [1]\n  expected [2]"
        masks = torch.ones(5, 6, dtype=torch.bool), torch.zeros(5, 6, dtype=torch.bool)
        assert beside(*masks) == ""


class TestKindOf:
    def test_names_the_type_as_a_learner_would(self):
        assert kind_of(None) == "None"
        assert kind_of(torch.ones(1)) == "a tensor"
        assert kind_of(1) == "an int"
        assert kind_of(True) == "a bool"
        assert kind_of(Opaque("Parameter")) == "a Parameter"
        assert kind_of(np.float64(1)) == kind_of(Opaque("float64")) == "NumPy's float64"


class TestDescribeOfWhateverComesBack:
    """Values come from anybody's code; describing one must neither fail nor take long."""

    @pytest.mark.parametrize(
        "value",
        [
            10**5000,
            [10**5000],
            np.zeros(3, dtype=">f4"),
            np.zeros(3, dtype=np.longdouble),
            "\ud800" * 9,
            type("Odd", (), {"__repr__": lambda self: 1 / 0})(),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_cannot_be_shown_is_named(self, value):
        assert len(describe(value)) < 300

    def test_a_great_deal_is_cut_before_it_is_written(self):
        import time

        began = time.process_time()
        text = describe([[0] * 1000] * 900)
        assert text.startswith("[[0, 0, 0")
        assert text.endswith("…")
        assert len(describe(b"x" * 10**8)) < 300
        assert time.process_time() - began < 0.5
