"""Tiny models of public architectures, and what the public implementations make of some tokens.

Each folder beside this file holds a model as it would be published, config.json and
model.safetensors, with random weights, and in reference.safetensors the token ids that the public
implementation was given and the logits that it gave back. `tests/course_lib/checkpoints/
record_architectures.py` makes them, and a test makes them again.

Axes: B batch, T positions, V vocabulary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn

from course_lib.models.bert import Bert
from course_lib.models.gpt2 import GPT2
from course_lib.models.llama import Llama
from course_lib.models.t5 import T5

FOLDER = Path(__file__).parent / "public_architectures"
REFERENCE_NAME = "reference.safetensors"

Inputs = Mapping[str, Tensor]
"""Token ids under the names `token_ids` and, where there is a source to read, `source_ids`."""


@dataclass(frozen=True)
class Agreement:
    """How far our model is from the public implementation of the same weights.

    Attributes:
        name: Of the architecture.
        n_parameters: How many numbers the tiny model has.
        largest_difference: Between any two logits.
        largest_logit: The logit farthest from 0, to compare the difference with.
    """

    name: str
    n_parameters: int
    largest_difference: float
    largest_logit: float


@torch.no_grad()
def compare_with_reference(name: str) -> Agreement:
    """Read one of the tiny models, and compare its logits with those recorded.

    Args:
        name: One of `ARCHITECTURES`.

    Raises:
        ValueError: There is no such architecture.
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"no architecture {name!r} is recorded, only {', '.join(ARCHITECTURES)}")
    load, score = ARCHITECTURES[name]
    model = load(FOLDER / name).eval()
    recorded = load_file(FOLDER / name / REFERENCE_NAME)
    expected = recorded.pop("logits")
    return Agreement(
        name=name,
        n_parameters=sum(parameter.numel() for parameter in model.parameters()),
        largest_difference=(score(model, recorded) - expected).abs().max().item(),
        largest_logit=expected.abs().max().item(),
    )


def _score_next(model: nn.Module, inputs: Inputs) -> Float[Tensor, "B T V"]:
    return model(inputs["token_ids"]).logits


def _score_masked(model: nn.Module, inputs: Inputs) -> Float[Tensor, "B T V"]:
    if not isinstance(model, Bert):
        raise TypeError(f"{type(model).__name__} scores no masked words")
    return model.score_words(model(inputs["token_ids"]).x)


def _score_answer(model: nn.Module, inputs: Inputs) -> Float[Tensor, "B T V"]:
    return model(inputs["source_ids"], inputs["token_ids"])


ARCHITECTURES: Mapping[
    str, tuple[Callable[[Path], nn.Module], Callable[[nn.Module, Inputs], Tensor]]
] = {
    "gpt2": (GPT2.from_pretrained, _score_next),
    "llama": (Llama.from_pretrained, _score_next),
    "bert": (Bert.from_pretrained, _score_masked),
    "t5": (T5.from_pretrained, _score_answer),
}
"""How each is read, and how it scores tokens."""
