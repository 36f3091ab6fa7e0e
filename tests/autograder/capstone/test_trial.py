from dataclasses import fields

import pytest
import torch

from autograder.capstone.trial import fault_of
from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.stand_ins import FACTOR, parts_for, reference_parts

NAMES = [one.name for one in fields(Parts)]


@pytest.mark.parametrize("name", NAMES)
def test_the_librarys_own_can_take_every_place(name):
    assert fault_of(name, getattr(reference_parts(), name)) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sample_token"])
def test_a_function_that_gives_something_else_cannot(name):
    other = getattr(parts_for("train", [name]), name)
    assert fault_of(name, other) == "gives another result than it should, on a small example"


def test_a_choice_of_the_least_probable_token_is_seen():
    said = fault_of("sample_token", lambda logits, temperature, generator: int(logits.argmin()))
    assert said.startswith("gives another result")


def test_a_function_that_is_not_written_says_so():
    def stub(*_):
        raise NotImplementedError

    assert fault_of("rms_norm", stub) == "is not written yet"


def test_an_error_is_named():
    assert fault_of("lr_at", lambda step: step).startswith("stops with TypeError: ")


def test_rounding_is_no_fault():
    right = reference_parts().rms_norm
    assert fault_of("rms_norm", lambda *args: right(*args) * (1 + 1e-6)) == ""
    assert fault_of("rms_norm", lambda *args: right(*args).to(torch.float64)) != ""
    assert FACTOR > 1


def test_a_part_that_is_none_is_refused():
    with pytest.raises(ValueError, match="there is no part 'attention'; there are embed,"):
        fault_of("attention", len)
