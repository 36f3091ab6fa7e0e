import json

import pytest
import torch

from course_lib.checkpoints import tries_runs
from course_lib.checkpoints.sum_models import load_adder
from course_lib.checkpoints.tries_runs import (
    Settings,
    measure,
    recorded_tries,
    train_verifier,
    write_tries,
)
from course_lib.data.arithmetic import Sum, characters

SHORT = Settings(
    n_sums=3, n_tries=2, n_steps=2, batch_size=3, n_warmup=1, n_test_tries=2, n_orders=3
)


@pytest.fixture(scope="module")
def adder():
    return load_adder("scratchpad_early")


def test_the_try_is_the_answer():
    batch = write_tries([Sum(3, 4), Sum(12, 9)], ["7;", "=21;"])
    first = batch.token_ids[0][batch.is_answer[0]].tolist()
    second = batch.token_ids[1][batch.is_answer[1]].tolist()
    assert (characters(first), characters(second)) == ("7;", "=21;")
    assert characters(batch.token_ids[1].tolist()) == "12+9==21;"


def test_a_verifier_is_a_changed_copy(adder):
    before = adder.decoder.embedding.weight.clone()
    verifier = train_verifier(adder, torch.Generator().manual_seed(0), SHORT)
    assert torch.equal(adder.decoder.embedding.weight, before)
    assert not torch.equal(verifier.body.embedding.weight, before)
    assert not verifier.training


def test_it_writes_what_is_read(adder, tmp_path, monkeypatch):
    monkeypatch.setattr(tries_runs, "RECORD", tmp_path / "runs.json")
    made = tries_runs.record((4, 5), SHORT)
    (tmp_path / "runs.json").write_text(json.dumps(made), encoding="utf-8")
    for name in ("among", "vote", "verifier"):
        curves = recorded_tries(name, tmp_path / "runs.json")
        assert [len(curve) for curve in curves] == [2, 2]
    assert [run["seed"] for run in made["runs"]] == [4, 5]


def test_no_pick_beats_the_checker_and_one_try_is_one_try(adder):
    generator = torch.Generator().manual_seed(1)
    verifier = train_verifier(adder, generator, SHORT)
    found = measure(adder, verifier, generator, SHORT)
    assert found["among"][0] == found["vote"][0] == found["verifier"][0]
    assert found["verifier"][1] <= found["among"][1]
    assert 0 <= found["judged_rightly"] <= 1
