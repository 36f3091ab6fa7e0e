"""What the record says, and that its script makes such a record."""

from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints import needle_readers
from course_lib.checkpoints.needle_readers import (
    CHECKPOINT,
    CONFIG,
    LENGTHS,
    N_PLACES,
    SETTINGS,
    TASK,
    Settings,
    copying_loss,
    load_needle_reader,
    recall_by_place,
    record,
    recorded_recall,
    train_readers,
)
from course_lib.checkpoints.weights import read_description
from course_lib.data.repeats import RepeatTask
from course_lib.decoder import Decoder

SHORT = Settings(
    most_copying=2, n_steps=2, n_warmup=1, longest=(12, 16), batch_sizes=(3, 4, 5), n_test=6
)


def test_training_repeats_with_the_seed():
    def weights(seed):
        return [reader.embedding.weight.clone() for reader in train_readers(seed, SHORT)]

    first, second, other = weights(5), weights(5), weights(6)
    assert len(first) == 2
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])


def test_copying_is_over_when_it_is_learned(monkeypatch):
    calls = []

    def learned(model, batches, loss, optimizer, *, n_steps, **_):
        calls.append(n_steps)
        return [1.0 if len(calls) < 3 else 0.01] * n_steps

    def small(model, batches, loss, *, n_steps, **_):
        calls.append(n_steps)
        return model

    monkeypatch.setattr(needle_readers, "train", learned)
    monkeypatch.setattr(needle_readers, "train_small", small)
    settings = Settings(most_copying=1000, longest=(12, 16))
    list(train_readers(0, settings))
    assert calls == [100, 100, 100, settings.n_steps, settings.n_steps]


def test_the_copying_loss_is_that_of_what_is_decided():
    reader = Decoder(CONFIG, torch.Generator().manual_seed(0), spread=0.3)
    batch = RepeatTask().batch(2, torch.Generator().manual_seed(0))
    log_probs = reader(batch.token_ids[:, :-1]).logits.log_softmax(dim=-1)
    by_hand = [
        -log_probs[row, place, batch.token_ids[row, place + 1]]
        for row, place in batch.is_decided.nonzero().tolist()
    ]
    torch.testing.assert_close(copying_loss(reader, batch), torch.stack(by_hand).mean())


def test_the_places_go_from_the_first_to_the_last():
    reader = Decoder(CONFIG, torch.Generator().manual_seed(0))
    found = recall_by_place(reader, 24, n_test=2, n_places=4)
    assert list(found) == [0, 6, 14, 22]
    assert set(found.values()) <= {0.0, 0.5, 1.0}


def test_a_window_that_sees_all_changes_nothing_and_a_small_one_forgets():
    reader = load_needle_reader()
    whole = recall_by_place(reader, 64, n_test=20)
    assert recall_by_place(reader, 64, n_test=20, window=80) == whole
    narrow = recall_by_place(reader, 64, n_test=20, window=8)
    assert all(share < 0.5 for place, share in narrow.items() if place < 40)
    assert narrow[62] > 0.9


def test_a_record_tells_what_was_done():
    kept = []
    made = record(seeds=(3, 4), settings=SHORT, keep=kept.append)
    assert made["settings"] == asdict(SHORT)
    assert made["task"] == asdict(TASK)
    assert [(run["seed"], run["longest"]) for run in made["runs"]] == [
        (3, 12),
        (3, 16),
        (4, 12),
        (4, 16),
    ]
    assert len(kept) == 1
    assert {"versions", "machine", "date", "made_by"} <= made.keys()


def test_the_script_writes_both_files_where_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "reader.safetensors"
    monkeypatch.setattr(needle_readers, "CHECKPOINT", path)
    monkeypatch.setattr(
        needle_readers, "record", lambda seeds, keep: record(seeds[:1], SHORT, keep)
    )
    needle_readers.main()
    [curve] = recorded_recall(12, LENGTHS[0], path)
    assert len(curve) == N_PLACES
    assert load_needle_reader(path).embedding.weight.dtype == torch.float32


def test_the_committed_record_is_of_these_settings_and_tells_of_the_reader():
    kept = read_description(CHECKPOINT)
    assert kept["settings"] == {
        **asdict(SETTINGS),
        "longest": [64, 256],
        "batch_sizes": [32, 32, 16],
    }
    assert kept["task"] == asdict(TASK)
    assert kept["config"] == asdict(CONFIG)
    recorded = recorded_recall(256, 64)
    assert len(recorded) == len(recorded_recall(64, 512)) >= 3
    # Rounded to half precision, the reader of the first seed still finds what the record says.
    found = recall_by_place(load_needle_reader(), 64)
    assert list(found.values()) == pytest.approx(recorded[0], abs=0.03)
