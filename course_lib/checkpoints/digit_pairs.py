"""Train small CLIPs on digits and phrases, keep one, and record what each recognises.

    python -m course_lib.checkpoints.digit_pairs

They learn from one half of the digits and are measured on the other. More of them are trained to
see how much a few images of each held-out thing would change. On one machine, with one thread, the
same seeds give the same weights bit for bit.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import (
    FOLDER,
    read_description,
    save_rounded,
    with_weights,
)
from course_lib.data.described_digits import (
    HELD_OUT,
    OTHER_PHRASINGS,
    PHRASINGS,
    SEEN,
    THINGS,
    Thing,
    change_look,
)
from course_lib.data.digits import Digits, half_of_digits
from course_lib.models.clip import CLIP
from course_lib.training.image_phrases import CONFIG, SETTINGS, place_things, train_clip

WEIGHTS = FOLDER / "digit_pairs.safetensors"
RECORD = FOLDER / "digit_pair_runs.json"
SEEDS = (0, 1, 2)
"""The first one's model is kept."""
TRAINING_HALF, TEST_HALF = 0, 1
N_SHOWN = (1, 4, 16)
"""Images of each held-out thing that the further models see after all."""
N_DECIMALS = 4
"""Of every share in the record."""


@torch.no_grad()
def choose_things(
    model: CLIP,
    images: Float[Tensor, "B 1 8 8"],
    offered: Sequence[Thing] = THINGS,
    phrasings: Sequence[str] = PHRASINGS,
) -> list[Thing]:
    """Let a model say what images show, by the phrases that fit each best.

    Args:
        model: A trained model.
        images: What it sees, with their looks.
        offered: What there are phrases for.
        phrasings: How it is said.

    Returns:
        One of the things offered for each image.
    """
    texts = place_things(model, offered, phrasings)  # N J
    cosines = F.normalize(model.image(images), dim=-1) @ texts.mT  # B N
    return [offered[place] for place in cosines.argmax(dim=1).tolist()]


def shares_right(
    model: CLIP,
    digits: Digits,
    shown: Sequence[Thing],
    offered: Sequence[Thing] = THINGS,
    phrasings: Sequence[str] = PHRASINGS,
) -> dict[str, float]:
    """Show every image of some things and count what is said of them.

    Args:
        model: A trained model.
        digits: Images, as they were written.
        shown: What the images are made to show.
        offered: What there are phrases for; by chance, one in so many is right.
        phrasings: How it is said.

    Returns:
        The share of images whose `thing` is right, and of those whose `digit` and whose `look` is.
    """
    said: list[tuple[Thing, Thing]] = []
    for thing in shown:
        images = change_look(digits.images[digits.labels == thing.digit], thing.look)
        said += [(thing, chosen) for chosen in choose_things(model, images, offered, phrasings)]
    return {
        "thing": fmean(right == chosen for right, chosen in said),
        "digit": fmean(right.digit == chosen.digit for right, chosen in said),
        "look": fmean(right.look == chosen.look for right, chosen in said),
    }


def measure(model: CLIP, digits: Digits) -> dict[str, dict[str, float]]:
    """Measure seen and held-out things, in read and in unread phrasings, among all things."""
    found = {}
    for things, shown in (("seen", SEEN), ("held_out", HELD_OUT)):
        for phrasings, said in (("read", PHRASINGS), ("unread", OTHER_PHRASINGS)):
            shares = shares_right(model, digits, shown, THINGS, said)
            rounded = {what: round(share, N_DECIMALS) for what, share in shares.items()}
            found[f"{things}_{phrasings}"] = rounded
    return found


def load_clip(path: Path = WEIGHTS) -> CLIP:
    """Build the kept model, in single precision and in evaluation mode.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: They are damaged, or of another model.
    """
    return with_weights(CLIP(CONFIG), path)


def recorded_pairs(path: Path = RECORD) -> list[dict[str, Any]]:
    """Read what was measured: one entry a seed.

    Each has what `measure` gives as `right`, and as `after` the same by the number of images of
    each held-out thing that a further model of that seed has seen.

    Raises:
        FileNotFoundError: There is no record.
        ValueError: It is damaged.
    """
    return read_description(path)["runs"]


def sizes() -> dict[str, Any]:
    """Return the sizes of the model, all that JSON can say of its configuration."""
    towers = {"text": asdict(CONFIG.text), "image": asdict(CONFIG.image)}
    for tower in towers.values():
        tower["activation"] = tower["activation"].__name__
    return {**towers, "d_joint": CONFIG.d_joint}


def train_shown(digits: Digits, seed: int, n_shown: int) -> CLIP:
    """Train a model that sees a few images of each held-out thing, and round its weights."""
    return train_clip(digits, seed, replace(SETTINGS, n_shown=n_shown)).half().float()


def main() -> None:
    """Train with each seed, write the record, and keep the first model in half precision."""
    torch.set_num_threads(1)
    training, test = half_of_digits(TRAINING_HALF), half_of_digits(TEST_HALF)
    models = [train_clip(training, seed).half().float() for seed in SEEDS]
    runs = []
    for seed, model in zip(SEEDS, models, strict=True):
        after = {str(n): measure(train_shown(training, seed, n), test) for n in N_SHOWN}
        runs.append({"seed": seed, "right": measure(model, test), "after": after})
    settings = asdict(SETTINGS)
    record = {"settings": settings, "runs": runs, **provenance("digit_pairs")}
    write_record(RECORD, record, indent=1)
    description = {
        "config": sizes(),
        "settings": settings,
        "seed": SEEDS[0],
        "metrics": runs[0]["right"],
        **origin("digit_pairs"),
    }
    save_rounded(models[0], WEIGHTS, description)


if __name__ == "__main__":
    main()
