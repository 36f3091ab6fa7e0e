"""What the record says, and that its script makes such a record."""

import json
import math
from dataclasses import asdict

import pytest
import torch
from torch import nn

from course_lib.checkpoints import position_runs
from course_lib.checkpoints.position_runs import (
    MULTIPLES,
    RECORD,
    SETTINGS,
    Settings,
    load_text,
    loss_at_each_place,
    record,
    recorded_by_place,
    recorded_losses,
    train_model,
)
from course_lib.data import python_source
from course_lib.decoder import POSITION_KINDS, DecoderOutput
from course_lib.tokenizer import CharTokenizer

SHORT = Settings(trained_length=8, n_steps=3, batch_size=4, n_warmup=1, n_test=5)


@pytest.fixture(scope="module")
def text():
    return load_text(SHORT)


class TestText:
    def test_the_test_lies_behind_what_is_trained_on(self, text):
        source = python_source.load()
        assert len(text.seen) == len(source) * 9 // 10
        assert text.vocab_size == CharTokenizer(source).vocab_size
        assert text.held_out.shape == (5, 32)
        # The first stretch begins where training ended, and the last one ends the text, or nearly.
        numbers = CharTokenizer(source).encode(source)
        behind = len(text.seen)
        assert text.held_out[0].tolist() == numbers[behind : behind + 32]
        n_stretches = (len(numbers) - behind) // 32
        end = behind + 32 * n_stretches
        assert text.held_out[-1].tolist() == numbers[end - 32 : end]

    def test_letters_keep_their_order(self, text):
        source = python_source.load()
        first = {}
        for number, letter in zip(text.seen[:2000].tolist(), source[:2000], strict=True):
            assert first.setdefault(number, letter) == letter


class Copier(nn.Module):
    """Is sure that each letter comes again."""

    def forward(self, token_ids):
        return DecoderOutput(10.0 * nn.functional.one_hot(token_ids, 3), ())


def test_losses_by_hand():
    sure, wrong = math.log(1 + 2 * math.exp(-10)), math.log(1 + 2 * math.exp(-10)) + 10
    held_out = torch.tensor([[0, 0, 1, 1], [2, 2, 2, 0]])
    at_four = loss_at_each_place(Copier(), held_out, 4)
    torch.testing.assert_close(
        at_four, torch.tensor([sure, (sure + wrong) / 2, (sure + wrong) / 2])
    )
    at_two = loss_at_each_place(Copier(), held_out, 2)
    torch.testing.assert_close(at_two, torch.tensor([(3 * sure + wrong) / 4]))


def test_training_repeats_with_the_seed(text):
    first, second, other = (train_model("learned", seed, text, SHORT) for seed in (5, 5, 6))
    kept, again, another = (model.state_dict() for model in (first, second, other))
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert not torch.equal(kept["embedding.weight"], another["embedding.weight"])


def test_learned_vectors_past_the_trained_length_are_never_trained(text):
    longer = Settings(trained_length=8, n_steps=6, batch_size=4, n_warmup=1, n_test=5)
    few, many = (train_model("learned", 0, text, s).positions.table for s in (SHORT, longer))
    moved = (few - many).norm(dim=1)
    # Weight decay alone moves them, in proportion to what they are.
    direction = nn.functional.cosine_similarity(few, many, dim=1)
    torch.testing.assert_close(direction[8:], torch.ones(24), atol=1e-6, rtol=0)
    assert moved[:7].min() > 10 * moved[8:].max()


class TestRecord:
    def test_a_record_tells_what_was_done(self):
        made = record(seeds=(3,), settings=SHORT)
        assert made["settings"] == asdict(SHORT)
        assert [run["positions"] for run in made["runs"]] == list(POSITION_KINDS)
        assert {"versions", "machine", "date", "made_by"} <= made.keys()
        for run in made["runs"]:
            assert len(run["loss"]) == len(MULTIPLES)
            assert len(run["by_place"]) == 31
            assert sum(run["by_place"]) / 31 == pytest.approx(run["loss"][-1], abs=2e-3)

    def test_the_script_writes_it_where_it_is_read(self, tmp_path, monkeypatch):
        path = tmp_path / "runs.json"
        monkeypatch.setattr(position_runs, "RECORD", path)
        monkeypatch.setattr(position_runs, "record", lambda seeds: record(seeds[:1], SHORT))
        position_runs.main()
        assert recorded_losses("alibi", path).shape == (1, 3)
        assert recorded_by_place("alibi", path).shape == (1, 31)

    def test_the_committed_record_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert kept["settings"] == asdict(SETTINGS)
        assert {(run["positions"], run["seed"]) for run in kept["runs"]} == {
            (kind, seed) for kind in POSITION_KINDS for seed in range(3)
        }
        for kind in POSITION_KINDS:
            assert recorded_losses(kind).shape == (3, len(MULTIPLES))
            assert recorded_by_place(kind).shape == (3, SETTINGS.longest - 1)


@pytest.mark.slow
def test_a_run_of_the_record_is_made_again():
    torch.set_num_threads(1)
    text = load_text()
    model = train_model("alibi", 0, text)
    losses = [
        loss_at_each_place(model, text.held_out, multiple * SETTINGS.trained_length).mean()
        for multiple in MULTIPLES
    ]
    # Another machine rounds otherwise, and another Python brings another source.
    torch.testing.assert_close(torch.stack(losses), recorded_losses("alibi")[0], atol=0.1, rtol=0)
