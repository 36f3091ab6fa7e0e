import pytest
import torch

from course_lib.analysis.head_roles import (
    FixedOffset,
    Relation,
    best_offset,
    share_at,
    shares_found,
)

RELATIONS = [Relation(0, 2, 0), Relation(0, 3, 2), Relation(1, 3, 1), Relation(1, 2, 1)]


def looking(*targets):
    """Weights of a head (T T) whose query t looks mostly at targets[t]."""
    weights = torch.full((len(targets), len(targets)), 0.1)
    weights[range(len(targets)), targets] = 0.7
    return weights


def test_shares_by_hand():
    # One layer, two sequences, two heads. The first looks one back; the second at the first place,
    # in the second sequence at place 1.
    back, at_first, at_one = looking(0, 0, 1, 2), looking(0, 0, 0, 0), looking(0, 1, 1, 1)
    first = torch.stack([torch.stack([back, at_first]), torch.stack([back, at_one])])  # B H T T
    found = shares_found([first], RELATIONS)
    torch.testing.assert_close(found, torch.tensor([[2 / 4, 3 / 4]]))


def test_one_row_a_layer_one_column_a_head():
    weights = [torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)]
    found = shares_found(weights, RELATIONS)
    assert found.shape == (2, 3)
    for layer, w in enumerate(weights):
        for head in range(3):
            right = [w[r.row, head, r.source].argmax().item() == r.target for r in RELATIONS]
            assert found[layer, head].item() == pytest.approx(sum(right) / 4)


def test_the_best_offset_is_the_most_frequent_and_of_equals_the_smallest():
    assert [relation.offset for relation in RELATIONS] == [2, 1, 2, 1]
    assert best_offset(RELATIONS) == FixedOffset(1, 0.5)
    assert best_offset([*RELATIONS, Relation(0, 9, 7)]) == FixedOffset(2, 3 / 5)


def test_share_at_an_offset():
    assert [share_at(offset, RELATIONS) for offset in (1, 2, 3)] == [0.5, 0.5, 0.0]


def test_nothing_to_measure():
    with pytest.raises(ValueError, match="at least one"):
        shares_found([torch.rand(1, 1, 2, 2)], [])
    with pytest.raises(ValueError, match="at least one"):
        best_offset([])
