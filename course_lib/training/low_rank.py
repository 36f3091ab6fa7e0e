"""Fine-tune a few numbers in place of a whole matrix: low-rank adaptation, LoRA.

Axes: Din width in, Dout width out, R rank.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class LowRankConfig:
    """What is added to which layers.

    Attributes:
        rank: Width of the narrow place that a change has to pass (R).
        alpha: Strength of the change, divided by the rank so that another rank needs no other
            learning rate.
        layers: Last part of the names of the linear layers that are adapted.
    """

    rank: int
    alpha: float
    layers: tuple[str, ...] = ("to_q", "to_v")

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f"{self.rank=} must be at least 1")

    @property
    def scale(self) -> float:
        """What the change is multiplied by."""
        return self.alpha / self.rank


class LowRankLinear(nn.Module):
    """A linear layer that stays as it is, and a change of low rank beside it.

    Implements Hu et al. 2021 (arXiv:2106.09685), equation 3, with the scale of section 4.1. `down`
    is the paper's A and `up` its B, transposed: weights multiply from the right here.

    Args:
        base: The layer; its parameters are frozen. It may be quantized afterwards: only `merged`
            needs to write to its weights.
        rank: Width between `down` and `up`.
        scale: What the change is multiplied by.
        generator: Source of the first `down`. `up` begins at 0, and so does the change.
    """

    def __init__(
        self, base: nn.Linear, rank: int, scale: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.base: nn.Module = base.requires_grad_(False)
        self.scale = scale
        drawn = torch.randn(base.in_features, rank, generator=generator)
        self.down = nn.Parameter(drawn.to(base.weight) * base.in_features**-0.5)
        self.up = nn.Parameter(base.weight.new_zeros(rank, base.out_features))

    def forward(self, x: Float[Tensor, "*batch Din"]) -> Float[Tensor, "*batch Dout"]:
        """Multiply by the weights and by the change, in two narrow steps."""
        return self.base(x) + self.scale * (x @ self.down @ self.up)

    def merged(self) -> nn.Linear:
        """Return one linear layer that computes the same.

        Raises:
            ValueError: The layer has been quantized: its steps are too coarse to take the change.
        """
        if not isinstance(self.base, nn.Linear):
            raise ValueError(
                f"a change is merged into an nn.Linear, not into {type(self.base).__name__}: turn "
                "its weights back first, or merge before quantizing"
            )
        linear = copy.deepcopy(self.base)
        with torch.no_grad():
            linear.weight += self.scale * (self.down @ self.up).mT
        return linear.requires_grad_()


def with_adapters(model: nn.Module, cfg: LowRankConfig, generator: torch.Generator) -> nn.Module:
    """Return a copy of a model that trains only a change of low rank in some layers.

    It computes what the model does until it is trained.

    Args:
        model: The model; it is left as it is.
        cfg: What is added to which layers.
        generator: Source of the first weights.

    Returns:
        The copy. Of its parameters only those of the adapters take part in training.

    Raises:
        ValueError: A name fits no linear layer, or the rank is larger than a layer.
    """
    adapted = copy.deepcopy(model).requires_grad_(False)
    wanted = {
        name: module
        for name, module in adapted.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in cfg.layers
    }
    if missing := set(cfg.layers) - {name.rpartition(".")[2] for name in wanted}:
        raise ValueError(f"the model has no linear layer called {', '.join(sorted(missing))}")
    for name, base in wanted.items():
        if cfg.rank > min(base.in_features, base.out_features):
            raise ValueError(
                f"{cfg.rank=} is larger than {name}, {base.in_features} by {base.out_features}"
            )
        _replace(adapted, name, LowRankLinear(base, cfg.rank, cfg.scale, generator))
    return adapted


def merged(model: nn.Module) -> nn.Module:
    """Return a copy of a model with its adapters worked into the weights.

    It has the layers of the model before it was adapted, costs what that one costs, and can be
    trained as a whole again.

    Args:
        model: A model that `with_adapters` gave; it is left as it is.

    Raises:
        ValueError: An adapted layer has been quantized since.
    """
    plain = copy.deepcopy(model)
    for name, adapter in list(adapters_of(plain)):
        _replace(plain, name, adapter.merged())
    return plain.requires_grad_()


def adapters_of(model: nn.Module) -> Iterator[tuple[str, LowRankLinear]]:
    """Give the adapted layers of a model with their names."""
    for name, module in model.named_modules():
        if isinstance(module, LowRankLinear):
            yield name, module


@dataclass(frozen=True)
class ParameterCount:
    """How many numbers a model has.

    Attributes:
        n_trained: Those that training changes.
        n_parameters: All.
    """

    n_trained: int
    n_parameters: int

    @property
    def share(self) -> float:
        """The share that training changes."""
        return self.n_trained / self.n_parameters


def count_parameters(model: nn.Module) -> ParameterCount:
    """Count the parameters of a model, and those among them that training changes."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return ParameterCount(
        n_trained=sum(size for size, is_trained in sizes if is_trained),
        n_parameters=sum(size for size, _ in sizes),
    )


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    """Put a module in the place of the one of that name."""
    parent, _, own_name = name.rpartition(".")
    setattr(model.get_submodule(parent), own_name, module)
