import resource
import sys

import numpy as np
import pytest
import torch

from autograder.sandbox.memory import limit_memory

MIB = 2**20

needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits addresses")


def limits():
    return resource.getrlimit(resource.RLIMIT_AS)


@needs_limits
@pytest.mark.parametrize(
    "ask",
    [
        lambda: torch.ones(100 * MIB),
        lambda: np.ones(400 * MIB, dtype=np.int8),
        lambda: bytearray(400 * MIB),
    ],
    ids=["torch", "numpy", "Python"],
)
def test_what_asks_for_more_ends_with_a_sentence(ask):
    with pytest.raises(MemoryError, match="more than 256 MiB at one time"), limit_memory(256):
        ask()


@needs_limits
def test_many_pieces_that_are_alive_at_once_count_together():
    def pieces():
        return [torch.ones(10 * MIB) for _ in range(10)]

    with pytest.raises(MemoryError, match="more than 256 MiB"), limit_memory(256):
        pieces()
    with limit_memory(512):
        assert len(pieces()) == 10


def test_pieces_that_are_let_go_count_once():
    with limit_memory(256):
        for _ in range(10):
            assert torch.ones(32 * MIB).numel() == 32 * MIB


def test_the_limit_ends_with_the_body():
    before = limits()
    with pytest.raises(KeyError), limit_memory(64):
        raise KeyError
    assert limits() == before
    assert torch.ones(100 * MIB).nbytes == 400 * MIB


def test_without_a_number_there_is_no_limit():
    before = limits()
    with limit_memory(None):
        assert limits() == before


def test_a_tighter_limit_of_the_process_stays():
    soft, hard = limits()
    with limit_memory(512), limit_memory(10**9):
        inner = limits()[0]
    assert inner < 10**9 * MIB
    assert limits() == (soft, hard)


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="cannot be multiplied"), limit_memory(256):
        torch.ones(2, 3) @ torch.ones(2, 3)
