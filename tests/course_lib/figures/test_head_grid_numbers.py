"""What the grid of heads measures, by hand and against plain loops."""

import math
from collections import Counter

import pytest
import torch

from course_lib.figures.head_grid_numbers import measure_heads
from tests.course_lib.figures.test_head_grid_data import causal

BOUND = 6e-10  # scores are cut at nine digits

# Two heads over a b a b, the second copy from place 2 on. Rows look.
WEIGHTS = torch.tensor(
    [
        [[1, 0, 0, 0], [0.75, 0.25, 0, 0], [0.5, 0.25, 0.25, 0], [0, 0.25, 0.5, 0.25]],
        [[1, 0, 0, 0], [0.25, 0.75, 0, 0], [0.125, 0.625, 0.25, 0], [0, 0, 0.25, 0.75]],
    ],
    dtype=torch.float64,
)
PAIRS = [
    {"name": "owner", "pairs": [[2, 1], [3, 2], [1, 1]]},
    {"name": "again", "pairs": [[3, 0]]},
]


class TestByHand:
    def test_parts(self):
        previous, first, induction = measure_heads(WEIGHTS, [], (2, 2)).parts
        # One place back: places 1, 2, 3 give .75, .25, .5 and .25, .625, .25.
        assert previous.scores == pytest.approx((0.5, 0.375), abs=BOUND)
        assert first.scores == pytest.approx(((0.75 + 0.5) / 3, (0.25 + 0.125) / 3), abs=BOUND)
        # Places 2 and 3 look one place back, at what followed their copy: places 1 and 2.
        assert induction.scores == pytest.approx((0.375, 0.4375), abs=BOUND)
        assert previous.even == first.even == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3, abs=BOUND)
        assert induction.even == pytest.approx((1 / 3 + 1 / 4) / 2, abs=BOUND)

    def test_relations(self):
        numbers = measure_heads(WEIGHTS, PAIRS, ())
        owner, again = numbers.relations
        # Largest weights: the first head at 0, 0, 0, 2, the second at 0, 1, 1, 3.
        assert (owner.name, owner.n_pairs, owner.found) == ("owner", 3, (1, 2))
        assert (owner.offset, owner.found_by_offset) == (1, 2)
        assert (again.name, again.n_pairs, again.found) == ("again", 1, (0, 0))
        assert (again.offset, again.found_by_offset) == (3, 1)
        assert (numbers.n_pairs, numbers.found) == (4, (1, 2))

    def test_what_a_head_finds_of_all_kinds_is_added_up(self):
        kinds = [{"name": "a", "pairs": [[2, 0], [1, 0]]}, {"name": "b", "pairs": [[3, 2]]}]
        numbers = measure_heads(WEIGHTS, kinds, ())
        assert [each.found for each in numbers.relations] == [(2, 0), (1, 0)]
        assert (numbers.n_pairs, numbers.found) == (3, (3, 0))

    def test_of_equal_weights_the_first_counts_as_the_largest(self):
        even = torch.tensor([[[1, 0], [0.5, 0.5]]], dtype=torch.float64)
        pairs = [{"name": "a", "pairs": [[1, 0]]}, {"name": "b", "pairs": [[1, 1]]}]
        assert [each.found for each in measure_heads(even, pairs, ()).relations] == [(1,), (0,)]


class TestAgainstLoops:
    def test_all_scores(self):
        n_heads, n_words, start, period = 3, 11, 7, 4
        weights = causal(n_heads, n_words, seed=5)
        generator = torch.Generator().manual_seed(6)
        sources = torch.randint(n_words, (20,), generator=generator).tolist()
        pairs = [[s, int(s * torch.rand(1, generator=generator))] for s in sources]
        numbers = measure_heads(weights, [{"name": "x", "pairs": pairs}], (start, period))
        for head in range(n_heads):
            rows = weights[head].tolist()
            back = [rows[t][t - 1] for t in range(1, n_words)]
            first = [rows[t][0] for t in range(1, n_words)]
            after = [rows[t][t - period + 1] for t in range(start, n_words)]
            for part, each in zip(numbers.parts, (back, first, after), strict=True):
                assert math.isclose(
                    part.scores[head], sum(each) / len(each), rel_tol=0, abs_tol=BOUND
                )
            hits = sum(rows[s].index(max(rows[s])) == t for s, t in pairs)
            assert numbers.relations[0].found[head] == numbers.found[head] == hits
        (_, most), *_ = Counter(s - t for s, t in pairs).most_common()
        assert numbers.relations[0].found_by_offset == most

    def test_an_even_head_scores_what_an_even_head_scores(self):
        n_words = 9
        even = torch.ones(1, n_words, n_words, dtype=torch.float64).tril()
        even = even / even.sum(dim=-1, keepdim=True)
        for part in measure_heads(even, [], (6, 3)).parts:
            assert part.scores[0] == pytest.approx(part.even, abs=BOUND)


class TestNothingToMeasure:
    def test_without_a_repeat_there_is_no_induction(self):
        previous, _, induction = measure_heads(WEIGHTS, [], ()).parts
        assert not math.isnan(previous.even)
        assert math.isnan(induction.even)
        assert all(math.isnan(score) for score in induction.scores)

    def test_one_word_has_no_part_and_no_relation(self):
        numbers = measure_heads(torch.ones(2, 1, 1, dtype=torch.float64), [], ())
        assert all(math.isnan(part.even) for part in numbers.parts)
        assert (numbers.relations, numbers.n_pairs, numbers.found) == ((), 0, (0, 0))
