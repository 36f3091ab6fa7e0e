import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.checkpoints import digit_pairs
from course_lib.checkpoints.digit_pairs import (
    N_SHOWN,
    RECORD,
    SEEDS,
    TEST_HALF,
    WEIGHTS,
    choose_things,
    load_clip,
    measure,
    recorded_pairs,
    shares_right,
    sizes,
    train_shown,
)
from course_lib.data.described_digits import HELD_OUT, SEEN, Thing, change_look
from course_lib.data.digits import Digits, half_of_digits
from course_lib.training.image_phrases import CONFIG, SETTINGS, place_things

LABELS = torch.tensor([3, 3, 6, 3])


def some_digits():
    images = half_of_digits(TEST_HALF).images[: len(LABELS)]
    return Digits(images, LABELS)


def test_the_kept_model_is_small_and_ready():
    model = load_clip()
    assert model.cfg == CONFIG
    assert not model.training
    assert next(model.parameters()).dtype == torch.float32
    assert WEIGHTS.stat().st_size < 320_000


def test_a_damaged_or_missing_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.safetensors"):
        load_clip(tmp_path / "nothing.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"damaged\.safetensors"):
        load_clip(tmp_path / "damaged.safetensors")
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        recorded_pairs(tmp_path / "nothing.json")
    (tmp_path / "damaged.json").write_text("[]")
    with pytest.raises(ValueError, match=r"damaged\.json"):
        recorded_pairs(tmp_path / "damaged.json")


def test_the_chosen_thing_is_that_of_the_largest_cosine():
    model, images = load_clip(), some_digits().images
    offered = (Thing(6, 0), Thing(3, 1), Thing(3, 0), Thing(8, 2), Thing(1, 3))
    texts = place_things(model, offered, ("a {look} {digit}",)).double()
    with torch.no_grad():
        places = model.image(images).double()
    got = choose_things(model, images, offered, ("a {look} {digit}",))
    for place, chosen in zip(places, got, strict=True):
        cosines = [torch.cosine_similarity(place, text, dim=0).item() for text in texts]
        assert chosen == offered[cosines.index(max(cosines))]


def test_things_are_said_as_was_asked(monkeypatch):
    asked = []

    def scripted(model, things, phrasings):
        asked.append((things, phrasings))
        return place_things(model, things, phrasings)

    monkeypatch.setattr(digit_pairs, "place_things", scripted)
    offered, phrasings = (Thing(6, 0), Thing(3, 1)), ("this is a {digit} , {look}",)
    shares_right(load_clip(), some_digits(), (Thing(6, 1),), offered, phrasings)
    assert asked == [(offered, phrasings)]


def test_shares_by_hand(monkeypatch):
    # Plain threes: one is called a plain three, one an inverted three, one a plain six.
    # A rotated six: it is called a rotated six.
    said = {
        (3, 0): [Thing(3, 0), Thing(3, 1), Thing(6, 0)],
        (6, 2): [Thing(6, 2)],
    }
    answers = iter([said[3, 0], said[6, 2]])
    seen = []

    def scripted(model, images, offered, phrasings):
        seen.append(images)
        return next(answers)

    monkeypatch.setattr(digit_pairs, "choose_things", scripted)
    digits = some_digits()
    got = shares_right(load_clip(), digits, (Thing(3, 0), Thing(6, 2)))
    assert got == {"thing": 2 / 4, "digit": 3 / 4, "look": 3 / 4}
    assert torch.equal(seen[0], digits.images[LABELS == 3])
    assert torch.equal(seen[1], change_look(digits.images[LABELS == 6], 2))


def test_the_record_holds_every_seed_and_shares_that_fit_together():
    runs = recorded_pairs()
    assert [run["seed"] for run in runs] == list(SEEDS)
    for run in runs:
        assert set(run["after"]) == {str(n_shown) for n_shown in N_SHOWN}
        for right in (run["right"], *run["after"].values()):
            assert set(right) == {"seen_read", "seen_unread", "held_out_read", "held_out_unread"}
            for shares in right.values():
                assert 0 <= shares["thing"] <= min(shares["digit"], shares["look"])
                assert max(shares["digit"], shares["look"]) <= 1
            assert right["seen_unread"]["thing"] > 0.9
    assert RECORD.stat().st_size < 10_000


def test_further_models_see_a_few_images(monkeypatch):
    trained = []

    def scripted(digits, seed, settings):
        trained.append((seed, settings))
        return load_clip()

    monkeypatch.setattr(digit_pairs, "train_clip", scripted)
    train_shown(some_digits(), 7, 4)
    assert trained == [(7, replace(SETTINGS, n_shown=4))]


def test_the_kept_model_does_what_the_record_says():
    described = json.loads(WEIGHTS.with_suffix(".json").read_text())
    assert described["seed"] == SEEDS[0]
    assert described["metrics"] == recorded_pairs()[0]["right"]
    assert described["settings"]["n_steps"] == SETTINGS.n_steps
    assert described["config"] == sizes()
    found = measure(load_clip(), half_of_digits(TEST_HALF))
    for what, shares in found.items():
        # On another machine the last bits, and with them a few close choices, may differ.
        assert shares == pytest.approx(described["metrics"][what], abs=0.01)


def test_the_sizes_are_those_of_the_model():
    told = sizes()
    json.dumps(told)
    tower = told["text"]
    model = load_clip()
    assert isinstance(model.text.embedding, nn.Embedding)
    assert model.text.embedding.weight.shape == (tower["vocab_size"], tower["d_model"])
    assert model.image.to_joint.weight.shape == (told["d_joint"], told["image"]["d_model"])
    assert tower["activation"] == "gelu_exact"


def test_seen_and_held_out_are_measured_apart(monkeypatch):
    shown = []

    def scripted(model, digits, things, offered, phrasings):
        shown.append(things)
        return {"thing": 1 / 3, "digit": 1.0, "look": 0.5}

    monkeypatch.setattr(digit_pairs, "shares_right", scripted)
    found = measure(load_clip(), some_digits())
    assert shown == [SEEN, SEEN, HELD_OUT, HELD_OUT]
    assert found["held_out_read"]["thing"] == 0.3333
