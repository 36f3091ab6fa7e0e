"""What experts are used for: where the words of tales go, and how much that says of their kind.

Axes: N words, L layers, E experts, K experts chosen by each word, C kinds of words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.data.tale_tokens import TOKENS, encode
from course_lib.data.tinytales import Story
from course_lib.mixture_of_experts import MixtureOfExperts
from course_lib.models.expert_decoder import watched_routers


@dataclass(frozen=True)
class WordRoutes:
    """Where words go.

    Attributes:
        token_ids: The words, text after text.
        experts: Which experts each visits, best first.
        weights: How much each of them counts.
        logits: What the routers said of every expert.
    """

    token_ids: Int[Tensor, " N"]
    experts: Int[Tensor, "L N K"]
    weights: Float[Tensor, "L N K"]
    logits: Float[Tensor, "L N E"]

    @property
    def words(self) -> list[str]:
        """What the tokens say."""
        return [TOKENS[token] for token in self.token_ids.tolist()]


@torch.no_grad()
def word_routes(model: nn.Module, texts: Sequence[Sequence[str]]) -> WordRoutes:
    """Let a decoder of experts read texts, and note where each word goes.

    Args:
        model: A decoder of the tales' tokens.
        texts: Words of the tales.

    Raises:
        ValueError: A word is in no tale, or the model has no experts.
    """
    layers = [each for each in model.modules() if isinstance(each, MixtureOfExperts)]
    if not layers:
        raise ValueError("the model has no layer of experts")
    rows = [torch.tensor([encode(text)]) for text in texts]
    said = []
    for row in rows:
        with watched_routers(model) as routers:
            model(row)
        said.append(torch.stack(routers))
    logits = torch.cat(said, dim=1)  # L N E
    routes = [
        layer.choose(each, layer.n_chosen) for each, layer in zip(logits, layers, strict=True)
    ]
    return WordRoutes(
        token_ids=torch.cat(rows, dim=1)[0],
        experts=torch.stack([route.experts for route in routes]),
        weights=torch.stack([route.weights for route in routes]),
        logits=logits,
    )


def tale_routes(model: nn.Module, tales: Sequence[Story]) -> WordRoutes:
    """Let a decoder of experts read tales; see `word_routes`.

    Raises:
        ValueError: The model has no experts.
    """
    return word_routes(model, [tale.words for tale in tales])


def visits(
    experts: Int[Tensor, "N K"], kinds: Int[Tensor, " N"], n_experts: int, n_kinds: int
) -> Int[Tensor, "C E"]:
    """Count how often words of each kind visit each expert.

    Args:
        experts: Which experts each word visits.
        kinds: Number of each word's kind.
        n_experts: How many experts there are.
        n_kinds: How many kinds there are.
    """
    pairs = kinds[:, None] * n_experts + experts  # N K
    return torch.bincount(pairs.flatten(), minlength=n_kinds * n_experts).view(n_kinds, n_experts)


def shared_information(counts: Int[Tensor, "C E"]) -> float:
    """Return how much a visit's expert says of the kind of the word: their mutual information.

    Shannon 1948, "A Mathematical Theory of Communication", section 12, calls it the rate of
    transmission.

    0 where they have nothing to do with each other. What a table of finite counts holds by chance
    is a little more than 0: compare with `chance_information`.

    Args:
        counts: How often each kind visits each expert.

    Returns:
        In bits.

    Raises:
        ValueError: Nothing was counted.
    """
    if not counts.sum():
        raise ValueError("there is nothing to compare: no visit was counted")
    joint = counts.double() / counts.sum()
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    return torch.where(joint > 0, joint * (joint / apart).log2(), 0.0).sum().item()


def entropy_bits(counts: Int[Tensor, "C E"]) -> float:
    """Return the uncertainty of a visit's kind, in bits: what an expert can say at most."""
    share = counts.sum(dim=1).double() / counts.sum()
    return -torch.where(share > 0, share * share.log2(), 0.0).sum().item()


def chance_information(
    experts: Int[Tensor, "N K"],
    kinds: Int[Tensor, " N"],
    n_experts: int,
    n_kinds: int,
    generator: torch.Generator,
) -> float:
    """Return what a router would say of the kinds that is as uneven and has not read the words.

    Args:
        experts: Which experts each word visits; they are dealt out to other words at random.
        kinds: Number of each word's kind.
        n_experts: How many experts there are.
        n_kinds: How many kinds there are.
        generator: Where the order comes from.

    Returns:
        In bits; see `shared_information`.
    """
    dealt = experts[torch.randperm(len(experts), generator=generator)]
    return shared_information(visits(dealt, kinds, n_experts, n_kinds))
