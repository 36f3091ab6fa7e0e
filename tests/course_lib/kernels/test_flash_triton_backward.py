import pytest

from tests.course_lib.kernels.in_triton.process import found_by, needs_triton

pytestmark = [needs_triton, pytest.mark.slow]

# As in the forward pass; a key's slope is a sum over all queries of all heads that share it, up to
# about 10 in size.
CLOSE = 1e-5


@pytest.fixture(scope="module")
def found():
    return found_by("passes", "backward")


@pytest.mark.parametrize("output", ["delta", "d_q", "d_k", "d_v"])
def test_matches_autograd_through_the_whole_table_and_writes_nothing_else(found, output):
    assert len(found) == 8
    for case in found:
        assert case["errors"][output] < CLOSE, case
