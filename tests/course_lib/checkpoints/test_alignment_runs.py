import json

import pytest
import torch

from course_lib.checkpoints import alignment_runs
from course_lib.checkpoints.alignment_runs import (
    LEASHES,
    RECORD,
    SETTINGS,
    Settings,
    fine_tune,
    raise_reward,
    record,
    recorded_curves,
)
from course_lib.training.story_chat import answer, draw_requests
from course_lib.training.story_preferences import compare_answers, learn_reward

QUICK = Settings(n_tuning=30, n_openings=30, n_rounds=2, n_warmup=2)


@pytest.fixture(scope="module")
def made():
    return record(seeds=(4,), settings=QUICK)


def test_fine_tuning_teaches_to_stop():
    model = fine_tune(torch.Generator().manual_seed(0), Settings(n_tuning=60, n_warmup=5))
    openings = [r.opening for r in draw_requests(20, torch.Generator().manual_seed(1))]
    said = answer(model, openings, torch.Generator().manual_seed(2))
    assert sum(reply.is_ended for reply in said) >= 15
    assert not model.training


def test_a_record_holds_every_leash(made):
    assert [run["kl_weight"] for run in made["runs"]] == list(LEASHES)
    for run in made["runs"]:
        for name in ("reward", "wanted", "kl", "reasons"):
            assert len(run[name]) == QUICK.n_rounds
        assert abs(run["kl"][0]) < 0.01  # nothing has moved yet
        assert run["example"]
    assert len({run["reward"][0] for run in made["runs"]}) == 1  # all begin alike


def test_it_is_read_back(made, tmp_path):
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(made))
    [curve] = recorded_curves(LEASHES[1], path)
    assert curve.reward == made["runs"][1]["reward"]
    assert curve.example == made["runs"][1]["example"]
    assert recorded_curves(0.123, path) == []


def test_the_script_writes_what_is_read(made, tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(alignment_runs, "RECORD", path)
    monkeypatch.setattr(alignment_runs, "record", lambda seeds: made)
    alignment_runs.main()
    assert len(recorded_curves(LEASHES[0], path)) == 1


class TestTheRecord:
    def test_it_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert Settings(**kept["settings"]) == SETTINGS
        for kl_weight in LEASHES:
            curves = recorded_curves(kl_weight)
            assert len(curves) == 3
            assert {len(curve.reward) for curve in curves} == {SETTINGS.n_rounds}

    @pytest.mark.slow
    @pytest.mark.load
    def test_its_beginning_is_made_again(self):
        """Shares of 128 answers: within five standard errors of what was recorded at the start."""
        torch.set_num_threads(1)
        own = torch.Generator().manual_seed(0)
        assistant = fine_tune(own)
        pairs = compare_answers(assistant, 100, own)
        reward_model = learn_reward(assistant, pairs, own, n_steps=2)
        few = Settings(n_rounds=1)
        again = torch.Generator().manual_seed(0)
        curve = raise_reward(assistant, reward_model, 0.0, again, few)
        [recorded, *_] = recorded_curves(0.0)
        assert abs(curve.wanted[0] - recorded.wanted[0]) < 5 * (0.25 / 128) ** 0.5
