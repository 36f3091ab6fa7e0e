"""What the record says, and that its script makes such a record."""

import json
from dataclasses import asdict
from itertools import islice

import pytest
import torch

from course_lib.checkpoints import mixing_runs
from course_lib.checkpoints.mixing_runs import (
    PAIRS,
    READERS,
    RECORD,
    SETTINGS,
    MixingSettings,
    ReaderKind,
    accuracies,
    recall_batches,
    record,
    recorded_accuracy,
    train_reader,
)

SHORT = MixingSettings(n_steps=3, batch_size=4, n_warmup=1, n_test=8)


def test_names_differ():
    assert ReaderKind(("linear", "attention"), 4).name == "linear + attention 4"
    assert len({reader.name for reader in READERS}) == len(READERS)


def test_every_number_of_pairs_is_drawn():
    batches = islice(recall_batches(2, torch.Generator().manual_seed(0)), 40)
    assert {batch.token_ids.shape[1] for batch in batches} == {2 * n + 1 for n in PAIRS}


def test_training_reports_each_step():
    steps = []
    train_reader(ReaderKind(("scan",), 4), 0, SHORT, lambda step, loss: steps.append((step, loss)))
    assert [step for step, _ in steps] == [0, 1, 2]
    assert all(loss > 0 for _, loss in steps)


def test_training_repeats_with_the_seed():
    first, second, other = (train_reader(READERS[1], seed, SHORT) for seed in (5, 5, 6))
    assert torch.equal(first.table, second.table)
    assert not torch.equal(first.table, other.table)
    assert not first.training


def test_accuracy_counts_right_answers():
    class Oracle(torch.nn.Module):
        """Looks the query up, and gives up beyond eight pairs."""

        def forward(self, token_ids):
            keys, values = token_ids[:, :-1:2], token_ids[:, 1::2]
            found = values.gather(1, (keys == token_ids[:, -1:]).int().argmax(1, keepdim=True))
            right = torch.nn.functional.one_hot(found[:, 0] - 40, 8)
            return right if token_ids.shape[1] <= 17 else -right

    assert accuracies(Oracle()) == [1.0, 1.0, 0.0, 0.0]


class TestRecord:
    def test_the_script_writes_it_where_it_is_read(self, tmp_path, monkeypatch):
        path = tmp_path / "runs.json"
        monkeypatch.setattr(mixing_runs, "RECORD", path)
        monkeypatch.setattr(mixing_runs, "record", lambda seeds: record(seeds[:1], SHORT))
        mixing_runs.main()
        for reader in READERS:
            [shares] = recorded_accuracy(reader, path)
            assert len(shares) == len(PAIRS)

    def test_the_committed_record_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert kept["settings"] == asdict(SETTINGS)
        assert kept["pairs"] == list(PAIRS)
        assert len(kept["runs"]) == 3 * len(READERS)


@pytest.mark.slow
def test_a_run_of_the_record_is_made_again():
    torch.set_num_threads(1)
    shares = accuracies(train_reader(READERS[0], seed=0))
    # Another machine rounds otherwise, and training carries that on.
    assert shares == pytest.approx(recorded_accuracy(READERS[0])[0], abs=0.05)
