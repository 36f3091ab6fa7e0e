"""Train a small CLIP on handwritten digits with looks, and phrases that name both.

Axes: B batch, N things, P phrasings, J width of the joint space.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.data.described_digits import (
    END,
    LOOKS,
    MAX_PHRASE_TOKENS,
    PHRASE_TOKENS,
    PHRASINGS,
    SEEN,
    Thing,
    change_looks,
    describe,
    encode_phrases,
)
from course_lib.data.digits import IMAGE_SIZE, N_CLASSES, Digits
from course_lib.models.clip import CLIP, CLIPConfig
from course_lib.models.clip_towers import CLIPTextConfig
from course_lib.models.vit import ViTConfig
from course_lib.training.loop import train
from course_lib.training.matching import matching_loss
from course_lib.training.schedules import cosine_decay

CONFIG = CLIPConfig(
    text=CLIPTextConfig(
        vocab_size=len(PHRASE_TOKENS),
        max_seq_len=MAX_PHRASE_TOKENS,
        d_model=64,
        n_heads=4,
        n_layers=2,
        d_ff=128,
        end_token=END,
    ),
    image=ViTConfig(
        image_size=IMAGE_SIZE,
        patch_size=2,
        n_channels=1,
        d_model=64,
        n_heads=4,
        n_layers=2,
        d_ff=128,
    ),
    d_joint=32,
)


@dataclass(frozen=True, kw_only=True)
class PairSettings:
    """How a model is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Images, and phrases, in a batch.
        learning_rate: Peak of the schedule: a rise, then half a cosine down to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        n_shown: How many images of each digit may be seen with the look that is held out for it.
    """

    n_steps: int = 1000
    batch_size: int = 128
    learning_rate: float = 2e-3
    n_warmup: int = 50
    weight_decay: float = 0.1
    n_shown: int = 0


SETTINGS = PairSettings()


@dataclass(frozen=True)
class Pairs:
    """Images with a phrase each.

    Attributes:
        images: What is seen.
        token_ids: What is said of it.
        matches: Which phrase is true of which image.
    """

    images: Float[Tensor, "B 1 8 8"]
    token_ids: Int[Tensor, "B T"]
    matches: Bool[Tensor, "B B"]


def allowed_looks(digits: Digits, n_shown: int = 0) -> list[list[int]]:
    """Say which looks each image may have.

    Args:
        digits: Images, as they were written.
        n_shown: How many images of each digit, the first of them, may have every look.

    Returns:
        Numbers of looks; none that is held out for the digit, but for the images to be shown.
    """
    usual = {d: [thing.look for thing in SEEN if thing.digit == d] for d in range(N_CLASSES)}
    n_before = dict.fromkeys(usual, 0)
    allowed = []
    for digit in digits.labels.tolist():
        is_shown = n_before[digit] < n_shown
        allowed.append(list(range(len(LOOKS))) if is_shown else usual[digit])
        n_before[digit] += 1
    return allowed


def pair_batches(
    digits: Digits, batch_size: int, generator: torch.Generator, n_shown: int = 0
) -> Iterator[Pairs]:
    """Draw images without end, each with a look that it may have; see `allowed_looks`."""
    allowed = allowed_looks(digits, n_shown)
    while True:
        chosen = torch.randint(len(digits), (batch_size,), generator=generator)
        draws = torch.rand(batch_size, 3, generator=generator).tolist()
        things, phrases = [], []
        for image, (look, phrasing, synonym) in zip(chosen.tolist(), draws, strict=True):
            looks = allowed[image]
            things.append(Thing(int(digits.labels[image]), looks[int(look * len(looks))]))
            said = PHRASINGS[int(phrasing * len(PHRASINGS))]
            phrases.append(describe(things[-1], said, int(2 * synonym)))
        looks = torch.tensor([thing.look for thing in things])
        names = torch.tensor([(thing.digit, thing.look) for thing in things])
        matches = (names[:, None] == names[None]).all(dim=2)
        yield Pairs(change_looks(digits.images[chosen], looks), encode_phrases(phrases), matches)


def pair_loss(model: nn.Module, batch: Pairs) -> Float[Tensor, ""]:
    """Return how hard it is for the images and phrases of a batch to find each other."""
    return matching_loss(model(batch.images, batch.token_ids).logits, batch.matches)


def start_clip(generator: torch.Generator) -> CLIP:
    """Make a model whose first weights depend on the generator alone."""
    model = CLIP(CONFIG)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    tables = (
        model.text.embedding.weight,
        model.text.positions.table,
        model.image.patches.positions.table,
    )
    for table in tables:
        nn.init.normal_(table, std=0.02, generator=generator)  # as in GPT-2: small beside 1
    return model


def train_clip(
    digits: Digits,
    seed: int,
    settings: PairSettings = SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> CLIP:
    """Train a model from nothing; see `train_reader` for the arguments."""
    generator = torch.Generator().manual_seed(seed)
    model = start_clip(generator)
    train(
        model,
        pair_batches(digits, settings.batch_size, generator, settings.n_shown),
        pair_loss,
        torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        n_steps=settings.n_steps,
        schedule=cosine_decay(settings.n_steps, min(settings.n_warmup, settings.n_steps - 1)),
        on_step=on_step,
    )
    return model.eval()


@torch.no_grad()
def place_things(
    model: CLIP, things: Sequence[Thing], phrasings: Sequence[str]
) -> Float[Tensor, "N J"]:
    """Say each thing in several ways and in both words, and take the mean direction."""
    phrases = [describe(t, p, s) for t in things for p in phrasings for s in (0, 1)]
    texts = F.normalize(model.text(encode_phrases(phrases)), dim=-1)
    return F.normalize(texts.unflatten(0, (len(things), -1)).mean(dim=1), dim=-1)
