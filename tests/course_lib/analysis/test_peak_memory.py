import pytest
import torch

from course_lib.analysis import peak_memory
from course_lib.analysis.peak_memory import (
    FORGET,
    PEAK,
    WAYS,
    attention_peak_bytes,
    can_measure,
    held_bytes,
)

MIB = 2**20
needs_linux = pytest.mark.skipif(not can_measure(), reason="only Linux shows a process's peak")


def test_all_ways_attend_alike():
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 7, 4, generator=generator, dtype=torch.float64) for _ in range(3))
    direct = WAYS["direct"](q, k, v)
    assert direct.shape == (2, 3, 7, 4)
    for way in ("tiled", "fused"):
        torch.testing.assert_close(WAYS[way](q, k, v), direct, rtol=1e-12, atol=1e-12)
    assert torch.equal(direct[:, :, 0], v[:, :, 0])  # the first sees itself alone


@needs_linux
def test_a_peak_is_seen_after_it_is_over():
    FORGET.write_text(PEAK, encoding="ascii")
    before = held_bytes("VmRSS")
    torch.ones(64 * MIB, dtype=torch.uint8)
    # Some memory may have been there from before, and be used again.
    assert 48 * MIB < held_bytes("VmHWM") - before < 80 * MIB
    FORGET.write_text(PEAK, encoding="ascii")
    assert held_bytes("VmHWM") - before < 48 * MIB


@needs_linux
@pytest.mark.slow
def test_the_table_takes_what_it_must_and_the_tiles_do_not():
    table = 2048**2 * 4
    assert table < attention_peak_bytes("direct", 2048) < 8 * table
    assert attention_peak_bytes("tiled", 2048) < table


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="no way 'fast' to attend; there are direct, tiled, fused"):
        attention_peak_bytes("fast", 64)


def test_a_machine_that_shows_nothing_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(peak_memory, "FORGET", tmp_path / "none")
    assert not can_measure()
    with pytest.raises(RuntimeError, match="from which a peak can be read"):
        attention_peak_bytes("tiled", 64)


@needs_linux
@pytest.mark.slow
def test_the_last_words_of_a_failed_process_are_told():
    with pytest.raises(RuntimeError, match=r"(?s)tiled at -5 positions failed: .*negative"):
        attention_peak_bytes("tiled", -5)
