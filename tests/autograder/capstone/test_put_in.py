import pytest

from autograder.capstone import put_in
from course_lib.own_gpt.stand_ins import reference_parts


def rms_norm(x, gamma, eps):
    return gamma * x / (x.square().mean(-1, keepdim=True) + eps).sqrt()


def swiglu(x, W_gate, W_up, W_down):
    raise NotImplementedError


def test_a_right_function_takes_the_place_of_its_part(capsys):
    parts = put_in(reference_parts(), rms_norm)
    assert parts.rms_norm is rms_norm
    assert capsys.readouterr().out == "✓ rms_norm is yours from here on.\n"


def test_one_that_is_not_finished_stays_out(capsys):
    before = reference_parts()
    assert put_in(before, swiglu) is before
    said = capsys.readouterr().out
    assert said == "✗ swiglu is not written yet. The library's stands in for it.\n"


def test_a_name_that_is_no_part_is_refused():
    with pytest.raises(ValueError, match="there is no part 'len'"):
        put_in(reference_parts(), len)
