import json
import math
from dataclasses import replace

import pytest
import torch

from course_lib.checkpoints import depth_runs
from course_lib.checkpoints.depth_runs import (
    DEPTHS,
    NORMS,
    PARTS,
    RATES,
    RECORD,
    SEEDS,
    WARM_UP_DEPTH,
    WARM_UPS,
    Outcome,
    Trial,
    best_outcomes,
    decoder_config,
    record,
    recorded_outcomes,
    run_trial,
    trials,
)
from course_lib.models.decoder_variants import VARIANTS

SHORT = Trial(kind="whole", n_layers=2, learning_rate=1e-3, n_warmup=3, n_steps=21)


def write(path, *runs):
    made = [
        {"trial": trial.__dict__, "seed": seed, "outcome": depth_runs.as_json(outcome)}
        for trial, seed, outcome in runs
    ]
    path.write_text(json.dumps({"runs": made}), encoding="utf-8")


def test_every_trial_is_listed_once():
    listed = trials()
    assert len(set(listed)) == len(listed)
    assert len(listed) == len(PARTS) * len(DEPTHS) * len(RATES) + len(NORMS) * len(WARM_UPS)
    assert {trial.kind for trial in listed} == set(VARIANTS)
    assert WARM_UP_DEPTH not in DEPTHS


def test_a_trial_repeats_and_learns():
    torch.set_num_threads(1)
    first = run_trial(SHORT, seed=3)
    assert run_trial(SHORT, seed=3) == first
    assert run_trial(SHORT, seed=4) != first
    assert len(first.ranks) == SHORT.n_layers + 1
    assert len(first.history) == 2  # means of ten; the last step is left out
    assert first.history[1] < first.history[0]
    assert all(1 <= rank <= 40 for rank in first.ranks)


def test_a_trial_whose_numbers_overflow():
    outcome = run_trial(replace(SHORT, kind="no norm", learning_rate=1e6, n_warmup=0), seed=0)
    assert math.isnan(outcome.loss)
    assert outcome.ranks == ()


def test_the_sizes_differ_in_depth_alone():
    assert replace(decoder_config(3), n_layers=7) == decoder_config(7)


def test_a_record_holds_every_trial_and_seed(monkeypatch):
    monkeypatch.setattr(
        depth_runs, "run_trial", lambda trial, seed: Outcome(seed / 3, (1.23456,), (2.0,))
    )
    made = record([SHORT, replace(SHORT, n_layers=1)], seeds=(1, 5))["runs"]
    assert [(run["trial"]["n_layers"], run["seed"]) for run in made] == [
        (2, 1),
        (2, 5),
        (1, 1),
        (1, 5),
    ]
    assert made[0]["outcome"] == {"loss": 0.3333, "ranks": [1.23], "history": [2.0]}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "runs.json"
    good, lost = Outcome(1.5, (3.0, 2.0), (4.0,)), Outcome(math.nan, (), (9.0,))
    write(path, (SHORT, 0, good), (SHORT, 1, lost))
    first, second = recorded_outcomes(SHORT, path)
    assert first == good
    assert math.isnan(second.loss)
    with pytest.raises(ValueError, match="was not recorded"):
        recorded_outcomes(replace(SHORT, n_layers=9), path)


def test_the_better_rate_is_that_of_the_lower_mean_and_overflow_is_worst(tmp_path):
    path = tmp_path / "runs.json"
    low, high = (Trial(kind="whole", n_layers=4, learning_rate=rate) for rate in RATES)

    def ended(*losses):
        return [Outcome(loss, (), ()) for loss in losses]

    for a, b, best in (
        ((3.0, 1.0), (2.0, 2.5), (3.0, 1.0)),
        ((3.0, 2.0), (2.0, 2.5), (2.0, 2.5)),
        ((3.0, 2.0), (1.0, math.nan), (3.0, 2.0)),
    ):
        runs = [(low, n, o) for n, o in enumerate(ended(*a))]
        write(path, *runs, *((high, n, o) for n, o in enumerate(ended(*b))))
        assert tuple(o.loss for o in best_outcomes("whole", 4, path)) == best


def test_the_script_writes_all_of_it(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(depth_runs, "RECORD", tmp_path / "runs.json")
    monkeypatch.setattr(
        depth_runs, "record", lambda runs, seeds: asked.update(runs=runs, seeds=seeds) or {"a": 1}
    )
    depth_runs.main()
    assert asked == {"runs": trials(), "seeds": SEEDS}
    assert json.loads((tmp_path / "runs.json").read_text(encoding="utf-8")) == {"a": 1}


class TestTheRecord:
    def test_it_is_of_these_trials_and_seeds(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert {"versions", "machine", "date", "made_by"} <= set(kept)
        for trial in trials():
            assert len(recorded_outcomes(trial)) == len(SEEDS)

    def test_a_run_of_it_is_made_again(self):
        torch.set_num_threads(1)
        trial = Trial(kind="whole", n_layers=1, learning_rate=RATES[0])
        kept = recorded_outcomes(trial)[0]
        made = run_trial(trial, SEEDS[0])
        # Other processors round otherwise, and 200 steps let that grow.
        assert made.loss == pytest.approx(kept.loss, abs=0.1)
        assert made.history[0] == pytest.approx(kept.history[0], abs=0.01)
