import pytest

from tests.course_lib.kernels.in_triton.process import found_by, needs_triton

pytestmark = [needs_triton, pytest.mark.slow]

# Each number is made of at most some hundred float32 numbers of size 1, each rounded by 6e-8.
# Roundings add up as a random walk does, √100 · 6e-8 = 6e-7, and lse is a few times larger.
CLOSE = 5e-6


@pytest.fixture(scope="module")
def found():
    return found_by("passes", "forward")


@pytest.mark.parametrize("output", ["values", "lse"])
def test_matches_the_whole_table_and_writes_nothing_else(found, output):
    assert len(found) == 8
    for case in found:
        assert case["errors"][output] < CLOSE, case


def test_the_kernels_compile_for_a_gpu(tmp_path):
    facts = found_by("compiled", interpreted=False, TRITON_CACHE_DIR=str(tmp_path))
    assert {fact["kernel"] for fact in facts} == {"forward_kernel", "queries_kernel", "keys_kernel"}
    for fact in facts:
        assert fact["fits"], fact
        assert fact["matrix units"], fact
