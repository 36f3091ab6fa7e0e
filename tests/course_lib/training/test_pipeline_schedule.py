from itertools import pairwise

import pytest

from course_lib.training.pipeline_schedule import (
    Job,
    all_forward_first,
    one_forward_one_backward,
)

BOTH = [all_forward_first, one_forward_one_backward]
SIZES = [(1, 1), (1, 4), (3, 1), (4, 3), (4, 4), (3, 8), (5, 16)]


def test_two_stages_by_hand():
    # Stage 0: forward 0 and 1, then it waits for stage 1, which turns round at once.
    jobs = all_forward_first(2, 2).jobs
    assert jobs == (
        Job(0, "forward", 0, 0),
        Job(0, "forward", 1, 1),
        Job(0, "backward", 1, 5),
        Job(0, "backward", 0, 7),
        Job(1, "forward", 0, 1),
        Job(1, "forward", 1, 2),
        Job(1, "backward", 1, 3),
        Job(1, "backward", 0, 5),
    )


@pytest.mark.parametrize("schedule", BOTH)
@pytest.mark.parametrize(("p", "m"), SIZES)
class TestBoth:
    def test_every_stage_does_every_job_once_and_one_at_a_time(self, schedule, p, m):
        found = schedule(p, m)
        for stage in range(p):
            own = [job for job in found.jobs if job.stage == stage]
            assert {(job.kind, job.batch) for job in own} == {
                (kind, batch) for kind in ("forward", "backward") for batch in range(m)
            }
            assert len(own) == 2 * m
            assert all(b.start >= a.end for a, b in pairwise(own))

    def test_nothing_begins_before_what_it_needs(self, schedule, p, m):
        done = {(job.stage, job.kind, job.batch): job for job in schedule(p, m).jobs}
        for (stage, kind, batch), job in done.items():
            if kind == "forward" and stage:
                assert job.start >= done[stage - 1, "forward", batch].end
            if kind == "backward":
                assert job.start >= done[stage, "forward", batch].end
                if stage < p - 1:
                    assert job.start >= done[stage + 1, "backward", batch].end

    def test_the_bubble_is_that_of_the_formula(self, schedule, p, m):
        found = schedule(p, m)
        assert found.duration == 3 * (m + p - 1)
        assert found.idle_share == pytest.approx((p - 1) / (m + p - 1), abs=1e-12)


@pytest.mark.parametrize(("p", "m"), SIZES)
def test_what_is_kept(p, m):
    waiting, turning = all_forward_first(p, m), one_forward_one_backward(p, m)
    for stage in range(p):
        assert waiting.most_held(stage) == m
        assert turning.most_held(stage) == min(p - stage, m)


@pytest.mark.parametrize("schedule", BOTH)
@pytest.mark.parametrize(("p", "m"), [(0, 3), (3, 0)])
def test_nothing_to_do_is_refused(schedule, p, m):
    with pytest.raises(ValueError, match="make no schedule"):
        schedule(p, m)
