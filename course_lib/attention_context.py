"""What an attention layer is told besides its input: which keys it may see and where they stand.

Axes: B batch, H heads, Tq queries, Tk keys. A context may speak of more keys than a layer's cache
keeps: the layer takes the last ones.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.masks import causal_mask, combine_masks, left_padding_mask, sliding_window_mask
from course_lib.rotary import Rotate

# Batch, heads, queries and keys: a table with only three axes is not for torch's fast kernels.
N_AXES = 4


@dataclass(frozen=True, kw_only=True)
class AttentionContext:
    """What every layer of one kind is told alike.

    Attributes:
        mask: True where a query may look at a key. None lets every query see every key.
        is_causal: The mask is causal and no more, over queries as many as keys. Said in place of
            a mask and without a bias, it spares the kernel half of the work.
        bias: Added to the scores before the softmax. None adds nothing.
        rotate: Turns queries and keys by their positions. None leaves them.
        keep_weights: Whether to give the weights back, which the fused kernel cannot.
        kernel_mask: Mask and bias as the fused kernel takes them, joined once for all layers.
    """

    mask: Bool[Tensor, "*#B_H #Tq #Tk"] | None = None
    is_causal: bool = False
    bias: Float[Tensor, "*#B_H #Tq #Tk"] | None = None
    rotate: Rotate | None = None
    keep_weights: bool = False
    kernel_mask: Bool[Tensor, "*#B_H #Tq #Tk"] | Float[Tensor, "*#B_H #Tq #Tk"] | None = field(
        init=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.is_causal and (self.mask is not None or self.bias is not None):
            raise ValueError("is_causal=True takes the place of a mask and goes with no bias")

        object.__setattr__(self, "kernel_mask", _kernel_mask(self.mask, self.bias))


def causal_context(
    *,
    n_seen: int,
    n_queries: int,
    n_padding: Int[Tensor, " B"] | None = None,
    window: int | None = None,
    bias: Float[Tensor, "*#B_H #Tq #Tk"] | None = None,
    rotate: Rotate | None = None,
    keep_weights: bool = False,
    device: torch.device | None = None,
) -> AttentionContext:
    """Let new positions look at themselves, at those before them, and at no padding.

    Args:
        n_seen: How many positions came before, padding among them.
        n_queries: How many positions are new.
        n_padding: How many positions at the left of each sequence are padding. None: none.
        window: How many positions a query sees, its own among them. None: all.
        bias: Added to the scores before the softmax, over all positions so far.
        rotate: Turns queries and keys by their positions.
        keep_weights: Whether to give the weights back.
        device: Where to make the mask.

    Returns:
        The context, without a mask where it would hide nothing or `is_causal` says it all.
    """
    n_keys = n_seen + n_queries
    is_windowed = window is not None and window < n_keys
    is_causal = n_queries == n_keys > 1 and not is_windowed and n_padding is None and bias is None
    mask = None
    if window is not None and window < n_keys:
        mask = sliding_window_mask(n_queries, n_keys, window, device)
    elif n_queries > 1 and not is_causal:
        mask = causal_mask(n_queries, n_keys, device)
    if n_padding is not None:
        mask = combine_masks(mask, left_padding_mask(n_padding, n_keys))
    return AttentionContext(
        mask=mask, is_causal=is_causal, bias=bias, rotate=rotate, keep_weights=keep_weights
    )


def _kernel_mask(
    mask: Bool[Tensor, "*#B_H #Tq #Tk"] | None, bias: Float[Tensor, "*#B_H #Tq #Tk"] | None
) -> Bool[Tensor, "*#B_H #Tq #Tk"] | Float[Tensor, "*#B_H #Tq #Tk"] | None:
    joined = mask if bias is None else bias
    if mask is not None and bias is not None:
        joined = bias.masked_fill(~mask, -torch.inf)
    if joined is None:
        return None
    return joined[(None,) * (N_AXES - joined.dim())]
