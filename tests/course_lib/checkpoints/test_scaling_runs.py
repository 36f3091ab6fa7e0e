import json

import pytest
import torch
import torch.nn.functional as F

from course_lib.checkpoints import scaling_runs
from course_lib.checkpoints.scaling_runs import (
    LARGER,
    LSTM_SOURCE,
    LSTM_WIDTHS,
    RECORD,
    SEEDS,
    SETTINGS,
    WIDTHS,
    Measured,
    Settings,
    build_reader,
    measure,
    record,
    recorded_runs,
    symbol_loss,
)
from course_lib.data.markov import make_markov_source

QUICK = Settings(n_steps=120, batch_size=64, n_warmup=5, n_test=200)
SOURCE = make_markov_source(0, n_symbols=6)


def test_the_first_two_symbols_are_not_counted():
    model = build_reader("lstm", 4, 6, torch.Generator().manual_seed(0))
    token_ids = SOURCE.draw(3, 9, torch.Generator().manual_seed(1))
    logits = model(token_ids).logits
    expected = sum(
        F.cross_entropy(logits[row, t], token_ids[row, t + 1])
        for row in range(3)
        for t in range(1, 8)
    )
    torch.testing.assert_close(symbol_loss(model, token_ids), expected / 21)


@pytest.mark.parametrize("kind", ["transformer", "lstm"])
def test_a_reader_learns_and_another_seed_learns_something_else(kind):
    few = measure(SOURCE, kind, 8, 0, Settings(n_steps=6, batch_size=64, n_warmup=5, n_test=200))
    more, same, other = (measure(SOURCE, kind, 8, seed, QUICK) for seed in (0, 0, 1))
    assert 0 < more.excess < 0.8 * few.excess
    assert more == same != other
    assert more.n_parameters == other.n_parameters


def test_there_is_no_third_kind():
    with pytest.raises(ValueError, match="'gru'"):
        build_reader("gru", 4, 6, torch.Generator())


def test_a_record_is_read_back(tmp_path):
    made = record({0: (1, 2), 5: (3,)}, {"transformer": (4,), "lstm": (5, 3)}, QUICK)
    assert len(made["runs"]) == 9
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(made))
    found = recorded_runs(0, "lstm", path)
    assert [run.n_parameters for run in found] == sorted(run.n_parameters for run in found)
    assert len(found) == 4
    again = measure(make_markov_source(5), "transformer", 4, 3, QUICK)
    assert recorded_runs(5, "transformer", path) == [
        Measured(again.n_parameters, round(again.excess, 5))
    ]


def test_the_script_writes_what_is_read(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(scaling_runs, "RECORD", path)
    runs = [{"source": 0, "kind": "lstm", "n_parameters": 7, "excess": 0.5}]
    monkeypatch.setattr(
        scaling_runs, "record", lambda seeds, widths: {"runs": runs[: "lstm" in widths]}
    )
    scaling_runs.main()
    assert recorded_runs(0, "lstm", path) == [Measured(7, 0.5)]


class TestTheRecord:
    def test_it_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert Settings(**kept["settings"]) == SETTINGS
        assert max(WIDTHS) < LARGER
        for source, seeds in SEEDS.items():
            found = recorded_runs(source, "transformer")
            assert len(found) == len(seeds) * (len(WIDTHS) + 1)
            sizes = sorted({run.n_parameters for run in found})
            assert sizes[-1] > 4 * sizes[-2]
        n_lstm = len(recorded_runs(LSTM_SOURCE, "lstm"))
        assert n_lstm == len(SEEDS[LSTM_SOURCE]) * len(LSTM_WIDTHS)

    def test_the_smallest_is_made_again(self):
        """Within a tenth of its excess, which is more than another machine's rounding does."""
        torch.set_num_threads(1)
        wanted = recorded_runs(0, "transformer")[0]
        made = measure(make_markov_source(0), "transformer", WIDTHS[0], SEEDS[0][0])
        assert made.n_parameters == wanted.n_parameters
        assert abs(made.excess / wanted.excess - 1) < 0.1
