"""Train small CLIPs on digits and phrases, keep one, and record what each recognises.

    python -m course_lib.checkpoints.digit_pairs
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.weights import FOLDER, load_weights, save_checkpoint
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


@torch.no_grad()
def share_found(
    model: CLIP,
    digits: Digits,
    shown: Sequence[Thing],
    offered: Sequence[Thing] = THINGS,
    phrasings: Sequence[str] = PHRASINGS,
) -> float:
    """Show every image of some things, and let the model choose among phrases for others.

    Args:
        model: A trained model.
        digits: Images, as they were written.
        shown: What the images are made to show.
        offered: What there are phrases for; chance is one in so many.
        phrasings: How it is said.

    Returns:
        The share of images for which the phrase of the right thing fits best.
    """
    texts = place_things(model, offered, phrasings)  # N J
    n_right = n_images = 0
    for thing in shown:
        images = change_look(digits.images[digits.labels == thing.digit], thing.look)
        chosen = (F.normalize(model.image(images), dim=-1) @ texts.mT).argmax(dim=1).tolist()
        n_right += sum(offered[place] == thing for place in chosen)
        n_images += len(images)
    return n_right / n_images


def measure(model: CLIP, digits: Digits) -> dict[str, float]:
    """Measure seen and held-out things, in read and in unread phrasings, among all things."""
    return {
        f"{things}_{phrasings}": round(share_found(model, digits, shown, THINGS, said), 4)
        for things, shown in (("seen", SEEN), ("held_out", HELD_OUT))
        for phrasings, said in (("read", PHRASINGS), ("unread", OTHER_PHRASINGS))
    }


def load_clip(path: Path = WEIGHTS) -> CLIP:
    """Build the kept model, in single precision and in evaluation mode.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: They are damaged, or of another model.
    """
    model = CLIP(CONFIG)
    load_weights(model, path)
    return model.eval()


def recorded_pairs(path: Path = RECORD) -> list[dict[str, Any]]:
    """Read what was measured: one entry a seed, with the `found` shares of `measure`."""
    return json.loads(path.read_text(encoding="utf-8"))["runs"]


def main() -> None:
    """Train with each seed, write the record, and keep the first model in half precision."""
    torch.set_num_threads(1)
    training, test = half_of_digits(0), half_of_digits(1)
    runs = []
    for seed in SEEDS:
        model = train_clip(training, seed).half().float()
        runs.append({"seed": seed, "found": measure(model, test)})
        if seed == SEEDS[0]:
            about = {"seed": seed, "settings": asdict(SETTINGS), **provenance("digit_pairs")}
            save_checkpoint(model.half(), WEIGHTS, about)
    made = {"settings": asdict(SETTINGS), "runs": runs, **provenance("digit_pairs")}
    RECORD.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
