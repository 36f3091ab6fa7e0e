import json
from dataclasses import asdict

import pytest
import torch

from course_lib.agents.sum_solver import Calculator, share_right, solve
from course_lib.checkpoints import sum_models, sum_runs
from course_lib.checkpoints.sum_models import MODELS, SETTINGS, SumSettings, load_adder, path_of
from course_lib.checkpoints.sum_runs import (
    LENGTHS,
    RECORD,
    SEEDS,
    TOOLS,
    held_out_sums,
    measure,
    recorded,
)
from course_lib.checkpoints.weights import read_description
from course_lib.data.arithmetic import VOCAB_SIZE
from course_lib.decoder import DecoderConfig

SHORT = SumSettings(
    n_steps=4, n_tool_steps=3, n_answer_steps=3, n_early=2, batch_size=3, n_warmup=1
)
SMALL = DecoderConfig(
    vocab_size=VOCAB_SIZE,
    d_model=8,
    n_heads=2,
    n_layers=1,
    d_ff=12,
    positions="rotary",
    max_seq_len=128,
)


def test_tests_are_on_sums_that_no_training_sees():
    for n_digits in (1, 6):
        totals = held_out_sums(n_digits, 9)
        assert totals == held_out_sums(n_digits, 9)
        assert all(total.is_held_out for total in totals)
        assert all(len(str(total.x)) == n_digits for total in totals)


class TestMeasure:
    @pytest.fixture
    def answers(self, monkeypatch):
        monkeypatch.setattr(sum_runs, "LENGTHS", (1, 3))
        given = {}
        monkeypatch.setattr(sum_runs, "solve", lambda model, totals, tool: given["f"](totals, tool))
        return given

    def test_by_hand(self, answers):
        def half_right_one_declined(totals, tool):
            texts = [f"{total.answer};" for total in totals]
            return [*texts[:2], "?;", "0000;"]

        answers["f"] = half_right_one_declined
        found = measure(sum_models.Decoder(SMALL, torch.Generator()), None, 4)
        assert found == {"right": [0.5, 0.5], "declined": [0.25, 0.25]}

    def test_each_length_gets_a_tool_of_its_own(self, answers):
        tools = []

        def solve_all(totals, tool):
            tools.append(tool)
            return ["?;"] * len(totals)

        answers["f"] = solve_all
        measure(sum_models.Decoder(SMALL, torch.Generator()), Calculator, 3)
        assert len({id(tool) for tool in tools}) == 2


class TestScript:
    def test_it_writes_what_is_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sum_runs, "RECORD", tmp_path / "runs.json")
        monkeypatch.setattr(sum_runs, "LENGTHS", (1, 2))
        monkeypatch.setattr(sum_runs, "N_TESTS", 3)
        monkeypatch.setattr(sum_runs, "SEEDS", (4, 5))
        monkeypatch.setattr(sum_runs, "path_of", lambda name: tmp_path / f"{name}.safetensors")
        monkeypatch.setattr(
            sum_runs,
            "measure",
            lambda decoder, tool=None: {"right": [0.5, 1.0], "declined": [0.0, 0.0]},
        )
        real = sum_models.train_sums
        monkeypatch.setattr(
            sum_runs,
            "train_sums",
            lambda form, seed, settings, on_step: real(form, seed, SHORT, SMALL, on_step),
        )
        monkeypatch.setattr(sum_runs, "SETTINGS", SHORT)
        sum_runs.main()
        assert len(recorded("tool", "fails_once", tmp_path / "runs.json")) == 2
        for name in MODELS:
            kept = load_adder(name, tmp_path / f"{name}.safetensors")
            assert kept.decoder.cfg == SMALL
        early, late = (
            load_adder(name, tmp_path / f"{name}.safetensors").decoder.embedding.weight
            for name in ("scratchpad_early", "scratchpad")
        )
        assert not torch.equal(early, late)


class TestRecord:
    def test_it_holds_the_runs_of_these_settings(self):
        found = json.loads(RECORD.read_text(encoding="utf-8"))
        assert found["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
        assert [run["seed"] for run in found["runs"]] == list(SEEDS)
        assert found["lengths"] == list(LENGTHS)
        for run in found["runs"]:
            assert set(run) == {"seed", *MODELS}
            assert set(run["tool"]) == set(TOOLS)

    def test_the_bars(self):
        """At four to six digits, from every seed; longer than any training, all fail."""
        for scratchpad, tool, answer in zip(
            recorded("scratchpad"), recorded("tool", "works"), recorded("answer"), strict=True
        ):
            assert min(scratchpad["right"][3:6]) >= 0.95
            assert min(tool["right"][:6]) >= 0.95
            assert max(answer["right"][3:]) <= 0.1
            assert max(scratchpad["right"][6:]) == 0
        for failing, dead in zip(
            recorded("tool", "fails_once"), recorded("tool", "never_works"), strict=True
        ):
            assert min(failing["right"][:6]) >= 0.9
            assert min(dead["declined"][:6]) >= 0.9

    def test_what_there_is_not(self):
        with pytest.raises(ValueError, match="nothing is recorded"):
            recorded("answer", "works")

    @pytest.mark.parametrize("name", MODELS)
    def test_a_checkpoint_does_what_is_said_of_it(self, name):
        tool = Calculator if name == "tool" else None
        said = read_description(path_of(name))["metrics"]["works" if tool else "no_tool"]
        model = load_adder(name)
        for n_digits in (2, 5):
            totals = held_out_sums(n_digits, 100)
            share = share_right(solve(model, totals, tool() if tool else None), totals)
            assert share == pytest.approx(said["right"][n_digits - 1], abs=0.12)
