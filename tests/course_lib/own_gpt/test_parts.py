from dataclasses import FrozenInstanceError, fields

import pytest

from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.stand_ins import OF_THE_GPT, reference_parts


def test_there_are_fifteen_from_before_and_five_of_the_gpt():
    names = [one.name for one in fields(Parts)]
    assert len(names) == 20
    assert names[-5:] == list(OF_THE_GPT)


def test_parts_are_a_value():
    with pytest.raises(FrozenInstanceError):
        reference_parts().gpt = None


def test_none_may_be_missing():
    with pytest.raises(TypeError, match="embed"):
        Parts(gpt=len)
