"""Ask a few neurons about one feature: does any small group of them tell it?

A probe is a small classifier that reads the activations of a trained model. One that may look at
all of them finds almost anything; one that may look at a few says where the feature lies. Whether
the model itself looks there, no probe can tell.

Axes: n activations, F neurons, K neurons that the probe may read, B texts, T positions, L layers.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.analysis.module_inputs import module_inputs
from course_lib.decoder import Decoder

N_NEWTON_STEPS = 25  # far more than the few that convex problems of this size take
RIDGE = 1e-3  # keeps weights finite where the labels can be told without fault


@dataclass(frozen=True)
class SparseProbe:
    """A classifier that reads a few neurons.

    Attributes:
        neurons: Which neurons it reads (K), the most telling first.
        weights: What each counts.
        bias: Added to the sum; above 0 the answer is yes.
    """

    neurons: Int[Tensor, " K"]
    weights: Float[Tensor, " K"]
    bias: float

    def says_yes(self, activations: Float[Tensor, "n F"]) -> Bool[Tensor, " n"]:
        """Answer for each row of activations."""
        return activations[:, self.neurons].double() @ self.weights + self.bias > 0


def neuron_activations(model: Decoder, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "L B T F"]:
    """Read what the neurons of the feed-forward layers say, behind their bend.

    Args:
        model: The decoder.
        token_ids: The texts that it reads.
    """
    names = [f"blocks.{layer}.feed_forward.to_out" for layer in range(model.cfg.n_layers)]
    return torch.stack(module_inputs(model, names, token_ids))


def rank_neurons(
    activations: Float[Tensor, "n F"], labels: Bool[Tensor, " n"]
) -> Int[Tensor, " F"]:
    """Order neurons by how far apart their means for yes and for no lie, the farthest first.

    Distances are taken in units of each neuron's own spread within yes and no.

    Raises:
        ValueError: All labels are alike.
    """
    yes, no = _both_kinds(activations, labels)
    within = (len(yes) * yes.var(0, correction=0) + len(no) * no.var(0, correction=0)) / len(labels)
    # A neuron that never moves has no spread; it tells nothing and goes last.
    distance = (yes.mean(0) - no.mean(0)).abs() / within.sqrt().clamp_min(torch.finfo().tiny)
    return distance.argsort(descending=True, stable=True)


def fit_sparse_probe(
    activations: Float[Tensor, "n F"], labels: Bool[Tensor, " n"], n_neurons: int
) -> SparseProbe:
    """Choose a few neurons and fit a logistic regression to them, in which yes and no count alike.

    Gurnee et al. 2023 (arXiv:2305.01610) compare several ways to choose the neurons;
    this is the simplest of them, the difference of the means.

    Args:
        activations: What the neurons said.
        labels: Whether the feature is there.
        n_neurons: How many neurons the probe may read (K).

    Raises:
        ValueError: There are not so many neurons, or all labels are alike.
    """
    if not 1 <= n_neurons <= activations.shape[1]:
        raise ValueError(f"a probe cannot read {n_neurons} of {activations.shape[1]} neurons")
    neurons = rank_neurons(activations, labels)[:n_neurons]
    x = activations[:, neurons].double()  # n K
    mean, spread = x.mean(0), x.std(0, correction=0)
    spread = spread.masked_fill(spread == 0, 1.0)
    weights = _logistic_regression((x - mean) / spread, labels)  # K+1
    slopes = weights[:-1] / spread
    return SparseProbe(neurons, slopes, (weights[-1] - slopes @ mean).item())


def balanced_accuracy(said: Bool[Tensor, " n"], labels: Bool[Tensor, " n"]) -> float:
    """Return the mean of the shares of right answers among yes and among no; guessing gets 1/2.

    Raises:
        ValueError: All labels are alike.
    """
    yes, no = _both_kinds(said[:, None].double(), labels)
    return ((yes.mean() + 1 - no.mean()) / 2).item()


def control_labels(token_ids: Int[Tensor, " n"], generator: torch.Generator) -> Bool[Tensor, " n"]:
    """Draw a label for each word by lot: the same one wherever the word stands.

    The control task of Hewitt and Liang 2019 (arXiv:1909.03368), section 2. A probe that tells
    these labels has learned words by heart, and may have done so with the true ones.

    Args:
        token_ids: The word at each place.
        generator: Source of the draws.
    """
    n_words = int(token_ids.max()) + 1
    return (torch.rand(n_words, generator=generator) < 1 / 2)[token_ids]


def _logistic_regression(
    x: Float[Tensor, "n K"], labels: Bool[Tensor, " n"]
) -> Float[Tensor, " K+1"]:
    """Fit by Newton's method; the last weight is the bias."""
    x = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
    y = labels.double()
    share = y.mean()
    importance = torch.where(labels, 0.5 / share, 0.5 / (1 - share)) / len(y)  # sums to 1
    ridge = RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
    ridge[-1, -1] = 0  # the bias is free
    weights = x.new_zeros(x.shape[1])
    for _ in range(N_NEWTON_STEPS):
        p = (x @ weights).sigmoid()
        slope = x.mT @ (importance * (p - y)) + ridge @ weights
        curvature = x.mT @ ((importance * p * (1 - p))[:, None] * x) + ridge
        weights = weights - torch.linalg.solve(curvature, slope)
    return weights


def _both_kinds(
    activations: Float[Tensor, "n F"], labels: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, "n_yes F"], Float[Tensor, "n_no F"]]:
    """Split rows by their labels."""
    if labels.all() or not labels.any():
        raise ValueError(f"a probe needs both yes and no; all {len(labels)} labels are alike")
    return activations[labels], activations[~labels]
