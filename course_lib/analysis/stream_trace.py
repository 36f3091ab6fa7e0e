"""The residual stream of a decoder, part by part: what each writes, and what could be read by then.

Attention and the feed-forward layer of a block are its two parts, each of which adds a vector to
the stream at every position. Parts are counted from 0 through all blocks: 2l is the attention of
block l, 2l + 1 its feed-forward layer. Reading the stream early is the logit lens of
nostalgebraist 2020, "Interpreting GPT: The Logit Lens".

Axes: T positions, D width of the residual stream, V vocabulary, P = 2L parts of L blocks,
S = P + 1 stages: the embedding, and the stream after each part.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.blocks import PreNormBlock
from course_lib.decoder import Decoder

PARTS_A_BLOCK = 2


@dataclass(frozen=True)
class StreamTrace:
    """What happened to the stream.

    Attributes:
        streams: The stream at each stage, as the parts left it.
        additions: What each part added to the stage before; zeros where it was switched off.
        logits: What the decoder's last normalisation and its output make of each stage: the logit
            lens. At the last stage these are the decoder's own logits.
    """

    streams: Float[Tensor, "S T D"]
    additions: Float[Tensor, "P T D"]
    logits: Float[Tensor, "S T V"]

    def cosines(self) -> Float[Tensor, "P T"]:
        """Compare what each part added with the stream that it found; 0 where it added nothing."""
        return F.cosine_similarity(self.additions, self.streams[:-1], dim=-1)


@torch.no_grad()
def trace_stream(
    model: Decoder, token_ids: Int[Tensor, " T"], off: Collection[int] = ()
) -> StreamTrace:
    """Follow the stream through a decoder.

    Args:
        model: The decoder.
        token_ids: One text.
        off: Parts that are switched off: they add nothing. Those after them read the stream as it
            then is.

    Raises:
        ValueError: There is no such part.
    """
    n_parts = PARTS_A_BLOCK * len(model.blocks)
    if wrong := sorted(part for part in off if not 0 <= part < n_parts):
        raise ValueError(f"there is no part {wrong[0]}: the decoder has {n_parts}, counted from 0")
    x = model.embed(token_ids[None])  # 1 T D
    context = model.context(len(token_ids), x, keep_weights=False)
    streams, additions = [x], []
    for part in range(n_parts):
        block = cast(PreNormBlock, model.blocks[part // PARTS_A_BLOCK])
        if part in off:
            added = torch.zeros_like(x)
        elif part % PARTS_A_BLOCK == 0:
            added = block.attention(block.attention_norm(x), context).x
        else:
            added = block.feed_forward(block.feed_forward_norm(x))
        x = x + added  # 1 T D
        additions.append(added)
        streams.append(x)
    stages = torch.cat(streams)  # S T D
    return StreamTrace(
        streams=stages,
        additions=torch.cat(additions),
        logits=model.final_norm(stages) @ model.embedding.weight.T,
    )


def part_name(part: int) -> str:
    """Say which part it is, blocks counted from 1: "attention 1", "feed-forward 1"."""
    block, place = divmod(part, PARTS_A_BLOCK)
    return f"{('attention', 'feed-forward')[place]} {block + 1}"
