import importlib
import re
import sys

import pytest
import torch

from tests.course_lib.kernels.in_triton.process import found_by, needs_triton

# As shares of the size of the whole tensor. Inputs, weights, slopes and results are each rounded to
# the digits of the dtype: by half of 2^-23, 2^-10 or 2^-7 of each number at most.
CLOSE = {"torch.float32": 1e-6, "torch.float16": 1e-3, "torch.bfloat16": 1e-2}


@pytest.fixture(scope="module")
def interpreted():
    return found_by("whole", CUDA_VISIBLE_DEVICES="")


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize("output", ["values", "lse", "d_q", "d_k", "d_v"])
def test_matches_the_whole_table_in_the_interpreter(interpreted, output):
    assert {(case["causal"], case["dtype"]) for case in interpreted["found"]} == {
        (causal, dtype) for causal in (False, True) for dtype in ("torch.float32", "torch.float16")
    }
    for case in interpreted["found"]:
        assert case["errors"][output] < CLOSE[case["dtype"]], case


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("widths", "queries of width 16 cannot meet keys of width 8"),
        ("heads", "3 query heads are not a multiple of 2 key/value heads"),
        ("values", "values of width 8 must be as wide as keys, 16"),
        ("power of 2", "the head width 48 is not a power of 2"),
        ("too narrow", "the head width 8 is not a power of 2 from 16 on"),
        ("dtypes", "q, k and v differ in dtype: .*float32, .*float32, .*float64"),
        ("double", "float64 cannot be multiplied here, only torch.float16, torch.float32"),
        ("bfloat16", "bfloat16 cannot be multiplied here, only torch.float16, torch.float32"),
    ],
)
def test_what_the_kernels_cannot_do_is_refused_in_a_sentence(interpreted, what, sentence):
    assert re.search(sentence, interpreted["refused"][what])


@needs_triton
@pytest.mark.slow
def test_a_cpu_without_the_interpreter_is_refused_in_a_sentence():
    said = found_by("without_interpreter", interpreted=False)
    assert re.search("run on a GPU, not on cpu; set TRITON_INTERPRET=1 before", said)


def test_without_triton_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "course_lib.kernels.flash_triton", raising=False)
    with pytest.raises(ImportError, match="pip install triton"):
        importlib.import_module("course_lib.kernels.flash_triton")


@needs_triton
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_matches_the_whole_table_on_a_gpu():
    for case in found_by("whole", interpreted=False)["found"]:
        assert max(case["errors"].values()) < CLOSE[case["dtype"]], case
