"""Answers to the exercise about the loss of image and text: mistakes, and other right ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch09_where_next.clip_loss_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The vectors keep their lengths, so that a long one goes well with everything. Bring images "
    "and texts to length 1 before you multiply: what counts is the direction."
)
def not_normalised(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Multiply what comes."""
    logits = log_scale.exp() * image @ text.mT
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.misconception(
    "Only the images choose. The texts have to find their image among all images as well: add the "
    "softmax along the other axis, and take the mean of the two."
)
def only_images_choose(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Take one direction, along the rows."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    return (logits.logsumexp(1) - logits.diagonal()).mean()


@exercise.misconception(
    "Only the texts choose. The images have to find their text among all texts as well: add the "
    "softmax along the other axis, and take the mean of the two."
)
def only_texts_choose(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Take one direction, along the columns."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    return (logits.logsumexp(0) - logits.diagonal()).mean()


@exercise.misconception(
    "The scale is used as it comes. What is learned is its *logarithm*, so that the factor can "
    "never be negative: multiply by exp(log_scale)."
)
def scale_not_exponentiated(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Multiply by the logarithm."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale * image @ text.mT
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.misconception(
    "The cosines are divided by exp(log_scale), as by a temperature. Here the scale multiplies: "
    "the larger it is, the sharper is the choice."
)
def scale_divides(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Take the scale for a temperature."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = image @ text.mT / log_scale.exp()
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.misconception(
    "The two directions are added up. The loss is their mean: divide by 2, so that a batch in "
    "which everything looks alike costs ln B."
)
def directions_added(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Forget to halve."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return by_image.mean() + by_text.mean()


@exercise.misconception(
    "The pairs are added up. The loss is their mean, so that it does not grow with the batch by "
    "itself."
)
def pairs_added(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Sum over the batch."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return (by_image.sum() + by_text.sum()) / 2


@exercise.misconception(
    "Each *number* of the space is brought to length 1 over the batch. A vector is a row: "
    "normalise along its own numbers, the last axis, so that no row depends on another."
)
def normalised_over_the_batch(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Take the wrong axis."""
    image, text = F.normalize(image, dim=0), F.normalize(text, dim=0)
    logits = log_scale.exp() * image @ text.mT
    by_image = logits.logsumexp(1) - logits.diagonal()
    by_text = logits.logsumexp(0) - logits.diagonal()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.misconception(
    "All B·B pairs compete in one softmax. Each image chooses among the texts by itself, and each "
    "text among the images: a softmax for every row, and one for every column."
)
def one_softmax_for_all(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Let everything compete."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    return (logits.flatten().logsumexp(0) - logits.diagonal()).mean()


@exercise.misconception(
    "The right partner is left out of those among which is chosen: you compare it with the others "
    "alone. A softmax has all of them below the line, the right one too."
)
def right_one_left_out(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Sum over the wrong partners."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    others = logits.masked_fill(own, -torch.inf)
    by_image = others.logsumexp(1) - logits.diagonal()
    by_text = others.logsumexp(0) - logits.diagonal()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.misconception(
    "You take the softmax and then its logarithm. With a large scale a probability becomes 0 and "
    "its logarithm −∞: `logsumexp` or `log_softmax` does both at once and stays finite."
)
def log_of_softmax(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Go by way of the probabilities."""
    image, text = F.normalize(image, dim=1), F.normalize(text, dim=1)
    logits = log_scale.exp() * image @ text.mT
    by_image = -logits.softmax(1).diagonal().log()
    by_text = -logits.softmax(0).diagonal().log()
    return (by_image.mean() + by_text.mean()) / 2


@exercise.alternative
def one_log_softmax_each(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Take the diagonal of two log-softmaxes."""
    image = image / torch.linalg.vector_norm(image, dim=-1, keepdim=True)
    text = text / torch.linalg.vector_norm(text, dim=-1, keepdim=True)
    scores = torch.exp(log_scale) * torch.matmul(image, text.transpose(0, 1))
    rows, columns = torch.log_softmax(scores, dim=1), torch.log_softmax(scores, dim=0)
    return -(torch.trace(rows) + torch.trace(columns)) / (2 * len(image))


@exercise.alternative
def pair_by_pair(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Go through the pairs, and let each be chosen twice."""
    costs = []
    for i in range(len(image)):
        texts = F.cosine_similarity(image[i].unsqueeze(0), text, dim=1) * log_scale.exp()
        images = F.cosine_similarity(text[i].unsqueeze(0), image, dim=1) * log_scale.exp()
        costs += [texts.logsumexp(0) - texts[i], images.logsumexp(0) - images[i]]
    return torch.stack(costs).mean()


@exercise.alternative
def differences_to_the_right_one(image: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Measure every score against that of the right partner, and begin with lengths of products."""
    lengths = image.square().sum(1).sqrt()[:, None] * text.square().sum(1).sqrt()
    cosines = torch.einsum("id,jd->ij", image, text) / lengths
    right = cosines.diagonal()
    ahead = torch.cat([(cosines - right[:, None]).mT, cosines - right], dim=1) * log_scale.exp()
    largest = ahead.amax(0).detach()
    return (largest + (ahead - largest).exp().sum(0).log()).mean()
