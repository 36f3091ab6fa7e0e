"""The two models that learn to fill gaps of tales: one like BERT, one a T5.

What they learn is from Devlin et al. 2019 (arXiv:1810.04805), section 3.1, and Raffel et al. 2020
(arXiv:1910.10683), section 3.1.4.

Axes: B batch, T positions, Ts positions of the source, D width, V vocabulary.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.data.tale_gaps import NOT_COUNTED, PADDING, MaskedBatch, SpanBatch
from course_lib.decoder import Decoder
from course_lib.models.t5 import T5


class TwoSidedEncoder(Decoder):
    """The decoder with its mask taken off: every position sees the whole text.

    What it scores at a position is the token that stands there, not the next one.
    """

    def context(
        self, seq_len: int, x: Float[Tensor, "B T D"], keep_weights: bool
    ) -> AttentionContext:
        """Tell the layers where everything stands, and that nothing is hidden."""
        causal = super().context(seq_len, x, keep_weights)
        return replace(causal, mask=None, is_causal=False)


def masked_loss(model: nn.Module, batch: MaskedBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the words to be guessed."""
    logits = model(batch.inputs).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=NOT_COUNTED)


def span_loss(model: nn.Module, batch: SpanBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of each token that belongs into a gap, sentinels included."""
    start = torch.full_like(batch.targets[:, :1], PADDING)
    read = torch.cat([start, batch.targets[:, :-1]], dim=1)
    logits = model(batch.sources, read, batch.n_source_tokens)
    return F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=PADDING)


def start_t5(model: T5, generator: torch.Generator) -> T5:
    """Draw a T5's first weights from a generator, each matrix by the width that it reads."""
    d_head = model.cfg.d_head
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            continue
        spread = parameter.shape[1] ** -0.5
        if name.endswith("to_q.weight"):
            spread *= d_head**-0.5  # the scores of T5 are not divided by it
        elif name == "embedding.weight":
            spread = 1.0
        elif "bias" in name:
            spread = 1.0  # from the start some heads look near and others far
        nn.init.normal_(parameter, std=spread, generator=generator)
    return model
