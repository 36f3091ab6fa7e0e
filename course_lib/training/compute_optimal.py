"""How to share a budget of arithmetic between parameters and tokens.

Axes: N measurements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib.training.power_laws import fit_power_laws

FLOPS_PER_PARAMETER_AND_TOKEN = 6
"""Two forward and four backward: a multiplication and an addition, and the same for the gradients
of input and weight (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""

HUBER_DELTA = 1e-3
N_COEFFICIENTS = 5


@dataclass(frozen=True)
class Split:
    """A model and the text to train it on.

    Attributes:
        n_parameters: Parameters of the model (N).
        n_tokens: Tokens that it is trained on (D).
        loss: What the law says of it.
    """

    n_parameters: float
    n_tokens: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class JointLaw:
    """L(N, D) = E + A/N^α + B/D^β.

    Hoffmann et al. 2022 (arXiv:2203.15556), equation 2.

    Attributes:
        floor: The loss that neither takes away (E).
        size_scale: What a model of one parameter adds (A).
        data_scale: What a single token of training adds (B).
        size_exponent: How fast the first falls with the parameters (α).
        data_exponent: How fast the second falls with the tokens (β).
    """

    floor: float
    size_scale: float
    data_scale: float
    size_exponent: float
    data_exponent: float

    def loss(self, n_parameters: int | float, n_tokens: int | float) -> float:
        """Return the loss of a model of a size after a number of tokens."""
        of_size = self.size_scale / n_parameters**self.size_exponent
        return self.floor + of_size + self.data_scale / n_tokens**self.data_exponent

    def best_split(self, flops: float) -> Split:
        """Return the size and the tokens with the lowest loss that a budget pays for.

        Implements equation 4 of the paper, where C = 6 N D.

        Args:
            flops: Multiplications and additions of the whole training (C).

        Raises:
            ValueError: The budget is not above 0.
        """
        if not 0 < flops < math.inf:
            raise ValueError(f"{flops=} must be above 0 and finite")
        product = flops / FLOPS_PER_PARAMETER_AND_TOKEN  # of parameters and tokens
        both = self.size_exponent + self.data_exponent
        pull_of_size = self.size_exponent * self.size_scale
        pull_of_data = self.data_exponent * self.data_scale
        balance = (pull_of_size / pull_of_data) ** (1 / both)  # G
        n_parameters = balance * product ** (self.data_exponent / both)
        n_tokens = product ** (self.size_exponent / both) / balance
        return Split(n_parameters, n_tokens, self.loss(n_parameters, n_tokens))


CHINCHILLA = JointLaw(
    floor=1.69, size_scale=406.4, data_scale=410.7, size_exponent=0.34, data_exponent=0.28
)
"""As published by Hoffmann et al. 2022, equation 10: rounded, which shifts what follows from it."""

CHINCHILLA_REFITTED = JointLaw(
    floor=1.8172,
    size_scale=482.01,
    data_scale=2085.43,
    size_exponent=0.3478,
    data_exponent=0.3658,
)
"""By Besiroglu et al. 2024 (arXiv:2404.10102), from the same experiments, read off a figure."""


def fit_joint_law(
    n_parameters: Sequence[int], n_tokens: Sequence[int], losses: Sequence[float]
) -> JointLaw:
    """Find the law of size and data that fits some trainings.

    Implements equation 3 of the paper: the Huber loss of the difference of logarithms, for which an
    outlier counts by its distance and not by its square. The paper starts from a grid of guesses;
    here the start is the fit with the least relative error.

    Args:
        n_parameters: Parameters of each model.
        n_tokens: Tokens that each was trained on.
        losses: The loss that each came to.

    Returns:
        The law.

    Raises:
        ValueError: The lists differ in length, a number is not above 0, there are fewer than five
            trainings or three different sizes or numbers of tokens, or the losses do not fall as
            powers of both.
    """
    measured = torch.tensor(losses, dtype=torch.float64)
    quantities = _checked(n_parameters, n_tokens, losses)
    units = quantities.amin(dim=1)
    start = fit_power_laws(quantities, measured[None])
    if (start.scales == 0).any() or start.at_the_end.item():
        raise ValueError(
            "the losses do not fall as powers of size and data: the exponents found are "
            f"{start.exponents[0].tolist()}, with scales {start.scales[0].tolist()}"
        )
    exponents = start.exponents[0]
    terms = torch.stack([start.floors[0], *(start.scales[0] / units**exponents)])
    # A floor of 0 has no logarithm; a thousandth of the loss is as good a start.
    terms = terms.maximum(measured.min() / 1000).log()
    terms, exponents = _lower_huber_loss(terms, exponents, (quantities / units[:, None]), measured)
    floor, *scales = terms.exp().tolist()
    of_size, of_data = (
        scale * unit**exponent
        for scale, unit, exponent in zip(scales, units.tolist(), exponents.tolist(), strict=True)
    )
    return JointLaw(
        floor=floor,
        size_scale=of_size,
        data_scale=of_data,
        size_exponent=exponents[0].item(),
        data_exponent=exponents[1].item(),
    )


def _lower_huber_loss(
    terms: Float[Tensor, "3"],
    exponents: Float[Tensor, "2"],
    quantities: Float[Tensor, "2 N"],
    losses: Float[Tensor, " N"],
) -> tuple[Float[Tensor, "3"], Float[Tensor, "2"]]:
    """Follow the gradient from a good start; `terms` are logarithms of the floor and the scales."""
    logs = quantities.log()
    terms, exponents = (part.clone().requires_grad_() for part in (terms, exponents))

    def huber_loss() -> Float[Tensor, ""]:
        falling = terms[1:, None] - exponents[:, None] * logs  # 2 N
        predicted = torch.cat([terms[:1, None].expand(1, len(losses)), falling]).logsumexp(dim=0)
        loss = F.huber_loss(predicted, losses.log(), reduction="sum", delta=HUBER_DELTA)
        # In units of delta²: to an optimiser a loss that is tiny all over looks flat, and it stops
        # early. Besiroglu et al. 2024 found that this had befallen the published fit.
        return loss / HUBER_DELTA**2

    optimizer = torch.optim.LBFGS(
        [terms, exponents],
        max_iter=2000,
        tolerance_grad=1e-9,
        tolerance_change=1e-14,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure() -> float:
        optimizer.zero_grad()
        loss = huber_loss()
        loss.backward()
        return loss.item()

    optimizer.step(closure)
    return terms.detach(), exponents.detach()


def _checked(
    n_parameters: Sequence[int], n_tokens: Sequence[int], losses: Sequence[float]
) -> Float[Tensor, "2 N"]:
    lengths = len(n_parameters), len(n_tokens), len(losses)
    if len(set(lengths)) > 1:
        raise ValueError("there are {} sizes, {} numbers of tokens and {} losses".format(*lengths))
    numbers = [*n_parameters, *n_tokens, *losses]
    if not all(0 < number < math.inf for number in numbers):
        raise ValueError(f"sizes, tokens and losses must be above 0 and finite, got {numbers}")
    n_distinct = min(len(set(n_parameters)), len(set(n_tokens)))
    if len(losses) < N_COEFFICIENTS or n_distinct < N_COEFFICIENTS - 2:
        raise ValueError(
            f"{len(losses)} trainings of {len(set(n_parameters))} sizes on {len(set(n_tokens))} "
            "numbers of tokens do not settle five coefficients"
        )
    return torch.tensor([n_parameters, n_tokens], dtype=torch.float64)
