import pytest
import traitlets

from course_lib.figures.choices import bounded, set_together, shape_named

LIMITS = {"seq_len": [2, 9], "batch_size": [1, 5]}


class Chooser(traitlets.HasTraits):
    seq_len = bounded(LIMITS, "seq_len", 4)
    batch_size = bounded(LIMITS, "batch_size", 1)

    @traitlets.validate("seq_len")
    def _fits(self, proposal):
        if proposal["value"] * self.batch_size > 10:
            raise traitlets.TraitError("too many")
        return proposal["value"]


def test_a_number_has_its_limits_and_is_known_to_the_page():
    chooser = Chooser()
    assert (chooser.seq_len, chooser.batch_size) == (4, 1)
    for value in (1, 10):
        with pytest.raises(traitlets.TraitError):
            chooser.seq_len = value
    assert Chooser.seq_len.metadata["sync"]


def test_what_fits_only_together_is_checked_when_all_is_set():
    chooser = Chooser(seq_len=2, batch_size=5)
    with pytest.raises(traitlets.TraitError, match="too many"):
        chooser.seq_len = 9
    set_together(chooser, {"seq_len": 9, "batch_size": 1})
    assert (chooser.seq_len, chooser.batch_size) == (9, 1)


def test_a_shape_is_found_by_its_name_or_the_names_are_said():
    assert shape_named({"A": 1, "B": 2}, "B") == 2
    with pytest.raises(ValueError, match="there is no shape of 'C'; there are: A, B"):
        shape_named({"A": 1, "B": 2}, "C")
