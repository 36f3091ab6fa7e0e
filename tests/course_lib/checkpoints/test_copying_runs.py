import json

import jaxtyping
import pytest
import torch

from course_lib.analysis.copied_words import KINDS, score_copies
from course_lib.checkpoints import copying_runs
from course_lib.checkpoints.copying_runs import (
    LONGER_STEPS,
    LONGER_WIDTH,
    RECORD,
    SEEDS,
    SETTINGS,
    WIDTHS,
    Settings,
    draw_text,
    measure,
    record,
    recorded_copiers,
    train_copier,
)
from course_lib.data import tinytales
from course_lib.data.tale_tokens import held_out_tales, make_batch, tale_loss

QUICK = Settings(n_steps=40, n_sorted=2, n_warmup=5, n_test=30)


def test_all_sizes_read_the_same_text():
    first, again, other = draw_text(3, QUICK), draw_text(3, QUICK), draw_text(4, QUICK)
    assert len(first) == 40
    assert all(len(batch) == 8 for batch in first)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_what_is_measured_is_what_the_model_does():
    text, tales = draw_text(1, QUICK), held_out_tales(30)
    found = measure(12, 5, text, tales, QUICK)
    model = train_copier(12, 5, text, QUICK)
    scores = score_copies(model, tales)
    with torch.no_grad():
        excess = tale_loss(model, make_batch(tales)).item()
    assert found.excess == pytest.approx(excess - tinytales.floor(tales).nats_per_word, abs=1e-5)
    assert found.nats == pytest.approx(scores.nats, abs=1e-5)
    assert found.right == pytest.approx(scores.share_right, abs=1e-5)
    assert found.tales == pytest.approx(scores.share_of_tales, abs=1e-5)
    assert found.independent == pytest.approx(scores.share_if_independent, abs=1e-5)
    assert found.n_parameters == sum(parameter.numel() for parameter in model.parameters())
    assert (found.width, found.seed, found.n_steps) == (12, 5, 40)
    assert found.kinds.keys() == KINDS.keys()
    total = sum(kind.n for kind in found.kinds.values())
    assert total == len(scores.kinds)
    weighted = sum(kind.n * kind.nats for kind in found.kinds.values()) / total
    assert found.nats == pytest.approx(weighted, abs=1e-4)


def test_seeds_give_other_first_weights():
    text = draw_text(1, Settings(n_steps=6, n_sorted=2, n_warmup=5))
    short = Settings(n_steps=6, n_warmup=5)
    made = [train_copier(4, seed, text, short).embedding.weight for seed in (0, 0, 1)]
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


def test_learning_lowers_the_loss_of_the_copied_words():
    tales = held_out_tales(30)
    short = Settings(n_steps=6, n_sorted=2, n_warmup=5)
    few = measure(16, 0, draw_text(0, short), tales, short)
    more = measure(16, 0, draw_text(0, QUICK), tales, QUICK)
    assert more.nats < few.nats
    assert more.excess < few.excess


def test_a_record_is_read_back(tmp_path):
    made = record((1, 0), (8, 4), QUICK)
    longer = record((0,), (4,), Settings(n_steps=42, n_sorted=2, n_warmup=5, n_test=30))
    made["runs"] += longer["runs"]
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(made))
    found = recorded_copiers(40, path)
    assert [(run.width, run.seed) for run in found] == [(4, 0), (4, 1), (8, 0), (8, 1)]
    assert [run.seed for run in recorded_copiers(42, path)] == [0]
    assert found[3] == measure(8, 1, draw_text(1, QUICK), held_out_tales(30), QUICK)
    with pytest.raises(ValueError, match="41 steps"):
        recorded_copiers(41, path)


def test_the_script_writes_what_is_read(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(copying_runs, "RECORD", path)
    kind = {"n": 2, "nats": 0.5, "right": 1.0}
    shares = {"excess": 0.1, "nats": 0.5, "right": 1.0, "tales": 1.0, "independent": 1.0}

    def pretend(seeds, widths, settings=SETTINGS):
        sizes = {"width": widths[-1], "seed": 0, "n_steps": settings.n_steps, "n_parameters": 9}
        return {"runs": [sizes | shares | {"kinds": {"name": kind}}]}

    monkeypatch.setattr(copying_runs, "record", pretend)
    copying_runs.main()
    assert [run.width for run in recorded_copiers(path=path)] == [WIDTHS[-1]]
    assert [run.width for run in recorded_copiers(LONGER_STEPS, path)] == [LONGER_WIDTH]


class TestTheRecord:
    def test_it_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        assert Settings(**kept["settings"]) == SETTINGS
        found = [(run.width, run.seed) for run in recorded_copiers()]
        assert found == [(width, seed) for width in WIDTHS for seed in SEEDS]
        longer = [(run.width, run.seed) for run in recorded_copiers(LONGER_STEPS)]
        assert longer == [(LONGER_WIDTH, seed) for seed in SEEDS]
        assert len({run.kinds["name"].n for run in recorded_copiers()}) == 1

    @pytest.mark.slow
    @pytest.mark.load
    def test_the_smallest_is_made_again(self, monkeypatch):
        """Within a twentieth of its surprise: more than the rounding of another machine does."""
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # three times as fast
        torch.set_num_threads(1)
        wanted = recorded_copiers()[0]
        tales = held_out_tales(200)
        made = measure(WIDTHS[0], SEEDS[0], draw_text(SEEDS[0]), tales)
        assert made.n_parameters == wanted.n_parameters
        assert abs(made.nats / wanted.nats - 1) < 0.05
