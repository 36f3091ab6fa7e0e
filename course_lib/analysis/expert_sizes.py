"""How much a public model of experts keeps in memory, and how much of it one token meets."""

from dataclasses import dataclass

from course_lib.models.mixtral import MIXTRAL_8X7B

MATRICES_OF_AN_EXPERT = 3
"""Gate, up and down."""
FLOPS_A_WEIGHT = 2
"""A multiplication and an addition."""


@dataclass(frozen=True, kw_only=True)
class ExpertSizes:
    """The weights of a decoder with experts, without its norms, which are too few to matter.

    Attributes:
        n_layers: Blocks.
        n_dense_layers: How many of them, the first, have one wide feed-forward layer.
        d_model: Width of the residual stream.
        d_ff_dense: Width of the wide feed-forward layers.
        n_experts: Experts among which the router chooses.
        n_chosen: How many of them a token visits.
        n_shared: Experts that every token visits besides.
        d_ff: Width of an expert.
        attention_weights: Of one layer's attention.
        vocab_size: Tokens, each with a row for reading and another for scoring.
    """

    n_layers: int
    n_dense_layers: int
    d_model: int
    d_ff_dense: int
    n_experts: int
    n_chosen: int
    n_shared: int
    d_ff: int
    attention_weights: int
    vocab_size: int

    @property
    def weights_of_an_expert(self) -> int:
        """Weights of one expert."""
        return MATRICES_OF_AN_EXPERT * self.d_model * self.d_ff

    @property
    def kept(self) -> int:
        """Weights that have to lie in memory, since a later token may want them."""
        return self._with_experts(self.n_experts)

    @property
    def met(self) -> int:
        """Weights that one token is multiplied with: those of few experts, and no table to read."""
        return self._with_experts(self.n_chosen) - self.vocab_size * self.d_model

    def _with_experts(self, n_experts: int) -> int:
        n_sparse = self.n_layers - self.n_dense_layers
        dense = MATRICES_OF_AN_EXPERT * self.d_model * self.d_ff_dense
        router = self.d_model * self.n_experts
        sparse = router + (n_experts + self.n_shared) * self.weights_of_an_expert
        tables = 2 * self.vocab_size * self.d_model
        layers = self.n_layers * self.attention_weights
        return layers + self.n_dense_layers * dense + n_sparse * sparse + tables

    @property
    def flops_a_token(self) -> int:
        """Operations on weights for one token, without those of the attention on its keys."""
        return FLOPS_A_WEIGHT * self.met


def _mixtral() -> ExpertSizes:
    cfg = MIXTRAL_8X7B
    of_queries, of_keys = cfg.n_heads * cfg.d_head, cfg.n_kv_heads * cfg.d_head
    return ExpertSizes(
        n_layers=cfg.n_layers,
        n_dense_layers=0,
        d_model=cfg.d_model,
        d_ff_dense=0,
        n_experts=cfg.n_experts,
        n_chosen=cfg.n_chosen,
        n_shared=0,
        d_ff=cfg.d_ff,
        attention_weights=2 * cfg.d_model * (of_queries + of_keys),
        vocab_size=cfg.vocab_size,
    )


def _latent_attention(
    *, d_model: int, n_heads: int, d_query: int, d_latent: int, d_plain: int, d_turned: int
) -> int:
    """Count the weights of an attention that keeps a latent vector in place of keys and values.

    DeepSeek-AI 2024 (arXiv:2412.19437), section 2.1.1; values are as wide as the plain part of a
    key.
    """
    queries = d_model * d_query + d_query * n_heads * (d_plain + d_turned)
    keys_and_values = d_model * (d_latent + d_turned) + d_latent * n_heads * 2 * d_plain
    return queries + keys_and_values + n_heads * d_plain * d_model


PUBLIC = {
    "Mixtral 8x7B": _mixtral(),
    "DeepSeek-V3": ExpertSizes(
        n_layers=61,
        n_dense_layers=3,
        d_model=7168,
        d_ff_dense=18_432,
        n_experts=256,
        n_chosen=8,
        n_shared=1,
        d_ff=2048,
        attention_weights=_latent_attention(
            d_model=7168, n_heads=128, d_query=1536, d_latent=512, d_plain=128, d_turned=64
        ),
        vocab_size=129_280,
    ),
}
"""Public models, with the sizes in their config.json; DeepSeek-V3 without its second head, which
foretells one more token while it is trained."""
