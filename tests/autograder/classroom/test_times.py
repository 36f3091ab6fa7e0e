import pytest

from autograder.classroom.times import Times


def test_what_was_measured_is_read():
    text = '{"wall_s": 1.5, "cpu_s": 1, "peak_bytes": 1024, "host": "a"}'
    assert Times.from_json(text) == Times(1.5, 1.0, 1024, "a")
    assert Times.from_json('{"wall_s": 1.5, "cpu_s": 1}') == Times(1.5, 1.0, None, "")
    assert Times.from_json('{"wall_s": 0, "cpu_s": 0, "peak_bytes": null}').peak_bytes is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "3", "null", "{}", '{"wall_s": 1}', '{"wall_s": "x", "cpu_s": 1}'),
        *('{"wall_s": NaN, "cpu_s": 1}', '{"wall_s": 1, "cpu_s": Infinity}'),
        *('{"wall_s": [], "cpu_s": 1}', '{"wall_s": 1, "cpu_s": 1, "peak_bytes": {}}'),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Times.from_json(text)
