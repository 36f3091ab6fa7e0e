"""How well images and the texts that belong to them find each other."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="clip_loss",
    points=12,
    exports=("clip_loss",),
    not_allowed=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.CrossEntropyLoss",
        "torch.nn.NLLLoss",
        "course_lib.models.clip.compare",
        "course_lib.training.matching.matching_loss",
    ),
    hints=(
        "Bring every vector to length 1. Then the product of the image at row i and the text at "
        "row j is their cosine, and all of them together are one matrix of (B, B). What belongs "
        "together stands on its diagonal.",
        "Multiply the cosines by the exponential of `log_scale`. In row i the texts compete for "
        "image i: it costs the `logsumexp` of the row less the entry on the diagonal. In column j "
        "the images compete for text j in the same way. Take the mean over the rows, the mean over "
        "the columns, and the mean of the two.",
    ),
    time_limit_s=5.0,
)

Pairs = tuple[Tensor, Tensor]


def _loss(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Compute what is expected, pair by pair, in float64, differentiably."""
    images, texts = image.double(), text.double()
    images = images / images.square().sum(1, keepdim=True).sqrt()
    texts = texts / texts.square().sum(1, keepdim=True).sqrt()
    total = torch.zeros((), dtype=torch.float64)
    for own, (one, other) in enumerate(zip(images, texts, strict=True)):
        among_texts = log_scale.double().exp() * (texts @ one)
        among_images = log_scale.double().exp() * (images @ other)
        for choice in (among_texts, among_images):
            total = total - choice.log_softmax(0)[own] / 2
    return (total / len(images)).to(image.dtype)


def _pairs(draw: Draw, n_pairs: int, dtype: torch.dtype = torch.float32) -> Pairs:
    """Draw pairs that go together somewhat, of lengths far from 1 and from each other."""
    width = 2 if draw.small else n_pairs + draw.integer(2, 3)
    image = draw.normal(n_pairs, width, dtype=dtype)
    text = 0.6 * image + draw.normal(n_pairs, width, dtype=dtype)
    # No vector of zeros, however few digits it has.
    image[:, 0], text[:, 1] = image[:, 0].abs() + 0.5, text[:, 1].abs() + 0.5
    sizes = torch.arange(1, n_pairs + 1, dtype=dtype)[:, None]
    return image * (0.5 * sizes), text * (3.0 / sizes)


def _n_pairs(draw: Draw) -> int:
    return 2 if draw.small else draw.integer(4, 6)


def _log_scale(value: float, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(value, dtype=dtype)


@exercise.item(
    "images and texts find each other",
    points=4,
    sentence="Each image chooses among all texts and each text among all images; the loss is the "
    "mean of −ln p of the right choice over both directions, a tensor without axes.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in ("one", "another"):
        image, text = _pairs(draw, _n_pairs(draw))
        log_scale = _log_scale(draw.choice((0.9, 1.2, 1.5)))
        want = _loss(image, text, log_scale)
        expect_close(learner.clip_loss(image, text, log_scale), want)
        # Nothing changes when images and texts change places.
        expect_close(learner.clip_loss(text, image, log_scale), want)


@exercise.item(
    "only directions count",
    points=2,
    sentence="Images and texts are compared by the cosine: a vector that is made longer or shorter "
    "changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    image, text = _pairs(draw, _n_pairs(draw))
    log_scale = _log_scale(0.8)
    want = _loss(image, text, log_scale)
    longer = torch.arange(2.0, 2 + len(image))[:, None]
    expect_close(learner.clip_loss(image * longer, text, log_scale), want)
    expect_close(learner.clip_loss(image, text / longer, log_scale), want)


@exercise.item(
    "the scale is an exponential",
    points=2,
    sentence="The cosines are multiplied by exp(log_scale): with 0 they stay as they are, with a "
    "negative number they shrink.",
)
def _(learner: Learner, draw: Draw) -> None:
    image, text = _pairs(draw, _n_pairs(draw))
    for value in (0.0, -0.7, 2.0, 3.0):
        log_scale = _log_scale(value)
        expect_close(learner.clip_loss(image, text, log_scale), _loss(image, text, log_scale))


@exercise.item(
    "batches of any size",
    points=1,
    sentence="A pair alone has nothing to be taken for and costs 0; the order of the pairs does "
    "not matter.",
)
def _(learner: Learner, draw: Draw) -> None:
    log_scale = _log_scale(1.0)
    image, text = _pairs(draw, 1)
    expect_close(learner.clip_loss(image, text, log_scale), torch.tensor(0.0))
    image, text = _pairs(draw, 3 if draw.small else 7)
    want = _loss(image, text, log_scale)
    order = draw.order(len(image))
    expect_close(learner.clip_loss(image[order], text[order], log_scale), want)


@exercise.item(
    "a large scale, gradients, float64",
    points=3,
    sentence="With cosines multiplied by some hundreds the loss stays finite; gradients flow to "
    "images, texts and scale; dtype and inputs stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    image, text = _pairs(draw, _n_pairs(draw))
    large = _log_scale(6.0)
    got = learner.clip_loss(image, -text, large)
    expect_true(got.isfinite(), "a large scale gives a loss that is not finite", got)
    expect_close(got, _loss(image, -text, large))
    one = torch.tensor(1.0, dtype=torch.float64)
    leaves = (*_pairs(draw, _n_pairs(draw), torch.float64), _log_scale(0.9, torch.float64))
    theirs = [leaf.clone().requires_grad_() for leaf in leaves]
    got, gradients = learner.clip_loss.vjp(one, *theirs)
    mine = [leaf.clone().requires_grad_() for leaf in leaves]
    want = _loss(mine[0], mine[1], mine[2])
    expect_close(got, want.detach())
    for gradient, expected in zip(gradients, torch.autograd.grad(want, mine), strict=True):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)
