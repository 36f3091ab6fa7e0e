import json
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file

from course_lib.analysis.expert_use import tale_routes
from course_lib.checkpoints import tale_experts
from course_lib.checkpoints.tale_experts import (
    CONFIG,
    KINDS,
    NAMES,
    SEEDS,
    SETTINGS,
    Settings,
    checkpoint,
    config_of,
    load_tale_experts,
    measure,
    read_runs,
    train_tale_experts,
)
from course_lib.checkpoints.weights import read_description, save_checkpoint
from course_lib.data.tale_tokens import END, held_out_tales, make_batch, tale_batches, tale_loss
from course_lib.expert_balance import uneven_use
from course_lib.models.expert_decoder import (
    active_parameters,
    build_expert_decoder,
    watched_routers,
)

SHORT = Settings(n_steps=4, batch_size=2, n_warmup=1, n_sorted=2)


class TestKinds:
    def test_they_differ_in_the_rule_alone(self):
        assert config_of("balanced") == config_of("unbalanced") == CONFIG
        assert config_of("chosen, balanced") == replace(CONFIG, among_all=False)
        assert config_of("chosen, unbalanced") == replace(CONFIG, among_all=False)

    def test_the_dense_one_costs_as_much(self):
        sparse, dense = (
            active_parameters(train_tale_experts(kind, 0, SHORT)) for kind in ("balanced", "dense")
        )
        assert 0 <= dense - sparse < 3 * CONFIG.d_model * CONFIG.n_layers

    def test_there_are_no_others(self):
        with pytest.raises(ValueError, match="no decoder 'round'"):
            config_of("round")


class TestTraining:
    def test_it_repeats_with_the_seed_and_reports_each_step(self):
        torch.set_num_threads(1)
        steps = []
        first = train_tale_experts("balanced", 5, SHORT, lambda step, _: steps.append(step))
        second = train_tale_experts("balanced", 5, SHORT).state_dict()
        assert all(torch.equal(value, second[name]) for name, value in first.state_dict().items())
        assert steps == [0, 1, 2, 3]
        assert not first.training

    def test_the_end_of_a_tale_is_read_no_more(self):
        losses = {}
        for kind in NAMES:
            seen = losses[kind] = []
            train_tale_experts(kind, 5, SHORT, lambda _, loss, seen=seen: seen.append(loss))
        generator = torch.Generator().manual_seed(5)
        model = build_expert_decoder(CONFIG, generator)
        batch = next(tale_batches(SHORT.batch_size, generator, SHORT.n_sorted))[:, :-1]
        assert (batch == END).any()
        with watched_routers(model) as said:
            model(batch)
        rows = (batch != END).flatten()
        due = sum(uneven_use(each[rows], CONFIG.n_chosen).item() for each in said) / len(said)
        added = losses["balanced"][0] - losses["unbalanced"][0]
        assert added / tale_experts.COEFFICIENT == pytest.approx(due, abs=1e-4)

    def test_balance_is_asked_for_where_the_name_says_so(self):
        losses = {}
        for kind in KINDS[:4]:
            seen = losses[kind] = []
            train_tale_experts(kind, 5, SHORT, lambda _, loss, seen=seen: seen.append(loss))
        for rule in ("", "chosen, "):
            added = losses[f"{rule}balanced"][0] - losses[f"{rule}unbalanced"][0]
            assert tale_experts.COEFFICIENT <= added < 3 * tale_experts.COEFFICIENT


def test_measure_counts_words_and_choices():
    model = train_tale_experts("unbalanced", 0, SHORT)
    made = measure(model, 3)
    tales = held_out_tales(3)
    with torch.no_grad():
        due = tale_loss(model, make_batch(tales)).item()
    assert made["nats_per_word"] == pytest.approx(due, abs=1e-4)
    experts = tale_routes(model, tales).experts
    for layer, shares in enumerate(made["shares"]):
        counts = experts[layer].flatten().bincount(minlength=CONFIG.n_experts)
        assert shares == pytest.approx((counts / counts.sum()).tolist(), abs=1e-4)
    assert measure(train_tale_experts("dense", 0, SHORT), 1)["shares"] == []


@pytest.mark.parametrize("name", NAMES)
class TestCheckpoints:
    def test_they_are_of_these_settings_and_do_what_they_say(self, name):
        description = read_description(checkpoint(name))
        assert description["config"] == asdict(CONFIG)
        assert description["settings"] == asdict(SETTINGS)
        assert description["seed"] == SEEDS[0]
        made = measure(load_tale_experts(name))
        kept = description["metrics"]
        assert made["nats_per_word"] == pytest.approx(kept["nats_per_word"], rel=1e-3)
        assert kept["nats_per_word"] < 1.2 * kept["floor_per_word"]
        for ours, theirs in zip(made["shares"], kept["shares"], strict=True):
            assert ours == pytest.approx(theirs, abs=2e-3)

    def test_they_are_small_and_in_half_precision(self, name):
        assert checkpoint(name).stat().st_size < 200_000
        kept = load_file(checkpoint(name)).values()
        assert {tensor.dtype for tensor in kept} == {torch.float16}
        loaded = load_tale_experts(name)
        assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
        assert not loaded.training


class TestLoading:
    def test_there_are_no_other_models(self):
        with pytest.raises(ValueError, match="no model 'dense'"):
            load_tale_experts("dense")

    def test_a_description_without_sizes(self, tmp_path):
        path = tmp_path / "experts.safetensors"
        save_checkpoint(load_tale_experts("balanced"), path, {"config": {"d_model": 64}})
        with pytest.raises(ValueError, match="no sizes of this model"):
            load_tale_experts("balanced", path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="make checkpoints"):
            load_tale_experts("balanced", tmp_path / "experts.safetensors")


class TestRecord:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_holds_every_kind_and_seed(self, kind):
        assert [run["seed"] for run in read_runs(kind)] == list(SEEDS)

    def test_the_kept_models_are_of_it(self):
        for name in NAMES:
            kept = read_description(checkpoint(name))["metrics"]
            assert kept.items() <= read_runs(name)[0].items()

    def test_what_was_not_recorded(self):
        with pytest.raises(ValueError, match="no record of 'round'"):
            read_runs("round")

    def test_the_script_writes_all_of_it(self, tmp_path, monkeypatch):
        def train_briefly(kind, seed):
            return train_tale_experts(kind, seed, SHORT)

        monkeypatch.setattr(tale_experts, "RECORD", tmp_path / "runs.json")
        monkeypatch.setattr(tale_experts, "train_tale_experts", train_briefly)
        monkeypatch.setattr(
            tale_experts, "measure", lambda model: {"nats_per_word": 1.0, "shares": []}
        )
        monkeypatch.setattr(
            tale_experts, "checkpoint", lambda name: tmp_path / f"{name}.safetensors"
        )
        tale_experts.main()
        written = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))
        assert set(written["runs"]) == set(KINDS)
        for kind in KINDS:
            runs = read_runs(kind, tmp_path / "runs.json")
            assert [run["seed"] for run in runs] == list(SEEDS)
        for name in NAMES:
            made = load_tale_experts(name, tmp_path / f"{name}.safetensors").state_dict()
            due = train_tale_experts(name, SEEDS[0], SHORT).state_dict()
            assert all(torch.equal(made[key], due[key].half().float()) for key in due)
