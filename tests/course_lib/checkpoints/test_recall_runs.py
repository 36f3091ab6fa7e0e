"""What the record says, and that its script makes such a record."""

import json
from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints import recall_runs
from course_lib.checkpoints.recall_runs import (
    GAPS,
    NAMES,
    PLANS,
    RECORD,
    SETTINGS,
    TASK,
    Settings,
    accuracies,
    answer_loss,
    build_reader,
    gaps_at,
    record,
    recorded_accuracy,
    train_reader,
)

SHORT = Settings(n_steps=3, batch_size=4, n_warmup=1, n_test=8)


class TestGaps:
    def test_all_at_once(self):
        gaps = gaps_at("all gaps at once")
        assert gaps(0) == gaps(SETTINGS.n_steps - 1) == GAPS

    def test_short_ones_first(self):
        settings = Settings(n_steps=100, n_gaps_in_curriculum=4, share_of_growth=0.8)
        gaps = gaps_at("short gaps first", settings)
        # Four gaps in the first eighty steps: a new one every twenty.
        assert [gaps(step) for step in (0, 19, 20, 59, 60, 99)] == [
            GAPS[:1],
            GAPS[:1],
            GAPS[:2],
            GAPS[:3],
            GAPS[:4],
            GAPS[:4],
        ]


def test_all_readers_have_as_many_parameters():
    readers = [build_reader(name, torch.Generator()) for name in NAMES]
    sizes = [sum(p.numel() for p in reader.parameters()) for reader in readers]
    assert max(sizes) < 1.05 * min(sizes)


@pytest.mark.parametrize("name", NAMES)
def test_training_repeats_with_the_seed(name):
    first, second, other = (train_reader(name, PLANS[0], s, SHORT) for s in (5, 5, 6))
    names = first.state_dict()
    assert all(torch.equal(names[key], second.state_dict()[key]) for key in names)
    assert not torch.equal(first.table, other.table)
    assert not first.training


def test_training_reports_each_step():
    steps = []
    train_reader("attention", PLANS[1], 0, SHORT, lambda step, loss: steps.append((step, loss)))
    assert [step for step, _ in steps] == [0, 1, 2]
    assert all(loss > 0 for _, loss in steps)


def test_the_loss_is_the_mean_cross_entropy_of_the_values():
    reader = build_reader("LSTM", torch.Generator().manual_seed(0))
    batch = TASK.batch(5, 4, torch.Generator().manual_seed(0))
    right = reader(batch.token_ids).log_softmax(dim=-1)[torch.arange(5), batch.targets]
    torch.testing.assert_close(answer_loss(reader, batch), -right.mean())


def test_accuracy_counts_right_answers():
    class Oracle(torch.nn.Module):
        """Looks the query up, and gives up at gaps that are longer than ten."""

        def forward(self, token_ids):
            keys, values = token_ids[:, :4:2], token_ids[:, 1:4:2]
            found = values.gather(1, (keys == token_ids[:, -1:]).int().argmax(1, keepdim=True))
            right = torch.nn.functional.one_hot(found[:, 0] - TASK.n_keys, TASK.n_values)
            return right if token_ids.shape[1] <= 15 else -right

    shares = accuracies(Oracle(), gaps=(4, 8, 16))
    assert (shares[4], shares[8], shares[16]) == (1.0, 1.0, 0.0)


class TestRecord:
    def test_a_record_tells_what_was_done(self):
        made = record(seeds=(3,), settings=SHORT)
        assert made["settings"] == asdict(SHORT)
        assert {(run["plan"], run["name"]) for run in made["runs"]} == {
            (plan, name) for plan in PLANS for name in NAMES
        }
        assert {"task", "parameters", "versions", "machine", "date", "made_by"} <= made.keys()

    def test_the_script_writes_it_where_it_is_read(self, tmp_path, monkeypatch):
        path = tmp_path / "runs.json"
        monkeypatch.setattr(recall_runs, "RECORD", path)
        monkeypatch.setattr(recall_runs, "record", lambda seeds: record(seeds[:1], SHORT))
        recall_runs.main()
        shares = recorded_accuracy(PLANS[0], "RNN", path)
        assert list(shares) == list(GAPS)
        assert all(len(of_seeds) == 1 for of_seeds in shares.values())

    def test_the_committed_record_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert kept["settings"] == asdict(SETTINGS)
        assert kept["task"] == asdict(TASK)
        assert max(kept["parameters"].values()) < 1.05 * min(kept["parameters"].values())
        assert len(kept["runs"]) == 3 * len(PLANS) * len(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_a_run_of_the_record_is_made_again(plan):
    torch.set_num_threads(1)
    shares = accuracies(train_reader("attention", plan, seed=0))
    recorded = {gap: of_seeds[0] for gap, of_seeds in recorded_accuracy(plan, "attention").items()}
    # Another machine rounds otherwise, and training carries that on.
    assert shares == pytest.approx(recorded, abs=0.05)
