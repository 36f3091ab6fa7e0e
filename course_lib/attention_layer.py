"""The attention layer that every model assembles: any widths, shared keys, a cache, a fast kernel.

Vaswani et al. 2017 (arXiv:1706.03762), section 3.2.2, with the shared keys and values of Ainslie
et al. 2023 (arXiv:2305.13245), section 2.2.

Axes: B batch, Tq queries, Tk keys, H query heads, Hkv key/value heads, D width of the residual
stream, Dh width of a head.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention import merge_heads, split_heads
from course_lib.attention_context import AttentionContext
from course_lib.attention_paths import explicit_attention, fused_attention
from course_lib.generation.language_model import LayerCache
from course_lib.rotary import Rotate


@dataclass(frozen=True, kw_only=True)
class AttentionLayerConfig:
    """Sizes of one attention layer, and how it departs from the plainest.

    Attributes:
        d_model: Width of the residual stream (D).
        n_heads: Number of query heads (H).
        n_kv_heads: Number of key/value heads (Hkv).
        d_head: Width of one head (Dh); the heads together may be wider or narrower than D.
        scale: Factor on the dot products, 1/√Dh in most models.
        score_cap: Bound on the scores. None: no bound.
        q_bias: Whether the projection to the queries adds a bias.
        k_bias: Whether the projection to the keys does.
        v_bias: Whether the projection to the values does.
        out_bias: Whether the output projection does.
    """

    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    scale: float
    score_cap: float | None = None
    q_bias: bool = False
    k_bias: bool = False
    v_bias: bool = False
    out_bias: bool = False

    def __post_init__(self) -> None:
        if min(self.d_model, self.n_heads, self.n_kv_heads, self.d_head) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"{self.n_heads=} is not a multiple of {self.n_kv_heads=}")
        if self.score_cap is not None and self.score_cap <= 0:
            raise ValueError(f"a bound on the scores must be above 0, got {self.score_cap=}")


@dataclass(frozen=True)
class KeysValues:
    """What a layer looks at.

    Attributes:
        k: Keys by key/value head.
        v: Values by key/value head.
    """

    k: Float[Tensor, "B Hkv Tk Dh"]
    v: Float[Tensor, "B Hkv Tk Dh"]


@dataclass(frozen=True)
class AttentionLayerOutput:
    """What one layer of heads computed.

    Attributes:
        x: The layer's output, to be added to the residual stream.
        cache: The cache with the new positions in it; None if none was given.
        weights: Share of each key, by head and query; None unless the context keeps them.
    """

    x: Float[Tensor, "B Tq D"]
    cache: LayerCache | None
    weights: Float[Tensor, "B H Tq Tk"] | None


class AttentionLayer(nn.Module):
    """Own the projections; the arithmetic is `fused_attention` or `explicit_attention`.

    Queries and keys may be normalised head by head, as in Qwen 3: `q_norm` and `k_norm` are
    modules that take and give heads (B H T Dh).
    """

    def __init__(
        self,
        cfg: AttentionLayerConfig,
        q_norm: nn.Module | None = None,
        k_norm: nn.Module | None = None,
    ) -> None:
        super().__init__()
        d_q, d_kv = cfg.n_heads * cfg.d_head, cfg.n_kv_heads * cfg.d_head
        self.cfg = cfg
        self.to_q = nn.Linear(cfg.d_model, d_q, bias=cfg.q_bias)
        self.to_k = nn.Linear(cfg.d_model, d_kv, bias=cfg.k_bias)
        self.to_v = nn.Linear(cfg.d_model, d_kv, bias=cfg.v_bias)
        self.to_out = nn.Linear(d_q, cfg.d_model, bias=cfg.out_bias)
        self.q_norm = q_norm or nn.Identity()
        self.k_norm = k_norm or nn.Identity()

    def forward(
        self,
        x: Float[Tensor, "B Tq D"],
        context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> AttentionLayerOutput:
        """Attend over one sequence: the positions of `x`, and those in the cache before them.

        Args:
            x: The residual stream at the new positions, normalised.
            context: Which keys may be seen, and where they stand.
            cache: Keys and values of the positions before. None: there are none to keep.

        Returns:
            The layer's output at the new positions, and the next cache.
        """
        seen = self.keys_and_values(x, context.rotate)
        if cache is not None:
            cache, k, v = cache.append(seen.k, seen.v)
            seen = KeysValues(k, v)
        out, weights = self.look_at(x, seen, context)
        return AttentionLayerOutput(x=out, cache=cache, weights=weights)

    def keys_and_values(
        self, source: Float[Tensor, "B Tk D"], rotate: Rotate | None = None
    ) -> KeysValues:
        """Project what is looked at; of another sequence this is done once for all queries."""
        k = self.k_norm(split_heads(self.to_k(source), self.cfg.n_kv_heads))  # B Hkv Tk Dh
        v = split_heads(self.to_v(source), self.cfg.n_kv_heads)  # B Hkv Tk Dh
        return KeysValues(k if rotate is None else rotate(k), v)

    def look_at(
        self, x: Float[Tensor, "B Tq D"], seen: KeysValues, context: AttentionContext
    ) -> tuple[Float[Tensor, "B Tq D"], Float[Tensor, "B H Tq Tk"] | None]:
        """Let each position of `x` mix the values of what it may see.

        Args:
            x: The residual stream at the positions that ask, normalised.
            seen: Keys and values of this sequence or of another one.
            context: Which keys may be seen, and where they stand.

        Returns:
            The layer's output, and the weights if the context keeps them.
        """
        q = self.q_norm(split_heads(self.to_q(x), self.cfg.n_heads))  # B H Tq Dh
        if context.rotate is not None:
            q = context.rotate(q)
        if context.keep_weights or self.cfg.score_cap is not None:
            attention = explicit_attention(
                q, seen.k, seen.v, context, self.cfg.scale, self.cfg.score_cap
            )
            heads, weights = attention.values, attention.weights
        else:
            heads, weights = fused_attention(q, seen.k, seen.v, context, self.cfg.scale), None
        return self.to_out(merge_heads(heads)), weights if context.keep_weights else None
