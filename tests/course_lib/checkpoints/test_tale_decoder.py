import json
import math
from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints import tale_decoder
from course_lib.checkpoints.tale_decoder import (
    CHECKPOINT,
    CONFIG,
    PADDING,
    SEED,
    SETTINGS,
    Settings,
    describe,
    held_out_tales,
    load_teller,
    make_batch,
    next_word_loss,
    train_teller,
)
from course_lib.checkpoints.weights import read_description, save_checkpoint
from course_lib.data import tinytales

SHORT = Settings(n_steps=2, batch_size=2, n_warmup=1)


def test_a_batch_holds_the_words_and_then_padding():
    tales = held_out_tales(4)
    batch = make_batch(tales)
    assert batch.shape == (4, max(len(tale.words) for tale in tales))
    for row, tale in zip(batch.tolist(), tales, strict=True):
        n_words = len(tale.words)
        assert tuple(tinytales.VOCABULARY[number] for number in row[:n_words]) == tale.words
        assert set(row[n_words:]) <= {PADDING}


def test_the_loss_is_the_mean_over_the_words_and_not_the_padding():
    tales = held_out_tales(3)
    model = load_teller()
    log_p, n_words = 0.0, 0
    with torch.no_grad():
        for tale in tales:
            row = make_batch([tale])
            scores = model(row).logits[0].log_softmax(dim=-1)
            log_p += sum(scores[t, row[0, t + 1]].item() for t in range(len(tale.words) - 1))
            n_words += len(tale.words) - 1
        loss = next_word_loss(model, make_batch(tales)).item()
    assert loss == pytest.approx(-log_p / n_words, abs=1e-4)


def test_tales_of_the_test_are_always_the_same():
    assert [tale.text for tale in held_out_tales(3)] == [tale.text for tale in held_out_tales(4)][
        :3
    ]


def test_training_repeats_with_the_seed_and_reports_each_step():
    steps = []
    first = train_teller(5, lambda step, loss: steps.append((step, loss)), SHORT)
    second, other = train_teller(5, settings=SHORT), train_teller(6, settings=SHORT)
    kept, again = first.state_dict(), second.state_dict()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert not torch.equal(kept["embedding.weight"], other.state_dict()["embedding.weight"])
    assert [step for step, _ in steps] == [0, 1]
    assert not first.training


class TestCheckpoint:
    def test_it_is_of_these_settings_and_does_what_it_says(self):
        description = read_description(CHECKPOINT)
        assert description["config"] == asdict(CONFIG)
        assert description["settings"] == asdict(SETTINGS)
        assert description["seed"] == SEED
        made = describe(load_teller(), SEED)["metrics"]
        assert made == pytest.approx(description["metrics"], abs=1e-3)
        assert made["floor"] < made["nats_per_word"] < 1.3 * made["floor"]
        assert made["nats_per_word"] < math.log(len(tinytales.VOCABULARY)) / 4

    def test_it_is_small(self):
        assert CHECKPOINT.stat().st_size < 600_000

    def test_the_script_writes_it_where_it_is_read(self, tmp_path, monkeypatch):
        path = tmp_path / "teller.safetensors"
        model = train_teller(0, settings=SHORT)
        monkeypatch.setattr(tale_decoder, "CHECKPOINT", path)
        monkeypatch.setattr(tale_decoder, "train_teller", lambda seed: model)
        tale_decoder.main()
        kept = load_teller(path).state_dict()
        assert all(torch.equal(kept[name], value) for name, value in model.state_dict().items())

    def test_a_description_without_sizes(self, tmp_path):
        path = tmp_path / "teller.safetensors"
        save_checkpoint(load_teller(), path, {"config": {"d_model": 64}})
        with pytest.raises(ValueError, match="no sizes of this model"):
            load_teller(path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="make checkpoints"):
            load_teller(tmp_path / "teller.safetensors")

    def test_the_description_is_json(self):
        assert json.loads(CHECKPOINT.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.load
def test_the_checkpoint_is_made_again():
    torch.set_num_threads(1)
    made = describe(train_teller(SEED), SEED)["metrics"]
    # Another machine rounds otherwise, and training carries that on.
    assert made == pytest.approx(read_description(CHECKPOINT)["metrics"], abs=0.05)
