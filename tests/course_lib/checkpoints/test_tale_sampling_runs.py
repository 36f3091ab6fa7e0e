import json
import math

import pytest
import torch

from course_lib.analysis.tale_samples import Quality
from course_lib.checkpoints import tale_sampling_runs
from course_lib.checkpoints.tale_sampling_runs import (
    N_TALES,
    RECORD,
    RULES,
    record,
    recorded_quality,
)
from course_lib.generation.sampling import SamplingConfig


@pytest.fixture
def few_rules(monkeypatch):
    rules = {"nothing cut": (SamplingConfig(),), "cold": (SamplingConfig(temperature=0.5),) * 2}
    monkeypatch.setattr(tale_sampling_runs, "RULES", rules)


def test_a_record_holds_every_setting_and_seed(few_rules):
    made = record(seeds=(4, 5), n_tales=3)
    named = [(run["rule"], run["place"], run["seed"]) for run in made["runs"]]
    places = [("nothing cut", 0), ("cold", 0), ("cold", 1)]
    assert named == [(rule, place, seed) for rule, place in places for seed in (4, 5)]
    assert made["runs"][2]["settings"]["temperature"] == 0.5
    assert made["n_tales"] == 3


def test_the_script_writes_what_is_read(few_rules, tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(tale_sampling_runs, "RECORD", path)
    monkeypatch.setattr(tale_sampling_runs, "N_TALES", 2)
    runs = {"runs": [_run("cold", place, place / 2) for place in (0, 1) for _ in range(3)]}
    monkeypatch.setattr(tale_sampling_runs, "record", lambda seeds: runs)
    tale_sampling_runs.main()
    assert recorded_quality("cold", path) == [[Quality(p, 1.0, 0.5)] * 3 for p in (0.0, 0.5)]


class TestTheRecord:
    def test_it_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert kept["n_tales"] == N_TALES >= 500
        for rule, settings in RULES.items():
            measured = recorded_quality(rule)
            assert len(measured) == len(settings)
            assert {len(seeds) for seeds in measured} == {3}

    def test_a_part_of_it_is_made_again(self):
        """A tenth as many tales: within four standard errors, and the seeds' own spread."""
        torch.set_num_threads(1)
        [[first, *_]] = recorded_quality("nothing cut")
        rule = {"nothing cut": RULES["nothing cut"]}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tale_sampling_runs, "RULES", rule)
            [run] = record(seeds=(9,), n_tales=50)["runs"]
        share = first.stories
        assert abs(run["quality"]["stories"] - share) < 4 * math.sqrt(share * (1 - share) / 50)


def _run(rule, place, stories):
    quality = {"stories": stories, "sentences": 1.0, "variety": 0.5}
    return {"rule": rule, "place": place, "settings": {}, "seed": 0, "quality": quality}
