import pytest
import torch

from course_lib.figures.draft_numbers import (
    RULES,
    DraftNumbers,
    blended,
    pointed_at,
    tokens_a_call,
)
from course_lib.figures.seeded_draws import random_share
from course_lib.generation.speculative import residual

TARGET, DRAFT = [0.4, 0.4, 0.2], [0.6, 0.3, 0.1]
RIGHT = DraftNumbers(TARGET, DRAFT, rule=0)
WRONG = DraftNumbers(TARGET, DRAFT, rule=1)


def test_by_hand():
    assert RIGHT.stands == [0.4, 0.3, 0.1]
    assert RIGHT.acceptance == pytest.approx(0.8)
    assert RIGHT.replacement == pytest.approx([0.0, 0.5, 0.5])
    assert RIGHT.emitted == pytest.approx(TARGET)
    assert RIGHT.apart < 1e-12
    assert WRONG.emitted == pytest.approx([0.48, 0.38, 0.14])
    assert WRONG.apart == pytest.approx(0.08)
    assert len(RULES) == 2


def test_the_replacement_is_the_library_s_residual():
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        p, q = torch.rand(2, 6, generator=generator, dtype=torch.float64).softmax(dim=-1)
        numbers = DraftNumbers(p.tolist(), q.tolist(), rule=0)
        assert numbers.replacement == pytest.approx(residual(p, q).tolist(), rel=1e-12)
        assert numbers.emitted == pytest.approx(p.tolist(), rel=1e-12)


def test_equal_opinions_always_stand():
    numbers = DraftNumbers(TARGET, TARGET, rule=0)
    assert numbers.acceptance == pytest.approx(1.0)
    assert numbers.replacement == TARGET


def test_a_draw_follows_its_random_numbers():
    for index in range(200):
        draw = RIGHT.draw(3, index)
        assert draw.chance == pytest.approx([2 / 3, 1, 1][draw.drafted])
        assert draw.stands == (draw.share < draw.chance)
        assert draw.stands or draw.word in (1, 2)
        assert not draw.stands or draw.word == draw.drafted
    assert RIGHT.draw(3, 5) == RIGHT.draw(3, 5)
    assert len({RIGHT.draw(seed, 0).share for seed in range(20)}) == 20
    # Three numbers a draw, the second of which decides; no two draws share one.
    assert [RIGHT.draw(3, index).share for index in (0, 1, 7)] == [
        random_share(3, place) for place in (1, 4, 22)
    ]


@pytest.mark.parametrize("numbers", [RIGHT, WRONG])
def test_counts_settle_on_what_comes_out(numbers):
    n_draws = 20_000
    counts = numbers.counts(1, n_draws)
    assert sum(counts) == n_draws
    shares = [count / n_draws for count in counts]
    assert shares == pytest.approx(numbers.emitted, abs=0.015)  # four standard deviations


def test_blends():
    assert blended(TARGET, DRAFT, 0.0) == DRAFT
    assert blended(TARGET, DRAFT, 1.0) == TARGET
    assert blended(TARGET, DRAFT, 0.5) == pytest.approx([0.5, 0.35, 0.15])


def test_tokens_a_call_by_hand():
    assert tokens_a_call(0.8, 4) == pytest.approx(1 + 0.8 + 0.64 + 0.512 + 0.4096)
    assert tokens_a_call(0.8, 4) == pytest.approx((1 - 0.8**5) / (1 - 0.8))
    assert (tokens_a_call(0.0, 3), tokens_a_call(1.0, 3)) == (1, 4)


def test_pointing():
    assert [pointed_at(DRAFT, share) for share in (0.0, 0.59, 0.6, 0.89, 0.95)] == [0, 0, 1, 1, 2]
    assert pointed_at([0.5, 0.49, 0.0], 0.999) == 1
