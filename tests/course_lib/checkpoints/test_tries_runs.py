import json
from dataclasses import asdict

import pytest
import torch

from course_lib.agents.sum_solver import share_right, solve
from course_lib.checkpoints.sum_models import load_adder
from course_lib.checkpoints.sum_runs import held_out_sums
from course_lib.checkpoints.tries_runs import (
    MODELS,
    RECORD,
    SEEDS,
    SETTINGS,
    TriesSettings,
    judge,
    measure,
    record,
    recorded_tries,
    train_smaller,
)
from course_lib.checkpoints.verifiers import MARKINGS, Tries, VerifierSettings
from course_lib.data.arithmetic import Sum, characters

SHORT = TriesSettings(
    verifier=VerifierSettings(n_sums=3, n_tries=2, n_steps=2, batch_size=3, n_warmup=1),
    n_narrow_steps=2,
    n_shallow_steps=3,
    n_warmup=1,
    n_tests=6,
    n_tries=2,
    n_orders=3,
)


@pytest.fixture(scope="module")
def adder():
    return load_adder("scratchpad_early")


def likes(numbers):
    """A verifier that takes a try for right if its answer is one of some numbers."""

    def score(batch):
        texts = [characters(row).split("=")[-1] for row in batch.token_ids.tolist()]
        return torch.tensor([1.0 if text.rstrip(";") in numbers else -1.0 for text in texts])

    return score


@pytest.mark.parametrize(("name", "fewer_layers"), [("narrow", 0), ("shallow", 1)])
def test_smaller_adders(adder, name, fewer_layers):
    ours, theirs = train_smaller(name, 0, SHORT).decoder.cfg, adder.decoder.cfg
    assert (2 * ours.d_model, 2 * ours.d_ff) == (theirs.d_model, theirs.d_ff)
    assert (ours.n_layers + fewer_layers, ours.n_heads) == (theirs.n_layers, theirs.n_heads)


class TestMeasure:
    def test_greedy_and_its_operations(self, adder):
        totals = held_out_sums(SHORT.n_digits, SHORT.n_tests)
        found = measure(adder, torch.Generator().manual_seed(2), SHORT)
        assert found["greedy"] == share_right(solve(adder, totals), totals)
        # Two operations a weight and character, and attention; about 55 characters.
        n_weights = sum(part.numel() for part in adder.decoder.parameters())
        assert 2 * n_weights * 40 < found["operations"] < 2 * n_weights * 100

    def test_one_try_is_one_try_whoever_picks(self, adder):
        verifiers = {"anything": likes(["1", "2", "3"])}
        found = measure(adder, torch.Generator().manual_seed(1), SHORT, verifiers)
        firsts = [found["among"], found["vote"], *list(found["anything"].values())[1:]]
        assert len({curve[0] for curve in firsts}) == 1
        assert all(curve[1] <= found["among"][1] for curve in firsts)

    def test_a_judge_who_knows_is_as_good_as_the_checker(self, adder):
        right = {str(total.answer) for total in held_out_sums(SHORT.n_digits, SHORT.n_tests)}
        verifiers = {"knows": likes(right)}
        found = measure(adder, torch.Generator().manual_seed(3), SHORT, verifiers)
        assert found["knows"]["pick"] == found["among"]
        assert found["knows"]["right_about_one"] == 1


def test_judge_by_hand():
    """Tries at 3 + 4 come to 8, 7, 8, those at 5 + 5 to 10, 11, 10; the judge likes 7 and 11.

    About the first three it is right, about the others wrong. From one try come 8 and 10, from two
    or three it picks 7 and 11: every time one of two is right. Its odds are e to 1 and to −1, so 7
    counts 0.731 and each 8 counts 0.269: with three tries 0.731 against 0.538, and 7 has it; and
    11 has it from the two 10 in the same way.
    """
    totals = [Sum(3, 4), Sum(5, 5)]
    tries = [Tries(totals, texts) for texts in (["=8;", "=10;"], ["=7;", "=11;"], ["=8;", "=10;"])]
    order = torch.arange(3)[None]
    found = judge(likes({"7", "11"}), tries, torch.tensor([7, 10]), order)
    assert found["right_about_one"] == 0.5
    assert found["pick"] == [0.5, 0.5, 0.5]
    assert found["weighted"] == [0.5, 0.5, 0.5]


def test_it_writes_what_is_read(tmp_path):
    path = tmp_path / "runs.json"
    made = record((4,), SHORT)
    assert [run["seed"] for run in made["runs"]] == [4]
    path.write_text(json.dumps({"runs": made["runs"] * 2}), encoding="utf-8")
    for model in MODELS:
        for name in ("among", "vote"):
            assert [len(curve) for curve in recorded_tries(model, name, path)] == [2, 2]
    for marking in MARKINGS:
        judged = recorded_tries("half_trained", marking, path)
        assert [len(one["pick"]) for one in judged] == [2, 2]
    with pytest.raises(ValueError, match="'steps' is recorded of the model 'narrow'"):
        recorded_tries("narrow", "steps", path)


class TestRecord:
    def test_it_says_where_it_comes_from(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert kept["made_by"] == "python -m course_lib.checkpoints.tries_runs"
        assert kept["settings"] == asdict(SETTINGS)
        assert [run["seed"] for run in kept["runs"]] == list(SEEDS)

    @pytest.mark.parametrize("model", MODELS)
    def test_curves_are_shares_and_begin_at_one_try(self, model):
        rows = zip(recorded_tries(model, "among"), recorded_tries(model, "vote"), strict=True)
        for among, vote in rows:
            assert among[0] == vote[0]
            assert among == sorted(among)
            assert all(0 <= v <= a <= 1 for a, v in zip(among, vote, strict=True))
