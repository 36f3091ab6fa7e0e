"""Put activations of one run into another: what do they carry, and where does it matter?

Two texts differ in a word, and so in what the model says next. The model reads the corrupt one, but
in one place it is given what it had there when it read the clean one. If it now answers as for the
clean text, that place carried what made the difference. Unlike a glance at attention weights this
is an experiment: something is changed, and the answer is looked at.

Axes: B pairs of texts, T positions, L layers, H heads, D width of the stream, V vocabulary,
S = L + 1 stages of the stream: in front of the first block, and behind each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.analysis.module_inputs import module_inputs
from course_lib.analysis.residual_stream import residual_stream
from course_lib.decoder import Decoder

Score = Callable[[Float[Tensor, "B V"]], Float[Tensor, " B"]]
"""How much a model leans to an answer, from its logits at the last position."""


@dataclass(frozen=True)
class PatchEffects:
    """What the answers came to, as means over the pairs of texts.

    Attributes:
        clean: The score of the clean texts.
        corrupt: The score of the corrupt ones.
        patched: The score of the corrupt ones with one patch, for each place that was patched.
    """

    clean: float
    corrupt: float
    patched: Float[Tensor, "n_places m_places"]

    @property
    def shares(self) -> Float[Tensor, "n_places m_places"]:
        """What share of the difference each patch brings back: 0 nothing, 1 all of it.

        Not a probability: a patch that overshoots comes above 1, one that does harm below 0.

        Raises:
            ValueError: Clean and corrupt texts are scored alike, so there is nothing to bring back.
        """
        if self.clean == self.corrupt:
            raise ValueError(f"clean and corrupt texts have the same score, {self.clean}")
        return (self.patched - self.corrupt) / (self.clean - self.corrupt)


def logit_difference(right: Int[Tensor, " B"], wrong: Int[Tensor, " B"]) -> Score:
    """Score how far the logit of one token lies above that of another, for each pair of texts.

    Wang et al. 2023 (arXiv:2211.00593) measure answers so: what raises or lowers all
    logits alike drops out.

    Args:
        right: The token that continues each clean text.
        wrong: The one that continues each corrupt text.
    """
    rows = torch.arange(len(right))
    return lambda logits: logits[rows, right] - logits[rows, wrong]


@torch.no_grad()
def patch_stream(
    model: Decoder, clean: Int[Tensor, "B T"], corrupt: Int[Tensor, "_ _"], score: Score
) -> PatchEffects:
    """Patch the residual stream at one stage and one position at a time.

    The experiment of Meng et al. 2022 (arXiv:2202.05262), figure 1, with another text in place of
    noise.

    Args:
        model: A trained model; it stays as it is.
        clean: Texts.
        corrupt: The same texts with something changed, as long.
        score: What is asked of the logits at the last position.

    Returns:
        The scores, one row a stage and one column a position.

    Raises:
        ValueError: The texts differ in shape.
    """
    _check_pairs(clean, corrupt)
    given, stream = residual_stream(model, clean), residual_stream(model, corrupt)  # S B T D
    context = model.context(clean.shape[1], stream[0], keep_weights=False)
    patched = stream.new_empty(len(stream), clean.shape[1])
    for stage, position in product(*map(range, patched.shape)):
        x = stream[stage].clone()  # B T D
        x[:, position] = given[stage, :, position]
        for block in model.blocks[stage:]:
            x = block(x, context).x
        patched[stage, position] = score(_last_logits(model, x)).mean()
    return PatchEffects(
        clean=score(_last_logits(model, given[-1])).mean().item(),
        corrupt=score(_last_logits(model, stream[-1])).mean().item(),
        patched=patched,
    )


@torch.no_grad()
def patch_heads(
    model: Decoder, clean: Int[Tensor, "B T"], corrupt: Int[Tensor, "_ _"], score: Score
) -> PatchEffects:
    """Patch what one head at a time hands over, at all positions.

    Args:
        model: A trained model; it stays as it is.
        clean: Texts.
        corrupt: The same texts with something changed, as long.
        score: What is asked of the logits at the last position.

    Returns:
        The scores, one row a layer and one column a head.

    Raises:
        ValueError: The texts differ in shape.
    """
    _check_pairs(clean, corrupt)
    names = [f"blocks.{layer}.attention.to_out" for layer in range(model.cfg.n_layers)]
    heard = module_inputs(model, names, clean)
    before = score(model(corrupt).logits[:, -1])
    patched = before.new_empty(model.cfg.n_layers, model.cfg.n_heads)
    for layer, head in product(*map(range, patched.shape)):
        hook = model.get_submodule(names[layer]).register_forward_pre_hook(
            _handing_over(heard[layer], head, model.cfg.d_head)
        )
        try:
            patched[layer, head] = score(model(corrupt).logits[:, -1]).mean()
        finally:
            hook.remove()
    return PatchEffects(
        clean=score(model(clean).logits[:, -1]).mean().item(),
        corrupt=before.mean().item(),
        patched=patched,
    )


def _handing_over(
    heads: Float[Tensor, "B T HDh"], head: int, d_head: int
) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor]]:
    """Make a hook that puts one head's part of `heads` in the place of its own."""
    columns = slice(head * d_head, (head + 1) * d_head)

    def replace(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        mixed = given[0].clone()
        mixed[..., columns] = heads[..., columns]
        return (mixed,)

    return replace


def _last_logits(model: Decoder, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B V"]:
    return model.final_norm(x[:, -1]) @ model.embedding.weight.T


def _check_pairs(clean: Tensor, corrupt: Tensor) -> None:
    if clean.shape != corrupt.shape:
        raise ValueError(
            f"texts of shapes {tuple(clean.shape)} and {tuple(corrupt.shape)} cannot be patched "
            "into each other: each pair needs the same number of tokens"
        )
