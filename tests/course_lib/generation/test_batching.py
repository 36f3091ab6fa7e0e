from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.batching import (
    Load,
    Request,
    RooflineCost,
    simulate_continuous,
    simulate_static,
)

SCHEDULES = [simulate_static, simulate_continuous]
COST = RooflineCost(weights_s=0.25, token_s=0.125)


def one_second(load):
    return 1.0


def requests_strategy(latest_s):
    request = st.builds(
        Request,
        arrival_s=st.integers(0, latest_s).map(lambda quarters: quarters / 4),
        n_prompt=st.integers(1, 9),
        n_new=st.integers(1, 9),
    )
    return st.lists(request, min_size=1, max_size=9)


ANY_TIME, AT_ONCE = requests_strategy(40), requests_strategy(0)

# Two rows; the third request comes while the first two are served.
A = Request(arrival_s=0.0, n_prompt=3, n_new=1)
B = Request(arrival_s=0.0, n_prompt=2, n_new=3)
C = Request(arrival_s=0.5, n_prompt=4, n_new=2)


class TestRequest:
    @pytest.mark.parametrize(
        ("arrival_s", "n_prompt", "n_new"), [(-1.0, 1, 1), (0.0, 0, 1), (0.0, 1, 0)]
    )
    def test_what_is_no_request_is_refused(self, arrival_s, n_prompt, n_new):
        with pytest.raises(ValueError, match=f"unlike .*n_prompt={n_prompt}, n_new={n_new}"):
            Request(arrival_s=arrival_s, n_prompt=n_prompt, n_new=n_new)


class TestRooflineCost:
    def test_hand_worked_case(self):
        # Two tokens take as long as the weights, three take longer.
        assert [COST(Load(9, n)) for n in (1, 2, 3)] == [0.25, 0.25, 0.375]


class TestSimulateStatic:
    def test_hand_worked_case(self):
        # A and B: prompts padded to 3, 6 positions, 0.75 s; then two steps of two rows, 0.25 s
        # each, though A is done. At 1.25 s C goes alone: 4 positions, 0.5 s, and one more step.
        timeline = simulate_static([A, B, C], 2, COST)
        assert [(s.start_s, s.end_s) for s in timeline.steps] == [
            (0.0, 0.75),
            (0.75, 1.0),
            (1.0, 1.25),
            (1.25, 1.75),
            (1.75, 2.0),
        ]
        loads = [Load(2, 6), Load(2, 2), Load(2, 2), Load(1, 4), Load(1, 1)]
        assert [step.load for step in timeline.steps] == loads
        assert [step.served for step in timeline.steps] == [(0, 1), (1,), (1,), (2,), (2,)]
        assert [step.seq_lens for step in timeline.steps] == [(4, 3), (4,), (5,), (5,), (6,)]
        assert timeline.done_s == (1.25, 1.25, 2.0)
        assert timeline.latencies_s == (1.25, 1.25, 1.5)
        assert timeline.tokens_per_s == 6 / 2.0
        assert timeline.idle_share == 1 - 6 / 8


class TestSimulateContinuous:
    def test_hand_worked_case(self):
        # A and B: 3 and 2 positions, 0.625 s, and A is done. C takes its place: 1 and 4 positions,
        # 0.625 s; then one step for both, 0.25 s.
        timeline = simulate_continuous([A, B, C], 2, COST)
        assert [(s.start_s, s.end_s) for s in timeline.steps] == [
            (0.0, 0.625),
            (0.625, 1.25),
            (1.25, 1.5),
        ]
        assert [step.load for step in timeline.steps] == [Load(2, 5), Load(2, 5), Load(2, 2)]
        assert [step.served for step in timeline.steps] == [(0, 1), (1, 2), (1, 2)]
        assert [step.seq_lens for step in timeline.steps] == [(4, 3), (4, 5), (5, 6)]
        assert timeline.done_s == (0.625, 1.5, 1.5)
        assert timeline.latencies_s == (0.625, 1.5, 1.0)
        assert timeline.tokens_per_s == 6 / 1.5
        assert timeline.idle_share == 0

    @given(requests=ANY_TIME, max_sequences=st.integers(1, 4))
    def test_nobody_waits_while_a_row_is_free(self, requests, max_sequences):
        timeline = simulate_continuous(requests, max_sequences, COST)
        for step in timeline.steps:
            unfinished = {
                i
                for i, request in enumerate(requests)
                if request.arrival_s <= step.start_s < timeline.done_s[i]
            }
            assert len(step.served) == min(max_sequences, len(unfinished))
            assert set(step.served) <= unfinished

    @given(requests=ANY_TIME, max_sequences=st.integers(1, 4))
    def test_a_row_is_kept_until_the_end(self, requests, max_sequences):
        timeline = simulate_continuous(requests, max_sequences, COST)
        for i, request in enumerate(requests):
            steps = [n for n, step in enumerate(timeline.steps) if i in step.served]
            assert steps == list(range(steps[0], steps[0] + request.n_new))
            assert timeline.steps[steps[-1]].end_s == timeline.done_s[i]


@pytest.mark.parametrize("simulate", SCHEDULES)
class TestEverySchedule:
    @given(requests=ANY_TIME, max_sequences=st.integers(1, 4))
    def test_each_token_is_made_once_and_the_batch_is_never_too_large(
        self, simulate, requests, max_sequences
    ):
        timeline = simulate(requests, max_sequences, COST)
        counts = Counter(i for step in timeline.steps for i in step.served)
        assert counts == {i: request.n_new for i, request in enumerate(requests)}
        for step in timeline.steps:
            assert len(step.served) == len(set(step.served)) == len(step.seq_lens)
            assert len(step.served) <= step.load.n_sequences <= max_sequences
        longest = Counter()
        for step in timeline.steps:
            for i, seq_len in zip(step.served, step.seq_lens, strict=True):
                longest[i] += 1
                assert seq_len == requests[i].n_prompt + longest[i]

    @given(requests=ANY_TIME, max_sequences=st.integers(1, 4))
    def test_time_goes_forward_and_nobody_is_served_before_arriving(
        self, simulate, requests, max_sequences
    ):
        timeline = simulate(requests, max_sequences, COST)
        clock_s = 0.0
        for step in timeline.steps:
            assert clock_s <= step.start_s < step.end_s
            assert step.end_s == step.start_s + COST(step.load)
            assert all(requests[i].arrival_s <= step.start_s for i in step.served)
            clock_s = step.end_s
        assert max(timeline.done_s) == clock_s
        assert min(timeline.latencies_s) > 0

    @given(requests=ANY_TIME, max_sequences=st.integers(1, 4))
    def test_whoever_comes_first_is_served_first(self, simulate, requests, max_sequences):
        timeline = simulate(requests, max_sequences, COST)
        begun = list(dict.fromkeys(i for step in timeline.steps for i in step.served))
        arrivals = [requests[i].arrival_s for i in begun]
        assert arrivals == sorted(arrivals)

    def test_the_machine_waits_for_the_first_request(self, simulate):
        late = Request(arrival_s=7.0, n_prompt=2, n_new=1)
        timeline = simulate([late], 2, COST)
        assert timeline.steps[0].start_s == 7.0
        assert timeline.tokens_per_s == 1 / 0.25

    @pytest.mark.parametrize(("requests", "max_sequences"), [([], 2), ([A], 0)])
    def test_nothing_to_schedule_is_refused(self, simulate, requests, max_sequences):
        message = f"{len(requests)} requests and room for {max_sequences} make no schedule"
        with pytest.raises(ValueError, match=message):
            simulate(requests, max_sequences, COST)


class TestStaticAgainstContinuous:
    @given(requests=AT_ONCE, max_sequences=st.integers(1, 4))
    def test_of_requests_that_come_together_none_waits_longer(self, requests, max_sequences):
        # Rows become free no later, one by one, than when the whole batch is done; so each
        # request begins no later, counted in steps.
        static = simulate_static(requests, max_sequences, one_second)
        continuous = simulate_continuous(requests, max_sequences, one_second)
        assert len(continuous.steps) <= len(static.steps)
        pairs = zip(continuous.done_s, static.done_s, strict=True)
        assert all(ours <= theirs for ours, theirs in pairs)

    @given(requests=ANY_TIME)
    def test_with_one_row_they_are_the_same(self, requests):
        static, continuous = (simulate(requests, 1, COST) for simulate in SCHEDULES)
        assert static == continuous

    def test_of_requests_that_come_one_by_one_some_may_wait_longer(self):
        # Served step by step, the first two are done at 3 s and the third begins when it comes, at
        # 3.25 s; the fourth has just missed that step. Served batch by batch, the second is done
        # at 4 s, and the two that have come by then go together.
        requests = [
            Request(arrival_s=arrival_s, n_prompt=1, n_new=n_new)
            for arrival_s, n_new in [(0.0, 3), (0.5, 1), (3.25, 1), (3.5, 1)]
        ]
        assert simulate_static(requests, 2, one_second).done_s == (3.0, 4.0, 5.0, 5.0)
        assert simulate_continuous(requests, 2, one_second).done_s == (3.0, 2.0, 4.25, 5.25)
