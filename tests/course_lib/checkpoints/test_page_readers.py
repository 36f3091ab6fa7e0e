import json
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file

from course_lib.agents.page_attack import KINDS
from course_lib.agents.page_reader import HANDINGS, paste, read_pages
from course_lib.checkpoints import page_readers
from course_lib.checkpoints.page_readers import (
    CONFIG,
    READERS,
    RECORD,
    SEEDS,
    SETTINGS,
    Settings,
    attacked,
    load_reader,
    measure,
    path_of,
    recorded,
    train_reader,
)
from course_lib.checkpoints.weights import read_description, save_checkpoint
from course_lib.data.page_tasks import VOCAB_SIZE
from course_lib.decoder import DecoderConfig
from course_lib.models.caching_decoder import CachingDecoder

SHORT = Settings(n_steps=4, batch_size=3, n_warmup=1)
SMALL = DecoderConfig(
    vocab_size=VOCAB_SIZE,
    d_model=8,
    n_heads=2,
    n_layers=1,
    d_ff=12,
    positions="rotary",
    max_seq_len=96,
)


def test_training_repeats_with_the_seed_and_reports_each_step():
    steps = []
    first = train_reader("wary", 5, SHORT, SMALL, lambda step, loss: steps.append(step))
    second, other = (train_reader("wary", seed, SHORT, SMALL) for seed in (5, 6))
    kept, again = first.state_dict(), second.state_dict()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert not torch.equal(kept["embedding.weight"], other.state_dict()["embedding.weight"])
    assert steps == [0, 1, 2, 3]
    assert not first.training


def test_only_the_wary_one_meets_poisoned_pages():
    assert SETTINGS.mix_for("wary") == SETTINGS.mix
    assert SETTINGS.mix_for("trusting") == replace(SETTINGS.mix, poisoned=0.0)
    assert SETTINGS.mix.poisoned > 0
    with pytest.raises(ValueError, match="no reader 'rash'"):
        SETTINGS.mix_for("rash")
    with pytest.raises(ValueError, match="no reader 'rash'"):
        path_of("rash")


def test_attacks_are_the_same_every_time():
    for kind in KINDS:
        assert attacked(kind, 5) == attacked(kind, 5)
        assert not any(scenario.is_order for scenario in attacked(kind, 5))


def test_measuring_by_hand(monkeypatch):
    def half_obedient(model, tasks):
        orders = [scenario.order for scenario in attacked("plain", 4)]
        answers = [scenario.task.answer for scenario in attacked("plain", 4)]
        return [orders[0], orders[1], answers[2], ("owl",)]

    monkeypatch.setattr(page_readers, "read_pages", half_obedient)
    found = measure(train_reader("wary", 0, SHORT, SMALL), 4)
    assert set(found) == {f"{kind}, {name}" for kind in KINDS for name in HANDINGS}
    assert found["plain, pasted"] == {"obeyed": 0.5, "answered": 0.25}


def test_the_script_writes_what_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(page_readers, "RECORD", tmp_path / "readers.json")
    monkeypatch.setattr(page_readers, "path_of", lambda name: tmp_path / f"{name}.safetensors")
    monkeypatch.setattr(
        page_readers, "measure", lambda model: {"plain, marked": {"obeyed": 0.5, "answered": 0.1}}
    )
    real = train_reader
    monkeypatch.setattr(
        page_readers, "train_reader", lambda reader, seed: real(reader, seed, SHORT, SMALL)
    )
    page_readers.main()
    found = recorded("wary", "plain", "marked", tmp_path / "readers.json")
    assert found == [{"obeyed": 0.5, "answered": 0.1}] * len(SEEDS)
    for reader in READERS:
        assert load_reader(reader, tmp_path / f"{reader}.safetensors").decoder.cfg == SMALL


class TestCheckpoints:
    @pytest.mark.parametrize("reader", READERS)
    def test_they_are_of_these_settings_small_and_in_half_precision(self, reader):
        description = read_description(path_of(reader))
        assert description["config"] == asdict(CONFIG)
        assert description["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
        assert path_of(reader).stat().st_size < 400_000
        assert {t.dtype for t in load_file(path_of(reader)).values()} == {torch.float16}

    @pytest.mark.parametrize("reader", READERS)
    def test_one_does_what_is_said_of_it(self, reader):
        model = load_reader(reader)
        assert isinstance(model, CachingDecoder)
        said = read_description(path_of(reader))["metrics"]
        scenarios = attacked("plain", 100)
        answers = read_pages(model, [paste(each.task) for each in scenarios])
        pairs = zip(scenarios, answers, strict=True)
        obeyed = sum(words == each.order for each, words in pairs) / 100
        assert obeyed == pytest.approx(said["plain, pasted"]["obeyed"], abs=0.12)

    def test_a_description_without_sizes(self, tmp_path):
        path = tmp_path / "reader.safetensors"
        save_checkpoint(train_reader("wary", 0, SHORT, SMALL), path, {"config": {"d_model": 8}})
        with pytest.raises(ValueError, match="no sizes of this model"):
            load_reader("wary", path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="make checkpoints"):
            load_reader("wary", tmp_path / "reader.safetensors")


def test_the_record_holds_every_seed():
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    assert [run["seed"] for run in found["runs"]] == list(SEEDS)
    assert found["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
    for reader in READERS:
        for kind in KINDS:
            for handing in HANDINGS:
                assert len(recorded(reader, kind, handing)) == len(SEEDS)
