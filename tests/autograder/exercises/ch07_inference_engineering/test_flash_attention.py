import pytest
import torch

from autograder.exercises.ch07_inference_engineering.flash_attention import exercise
from autograder.exercises.ch07_inference_engineering.flash_attention_checks import LONG

from ..at_work import (
    assert_right,
    assert_wrong_and_named,
    failed_items,
    judge_cell,
    judge_function,
    names,
)

IN_LITTLE_MEMORY = exercise.items[-1].name


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer, seeds=[1])  # the long sequence takes a second


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_attention(answer, causal):
    generator = torch.Generator().manual_seed(3)
    B, H, T, DH, DV = 2, 3, 11, 4, 5
    q, k = (torch.randn(B, H, T, DH, generator=generator, dtype=torch.float64) for _ in range(2))
    v = torch.randn(B, H, T, DV, generator=generator, dtype=torch.float64)
    want = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    got = answer.function(q, k, v, 4, 3, causal)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def strip(q, k, v, first, n_before, causal):
    """Attend from some queries to all keys in one piece."""
    scores = q @ k.mT / q.shape[3] ** 0.5
    if causal:
        own = torch.arange(first, first + q.shape[2]) + n_before
        scores = scores.masked_fill(torch.arange(k.shape[2]) > own[:, None], -torch.inf)
    powers = (scores - scores.amax(3, keepdim=True).clamp(min=-1e30)).exp()
    return powers @ v / powers.sum(3, keepdim=True).clamp(min=1.0)


def whole_table(q, k, v, block_q, block_k, causal):
    return strip(q, k, v, 0, k.shape[2] - q.shape[2], causal)


def strips_of_all_keys(q, k, v, block_q, block_k, causal):
    n_before = k.shape[2] - q.shape[2]
    firsts = range(0, q.shape[2], block_q)
    tiles = zip(firsts, q.split(block_q, dim=2), strict=True)
    return torch.cat([strip(one, k, v, i, n_before, causal) for i, one in tiles], dim=2)


@pytest.mark.parametrize("answer", [whole_table, strips_of_all_keys])
def test_a_table_that_is_too_large_costs_the_points_of_memory_alone(answer):
    verdict = judge_function(exercise, answer)
    (failed,) = [item for item in verdict.items if not item.passed]
    assert failed.name == IN_LITTLE_MEMORY
    assert failed.message == (
        "flash_attention raised MemoryError: it asked for more than 192 MiB at one time"
    )
    assert f"T = {LONG:,} the table of all scores would take 1 GiB" in failed.sentence
    assert [found.name for found in verdict.misconceptions] == ["whole_table"]


def test_torchs_fused_attention_is_refused():
    cell = (
        "import torch.nn.functional as F\n"
        "def flash_attention(q, k, v, block_q, block_k, causal):\n"
        "    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)\n"
    )
    verdict = judge_cell(exercise, cell)
    assert verdict.points == 0
    assert "is not allowed" in verdict.reason


def test_a_wrong_row_of_the_long_sequence_is_seen():
    def last_query_lost(q, k, v, block_q, block_k, causal):
        values = exercise.alternatives[0].function(q, k, v, block_q, block_k, causal)
        if q.shape[2] > 1000:
            values[:, :, -1] = 0
        return values

    assert failed_items(exercise, last_query_lost) == [IN_LITTLE_MEMORY]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("output_not_rescaled", ["tile after tile", "ragged last tiles"]),
        ("padded_with_zeros", ["ragged last tiles"]),
        ("causal_between_tiles", ["causal, inside the tiles too"]),
        ("aligned_top_left", ["causal with more keys than queries, or fewer"]),
        ("no_maximum_subtracted", ["large scores, float64, gradients"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[: len(items)] == items
