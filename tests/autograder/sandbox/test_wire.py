import copy
import dataclasses
import json
import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox import wire_values
from autograder.sandbox.wire import Made, Opaque, Record, WireError, decode, encode

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool]


def message(tree, *buffers):
    """Write a message by hand, as a hostile process could."""
    text = json.dumps(tree).encode() if not isinstance(tree, bytes) else tree
    parts = [struct.pack("<II", len(text), len(buffers)), text]
    return b"".join(parts + [struct.pack("<Q", len(one)) + one for one in buffers])


class TestPlainValues:
    @given(PLAIN)
    def test_come_back_as_they_were(self, value):
        back = decode(encode(value))
        assert back == value
        assert repr(back) == repr(value)  # 1, 1.0 and True are equal, their texts are not

    def test_nan_and_infinity_come_back(self):
        assert math.isnan(decode(encode(math.nan)))
        assert decode(encode([-math.inf, -0.0])) == [-math.inf, 0.0]

    def test_numpy_scalars_keep_their_type(self):
        for value in (np.float64(2.5), np.int32(3), np.bool_(True)):
            back = decode(encode(value))
            assert type(back) is type(value)
            assert back == value


@dataclasses.dataclass(frozen=True)
class Costs:
    """A result of a learner's."""

    operations: int
    weights: torch.Tensor


class TestRecords:
    def test_an_instance_of_a_dataclass_crosses_with_its_fields(self):
        back = decode(encode([Costs(3, torch.ones(2))]))
        (record,) = back
        assert type(record) is Record
        assert record.type_name == "Costs"
        assert list(record.fields) == ["operations", "weights"]
        assert torch.equal(record.fields["weights"], torch.ones(2))
        assert decode(encode(record)).type_name == "Costs"

    def test_its_fields_are_read_as_its_own_and_nothing_else_is(self):
        record = decode(encode(Record("Costs", {"path": 3, "__array__": 4, "fields": 5})))
        assert record.path == 3
        assert record.fields["fields"] == 5
        for name in ("__array__", "length"):
            with pytest.raises(AttributeError, match=f"Costs has no field '{name}'"):
                getattr(record, name)

    def test_a_copy_is_the_same_record(self):
        record = Record("Costs", {"path": [3]})
        assert copy.deepcopy(record) == record
        with pytest.raises(AttributeError, match="has no field 'path'"):
            _ = Record.__new__(Record).path

    def test_the_class_itself_crosses_as_its_name(self):
        assert decode(encode(Costs)) == Opaque("type")

    def test_a_recipe_crosses_as_it_is(self):
        recipe = Made("generator", {"seed": 3, "others": [Made("x")]})
        assert decode(encode((recipe,))) == (recipe,)

    def test_a_field_that_cannot_be_read_is_refused(self):
        broken = Costs(1, torch.ones(1))
        object.__delattr__(broken, "operations")
        with pytest.raises(WireError, match="a field of the Costs cannot be read"):
            encode(broken)

    def test_a_record_in_itself_is_refused(self):
        endless = Record("Costs", {})
        endless.fields["inner"] = endless
        with pytest.raises(WireError, match="nested too deep"):
            encode(endless)


class TestTensors:
    @pytest.mark.parametrize("dtype", DTYPES, ids=str)
    @pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)], ids=str)
    def test_come_back_with_dtype_and_shape(self, dtype, shape):
        value = torch.arange(math.prod(shape)).reshape(shape).to(dtype)
        back = decode(encode(value))
        assert type(back) is torch.Tensor
        assert back.dtype == dtype
        assert back.shape == value.shape
        assert torch.equal(back, value)

    def test_views_are_written_as_they_look(self):
        value = torch.arange(6.0).reshape(2, 3)
        for view in (value.T, value[:, ::2], value[:1].expand(4, 3), value.to(torch.cfloat).conj()):
            assert torch.equal(decode(encode(view)), view)

    def test_a_single_number_crosses_whatever_its_stride(self):
        table = torch.arange(6.0).view(2, 3)
        for one in (table[:1, 1], table[1:, 2], table[1, 1:2], table[1, 2]):
            assert torch.equal(decode(encode(one)), one)

    def test_that_they_require_a_gradient_is_kept(self):
        back = decode(encode([torch.ones(2, requires_grad=True), torch.ones(2)]))
        assert [one.requires_grad for one in back] == [True, False]

    def test_arrays_come_back(self):
        for value in (np.arange(6).reshape(2, 3), np.array([True]), np.zeros((0, 2), np.float32)):
            back = decode(encode(value))
            assert type(back) is np.ndarray
            assert back.dtype == value.dtype
            assert np.array_equal(back, value)

    def test_what_comes_back_may_be_written_to(self):
        back = decode(encode((torch.ones(2), np.ones(2))))
        back[0].add_(1)
        back[1][0] = 5


class TestEverythingElse:
    @pytest.mark.parametrize(
        "value",
        [
            torch.nn.Parameter(torch.ones(1)),
            torch.ones(2).to_sparse(),
            torch.empty(2, device="meta"),
            {1, 2},
            lambda: None,
            np.array(["a"]),
            np.array([object()]),
            type("Liar", (int,), {"__eq__": lambda self, other: True})(3),
            type("Liar", (list,), {})(),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_crosses_as_the_name_of_its_type(self, value):
        assert decode(encode(value)) == Opaque(type(value).__name__)

    def test_too_much_is_refused_before_it_costs_memory(self, monkeypatch):
        monkeypatch.setattr(wire_values, "MAX_MESSAGE_BYTES", 1000)
        with pytest.raises(WireError, match="more than 1000 bytes"):
            encode(torch.zeros(1).expand(10**12))
        with pytest.raises(WireError, match="more than 1000 bytes"):
            encode(["a" * 600, b"b" * 600])
        with pytest.raises(WireError, match="more than 1000"):
            decode(bytes(1001))

    def test_too_deep_is_refused_both_ways(self):
        deep: list = []
        for _ in range(wire_values.MAX_DEPTH + 1):
            deep = [deep]
        with pytest.raises(WireError, match="too deep"):
            encode(deep)
        loop: list = []
        loop.append(loop)
        with pytest.raises(WireError, match="too deep"):
            encode(loop)
        tree = ["l", []]
        for _ in range(wire_values.MAX_DEPTH + 1):
            tree = ["l", [tree]]
        with pytest.raises(WireError, match="too deep"):
            decode(message(tree))

    def test_too_many_parts_are_refused_both_ways(self, monkeypatch):
        many = encode(list(range(20)))
        monkeypatch.setattr(wire_values, "MAX_VALUES", 10)
        with pytest.raises(WireError, match="too many parts"):
            encode(list(range(20)))
        with pytest.raises(WireError, match="too many parts"):
            decode(many)

    def test_a_whole_number_of_too_many_digits_is_refused_both_ways(self):
        with pytest.raises(WireError, match="too many digits"):
            encode(1 << (4 * wire_values.MAX_INT_DIGITS))
        with pytest.raises(WireError, match="too many digits"):
            decode(message(["i", "0x" + "f" * wire_values.MAX_INT_DIGITS]))


class TestHostileMessages:
    @pytest.mark.parametrize(
        "hostile",
        [
            b"",
            b"\x00" * 8,
            b"\xff" * 100,
            message(b"[" * 100_000),
            message(b'["v", NaN]'),
            message(b'["f", 1e999]'),
            message(["v", 1]),
            message(["v", [1]]),
            message(["v"]),
            message([]),
            message({"v": 1}),
            message([["v"], 1]),
            message(["pickle", "x"]),
            message(["i", 3]),
            message(["i", "three"]),
            message(["f", "nan(3)"]),
            message(["b", 0]),
            message(["b", -1], b"x"),
            message(["b", True], b"x", b"y"),
            message(["l", "ab"]),
            message(["d", [[["v", None]]]]),
            message(["d", [[["l", []], ["v", None]]]]),
            message(["T", "float32", [2], 0, False], b"1234"),
            message(["T", "float32", [-1], 0, False], b""),
            message(["T", "float32", [2**62, 4], 0, False], b""),
            message(["T", "float32", [0, 2**70], 0, False], b""),
            message(["T", "float32", [1] * 40, 0, False], b"1234"),
            message(["T", "object", [1], 0, False], b"1234"),
            message(["T", "float32", [1], 0, "yes"], b"1234"),
            message(["n", "|O", [1], 0], b"12345678"),
            message(["n", "<U1", [1], 0], b"1234"),
            message(["s", "<f8", 0], b"1234"),
            message(["o", 3]),
            message(["r", "Costs"]),
            message(["r", 3, ["d", []]]),
            message(["r", "Costs", ["l", []]]),
            message(["r", "Costs", ["d", [[["i", "0x1"], ["v", None]]]]]),
            message(["m", None, ["d", []]]),
            message(["m", "generator", ["v", None]]),
            message(["v", None]) + b"more",
            struct.pack("<II", 10**9, 0) + b"[]",
            struct.pack("<II", 11, 4 * 10**9) + b'["v", null]',
        ],
    )
    def test_are_refused_with_a_wire_error(self, hostile):
        with pytest.raises(WireError):
            decode(hostile)

    def test_a_shape_that_does_not_fit_its_bytes_is_named_before_a_tensor_is_made(self):
        for size in (0, 2, 2**40):
            with pytest.raises(WireError, match="does not have the bytes of its shape"):
                decode(message(["T", "float32", [size], 0, False], b"1234"))

    @given(PLAIN, st.data())
    def test_a_cut_message_is_refused(self, value, data):
        whole = encode(value)
        length = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(WireError):
            decode(whole[:length])

    @given(st.data())
    def test_a_flipped_byte_gives_a_plain_value_or_a_wire_error(self, data):
        whole = bytearray(encode({"a": [1, 2.5, torch.ones(2, 3)], "b": (np.ones(2), b"xyz")}))
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            value = decode(bytes(whole))
        except WireError:
            return
        encode(value)  # of the types that cross, or this would say Opaque and lose nothing

    @given(st.binary(max_size=200))
    def test_noise_is_refused(self, noise):
        with pytest.raises(WireError):
            decode(noise)


def test_half_characters_are_replaced_since_no_file_can_hold_them():
    value = decode(encode(["\ud800x", {"\udfff": 1}]))
    assert "x" in value[0]
    str(value).encode()


@pytest.mark.parametrize("dtype", [">f4", "longdouble", "U3", "datetime64[s]", "O"])
def test_arrays_that_torch_cannot_read_cross_by_name_alone(dtype):
    assert decode(encode(np.zeros(2, dtype=dtype))) == Opaque("ndarray")
    message = encode(np.zeros(2, dtype="<f4")).replace(b"<f4", np.dtype(dtype).str.encode())
    with pytest.raises(WireError):
        decode(message)


def test_integers_that_cross_can_be_written():
    largest = 16 ** (wire_values.MAX_INT_DIGITS - 2) - 1
    assert decode(encode(largest)) == largest
    assert len(str(largest)) > 3000
    with pytest.raises(WireError, match="too many digits"):
        encode(largest + 1)
