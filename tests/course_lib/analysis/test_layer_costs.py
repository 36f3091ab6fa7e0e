import dataclasses

import pytest

from course_lib.analysis.layer_costs import LayerCosts


def test_costs_are_named_and_compared_by_value():
    costs = LayerCosts(operations=12, sequential=3, path=2)
    assert costs == LayerCosts(12, 3, 2)
    assert costs != LayerCosts(12, 2, 3)


def test_costs_stay_as_they_are():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LayerCosts(12, 3, 2).path = 1
