import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.decoder import DecoderConfig, build_decoder
from course_lib.kernels.decoder_work import call_work, text_work, total
from course_lib.kernels.roofline import Work

SIZES = {
    "vocab_size": 11,
    "d_model": 12,
    "n_heads": 3,
    "n_layers": 2,
    "d_ff": 20,
    "positions": "rotary",
    "max_seq_len": 64,
}
CFG = DecoderConfig(**SIZES)


def test_hand_worked():
    # One layer, width 2, one head, feed-forward width 3, 5 tokens; one position behind one seen.
    cfg = DecoderConfig(
        vocab_size=5, d_model=2, n_heads=1, n_layers=1, d_ff=3, positions="none", max_seq_len=8
    )
    work = call_work(cfg, n_new=1, n_seen=1)
    # Four products 2 → 2 of 8 operations, two of 12, attention 2 keys · 4 · 2, scores 2 · 2 · 5.
    assert work.n_operations == 4 * 8 + 2 * 12 + 16 + 20
    # Numbers: 4 · (2 + 4 + 2), (2 + 6 + 3) + (3 + 6 + 2), q and output 4, keys and values 8,
    # scores 2 + 10 + 5; four bytes each.
    assert work.n_bytes == 4 * (4 * 8 + 22 + 12 + 17)


@pytest.mark.parametrize("n_new", [1, 4, 7])
def test_against_torch_s_own_counter(n_new):
    model = build_decoder(**SIZES)
    token_ids = torch.zeros(5, n_new, dtype=torch.long)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        # The explicit form is counted; it computes the hidden half of the table too.
        model(token_ids, keep_weights=True)
    hidden = 5 * 3 * (n_new * n_new - n_new * (n_new + 1) // 2) * 4 * 4 * 2  # B H pairs 4·Dh L
    work = call_work(CFG, n_new=n_new, n_scored=n_new, batch_size=5)
    assert work.n_operations == counter.get_total_flops() - hidden


def test_a_call_with_caches_is_the_difference_of_two_without():
    # Positions do not depend on later ones: what the first five cost is not paid again.
    longer, shorter = (call_work(CFG, n_new=n, n_scored=1).n_operations for n in (8, 5))
    scores = 2 * 12 * 11
    assert call_work(CFG, n_new=3, n_seen=5).n_operations == longer - shorter + scores


def test_a_text_with_a_cache_asks_for_less_and_reads_each_position_once():
    plain, kept = (
        text_work(CFG, n_prompt=3, n_new=6, has_cache=has_cache) for has_cache in (False, True)
    )
    assert kept.n_operations < plain.n_operations
    whole = call_work(CFG, n_new=8, n_scored=1).n_operations
    assert kept.n_operations == whole + 5 * 2 * 12 * 11  # and the scores of five steps more


def test_without_a_cache_the_whole_text_is_read_at_each_step():
    calls = [call_work(CFG, n_new=n) for n in (3, 4)]
    assert text_work(CFG, n_prompt=3, n_new=2, has_cache=False) == total(calls)


def test_total():
    assert total([Work(1, 2), Work(30, 40)]) == Work(31, 42)
    assert total([]) == Work(0, 0)


@pytest.mark.parametrize(("n_new", "n_scored"), [(0, 0), (2, 3), (2, 0)])
def test_impossible_calls_are_refused(n_new, n_scored):
    with pytest.raises(ValueError, match=f"of {n_new} new positions {n_scored} cannot be scored"):
        call_work(CFG, n_new=n_new, n_scored=n_scored)


@pytest.mark.parametrize(("n_prompt", "n_new"), [(0, 1), (1, 0)])
def test_no_text_is_refused(n_prompt, n_new):
    with pytest.raises(ValueError, match=f"{n_new} new tokens behind {n_prompt} are no text"):
        text_work(CFG, n_prompt=n_prompt, n_new=n_new, has_cache=True)
