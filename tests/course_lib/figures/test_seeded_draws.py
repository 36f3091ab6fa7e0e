"""The random numbers that the page repeats, and what they draw."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from course_lib.figures.playground_numbers import playground_numbers
from course_lib.figures.seeded_draws import pick, random_share
from course_lib.generation.sampling import SamplingConfig


def random_numbers(seed: int) -> Iterator[float]:
    """Mulberry32, written anew with Python's unbounded integers."""
    low = 2**32 - 1
    while True:
        seed = (seed + 0x6D2B79F5) & low
        t = (seed ^ (seed >> 15)) * (seed | 1) & low
        t ^= (t + ((t ^ (t >> 7)) * (t | 61))) & low
        yield ((t ^ (t >> 14)) & low) / 2**32


class TestRandomShare:
    @pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**32 - 1])
    def test_it_is_any_number_of_the_row_that_a_running_state_gives(self, seed):
        row = random_numbers(seed)
        assert [random_share(seed, i) for i in range(200)] == [next(row) for _ in range(200)]

    def test_numbers_fill_the_unit_evenly(self):
        tenths = Counter(int(10 * random_share(5, i)) for i in range(5000))
        assert sorted(tenths) == list(range(10))
        # 500 are expected in each; 9 degrees of freedom: one seed in a thousand lies above 27.9.
        assert sum((n - 500) ** 2 / 500 for n in tenths.values()) < 27.9


class TestPick:
    def numbers(self, **settings):
        logits = torch.tensor([0.1, 0.6, 0.3], dtype=torch.double).log()
        return playground_numbers(["a", "b", "c"], logits, [], SamplingConfig(**settings))

    @pytest.mark.parametrize(
        ("share", "token"), [(0.0, 1), (0.59, 1), (0.61, 2), (0.89, 2), (0.91, 0), (1 - 2**-32, 0)]
    )
    def test_the_most_probable_lies_at_the_lower_end(self, share, token):
        # b from 0 to 0.6, c to 0.9, a to 1.
        assert pick(self.numbers(), share) == token

    @pytest.mark.parametrize(("share", "token"), [(0.66, 1), (0.67, 2), (1 - 2**-32, 2)])
    def test_what_is_cut_is_never_drawn(self, share, token):
        assert pick(self.numbers(top_k=2), share) == token  # b two thirds, c one third

    def test_a_number_behind_all_shares_means_the_last_that_may_be_drawn(self):
        numbers = self.numbers(top_k=2)
        rounded = replace(numbers, probs=numbers.probs * 0.999)
        assert pick(rounded, 1 - 2**-32) == 2

    def test_greedy_draws_the_first_whatever_the_number(self):
        assert {pick(self.numbers(temperature=0.0), i / 8) for i in range(8)} == {1}
