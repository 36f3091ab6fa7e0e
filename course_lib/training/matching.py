"""The loss of finding partners, where several of a batch may be right.

Axes: I images, N texts.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def matching_loss(logits: Float[Tensor, "I N"], matches: Bool[Tensor, "I N"]) -> Float[Tensor, ""]:
    """Measure how hard it is for images and texts to find their partners.

    The symmetric loss of Radford et al. 2021 (arXiv:2103.00020), figure 3, except that whoever has
    several partners shall give each the same probability: in a small world two images of a batch
    often show the same thing, and to punish that they fit the same text would be wrong.

    Args:
        logits: How well each text fits each image.
        matches: Which belong together.

    Returns:
        Mean cross-entropy in nats, of rows that choose and of columns that choose.

    Raises:
        ValueError: An image or a text has no partner.
    """
    if not (matches.any(dim=0).all() and matches.any(dim=1).all()):
        raise ValueError("each image and each text needs a partner in the batch")
    both = (_choosing(logits, matches), _choosing(logits.mT, matches.mT))
    return torch.stack(both).mean()


def _choosing(logits: Tensor, matches: Tensor) -> Tensor:
    """Let each row choose among the columns."""
    wanted = matches.to(logits) / matches.sum(dim=1, keepdim=True)
    return -(wanted * logits.log_softmax(dim=1)).sum(dim=1).mean()
