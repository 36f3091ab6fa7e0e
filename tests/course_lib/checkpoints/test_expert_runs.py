import json
from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints import expert_runs
from course_lib.checkpoints.expert_runs import (
    RECORD,
    SEEDS,
    Outcome,
    as_json,
    examine,
    record,
    recorded_outcomes,
    run_trial,
    trials,
)
from course_lib.checkpoints.village_readers import (
    EXPERTS,
    answer_logits,
    dense_trial,
    experts_trial,
    train_trial,
)
from course_lib.data.village_facts import all_questions
from course_lib.models.expert_decoder import active_parameters, watched_routers

SHORT = experts_trial(4, n_villages=1, n_steps=110)


def test_every_trial_is_listed_once():
    listed = trials()
    assert len(set(listed)) == len(listed) == 1 + 3 * len(EXPERTS) + 2


def test_a_trial_is_examined():
    torch.set_num_threads(1)
    outcome = run_trial(SHORT, 1)
    model, history = train_trial(SHORT, 1)
    assert examine(model, SHORT, history) == outcome
    asked = all_questions(1)
    right = answer_logits(model, asked).argmax(dim=1) == asked.answers
    assert outcome.recalled == pytest.approx(right.double().mean().item())
    assert len(outcome.history) == 1
    assert outcome.history[0] == pytest.approx(sum(history[:100]) / 100)
    with watched_routers(model) as said, torch.no_grad():
        model(asked.token_ids)
    best = said[0][asked.counted.flatten()].topk(2).indices
    counts = best.flatten().bincount(minlength=4)
    assert outcome.shares == pytest.approx((counts / counts.sum()).tolist())
    assert outcome.n_active == active_parameters(model) < outcome.n_parameters


def test_a_dense_decoder_has_no_shares():
    outcome = run_trial(dense_trial(2, n_villages=1, n_steps=51), 0)
    assert outcome.shares == outcome.history == ()
    assert outcome.n_active == outcome.n_parameters


def test_a_record_holds_every_trial_and_seed_and_is_read(tmp_path, monkeypatch):
    made = Outcome(0.123456, 0.5, 30, 20, (0.7, 0.3), (2.0,))
    monkeypatch.setattr(expert_runs, "run_trial", lambda trial, seed: made)
    path = tmp_path / "runs.json"
    other = experts_trial(8)
    written = record([SHORT, other], seeds=(1, 5))
    path.write_text(json.dumps(written), encoding="utf-8")
    assert [run["seed"] for run in written["runs"]] == [1, 5, 1, 5]
    assert written["runs"][0]["trial"] == asdict(SHORT)
    rounded = Outcome(0.1235, 0.5, 30, 20, (0.7, 0.3), (2.0,))
    assert as_json(made)["loss"] == 0.1235
    assert recorded_outcomes(other, path) == [rounded, rounded]
    with pytest.raises(ValueError, match="was not recorded"):
        recorded_outcomes(experts_trial(16), path)


def test_the_script_writes_all_of_it(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(expert_runs, "RECORD", tmp_path / "runs.json")
    monkeypatch.setattr(
        expert_runs, "record", lambda runs, seeds: asked.update(runs=runs, seeds=seeds) or {"a": 1}
    )
    expert_runs.main()
    assert asked == {"runs": trials(), "seeds": SEEDS}
    assert json.loads((tmp_path / "runs.json").read_text(encoding="utf-8")) == {"a": 1}


class TestTheRecord:
    def test_it_is_of_these_trials_and_seeds(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert {"versions", "machine", "date", "made_by"} <= set(kept)
        assert len(kept["runs"]) == len(trials()) * len(SEEDS)
        for trial in trials():
            assert len(recorded_outcomes(trial)) == len(SEEDS)

    def test_experts_beat_the_dense_twin_of_equal_cost_from_every_seed(self):
        dense = recorded_outcomes(dense_trial(2))
        for n_experts in EXPERTS:
            sparse = recorded_outcomes(experts_trial(n_experts))
            assert max(each.loss for each in sparse) < min(each.loss for each in dense)

    def test_a_run_of_it_begins_again(self):
        torch.set_num_threads(1)
        kept = recorded_outcomes(experts_trial(8))[0]
        model, history = train_trial(experts_trial(8, n_steps=2000 // 10), SEEDS[0])
        assert sum(parameter.numel() for parameter in model.parameters()) == kept.n_parameters
        # The schedule is another, the first hundred steps nearly the same.
        assert sum(history[:100]) / 100 == pytest.approx(kept.history[0], abs=0.15)
