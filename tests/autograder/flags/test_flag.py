from dataclasses import FrozenInstanceError

import pytest

from autograder.flags.flag import Evidence, Flag, Kind


def test_a_flag_is_plain_data_with_calm_words():
    flag = Flag(Kind.HIDDEN, ("ada",), "Look.", (Evidence("ada, double, line 1", "x"),))
    assert flag.similarity is None
    with pytest.raises(FrozenInstanceError):
        flag.sentence = "Guilty."  # pyright: ignore[reportAttributeAccessIssue]
    for kind in Kind:
        assert not {"cheat", "copied", "guilty", "plagiarism"} & set(kind.value.lower().split())
