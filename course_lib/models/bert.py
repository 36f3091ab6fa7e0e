"""BERT: Devlin et al. 2019 (arXiv:1810.04805).

Axes: B batch, T positions, Tk positions that are looked at, H heads, D width of the residual
stream, V vocabulary; any axes may stand before D and V.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.activations import gelu_exact
from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import BlockStack, PostNormBlock
from course_lib.layers import FeedForward
from course_lib.masks import right_padding_mask
from course_lib.models.bert_checkpoint import SOURCES, SUPERFLUOUS, heads_among, names_of_today
from course_lib.models.public_checkpoint import load_tensors, read_tensors
from course_lib.models.public_config import read_config
from course_lib.normalisation import FusedLayerNorm
from course_lib.positions import INITIAL_SPREAD, LearnedPositions


@dataclass(frozen=True, kw_only=True)
class BertConfig:
    """Sizes of a BERT, and which heads it has.

    Attributes:
        vocab_size: Number of different tokens (V).
        max_seq_len: How many positions have a vector.
        n_segments: How many kinds of segment have a vector; the two sentences of a pair are two.
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer.
        n_layers: Number of blocks.
        d_ff: Width of the feed-forward layers between their projections.
        norm_eps: Added to the variance in each normalisation.
        ties_embeddings: Whether the vectors that read the tokens also score them.
        has_pooler: Whether the first position is summed up for the whole sequence.
        has_word_head: Whether words that a mask hides can be scored.
        has_pair_head: Whether it can be scored if one segment follows the other.
    """

    vocab_size: int
    max_seq_len: int
    n_segments: int = 2
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int
    norm_eps: float = 1e-12
    ties_embeddings: bool = True
    has_pooler: bool = True
    has_word_head: bool = True
    has_pair_head: bool = True

    def __post_init__(self) -> None:
        sizes = self.vocab_size, self.max_seq_len, self.n_segments, self.n_layers, self.d_ff
        if min(self.n_heads, *sizes) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % self.n_heads:
            raise ValueError(f"{self.d_model=} is not a multiple of {self.n_heads=}")
        if self.has_pair_head and not self.has_pooler:
            raise ValueError("has_pair_head=True needs has_pooler=True, which it reads from")

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        d_head = self.d_model // self.n_heads
        return AttentionLayerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_heads,
            d_head=d_head,
            scale=d_head**-0.5,
            q_bias=True,
            k_bias=True,
            v_bias=True,
            out_bias=True,
        )


# With the vocabulary of the models that know no capital letters.
BERT_BASE = BertConfig(
    vocab_size=30_522, max_seq_len=512, d_model=768, n_heads=12, n_layers=12, d_ff=3072
)
BERT_LARGE = replace(BERT_BASE, d_model=1024, n_heads=16, n_layers=24, d_ff=4096)


@dataclass(frozen=True)
class BertOutput:
    """What BERT makes of some sequences.

    Attributes:
        x: The vector of each position in its context.
        pooled: A summary of each sequence; None where the model has no pooler.
        weights: Share of each key by head and query, first layer first; empty unless kept.
    """

    x: Float[Tensor, "B T D"]
    pooled: Float[Tensor, "B D"] | None
    weights: tuple[Float[Tensor, "B H T Tk"], ...]


class Bert(nn.Module):
    """An encoder of blocks that normalise last, where every token sees all others."""

    def __init__(self, cfg: BertConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        self.positions = LearnedPositions(cfg.max_seq_len, cfg.d_model)
        self.segments = nn.Embedding(cfg.n_segments, cfg.d_model)
        for vectors in (self.embedding, self.segments):
            nn.init.normal_(vectors.weight, std=INITIAL_SPREAD)
        self.embedding_norm = FusedLayerNorm(cfg.d_model, cfg.norm_eps)
        self.encoder = BlockStack((bert_block(cfg) for _ in range(cfg.n_layers)), nn.Identity())
        if cfg.has_pooler:
            self.pooler = nn.Linear(cfg.d_model, cfg.d_model)
        if cfg.has_word_head:
            self.to_word = nn.Linear(cfg.d_model, cfg.d_model)
            self.word_norm = FusedLayerNorm(cfg.d_model, cfg.norm_eps)
            self.word_bias = nn.Parameter(torch.zeros(cfg.vocab_size))
        if cfg.has_word_head and not cfg.ties_embeddings:
            self.unembedding = nn.Linear(cfg.d_model, cfg.vocab_size, bias=False)
        if cfg.has_pair_head:
            self.to_pair = nn.Linear(cfg.d_model, 2)

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Bert":
        """Read a model as published on the Hugging Face hub, such as bert-base-uncased.

        It has the heads that the file has, if any.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a BERT.
        """
        found = names_of_today(read_tensors(folder))
        cfg = replace(read_bert_config(folder), **heads_among(found))
        with torch.device("meta"):
            model = cls(cfg)
        load_tensors(model, found, SOURCES, dtype=dtype, ignored=SUPERFLUOUS)
        return model

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        segment_ids: Int[Tensor, "B T"] | None = None,
        n_tokens: Int[Tensor, " B"] | None = None,
        keep_weights: bool = False,
    ) -> BertOutput:
        """Put each token in its context.

        Args:
            token_ids: The sequences, of which the first token is that of the pooler.
            segment_ids: Which segment each token belongs to. None: all to the first.
            n_tokens: How many positions of each sequence are tokens; padding, which nobody looks
                at, stands behind them. None: all are.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: There are more positions than the model has vectors for.
        """
        n_positions = token_ids.shape[1]
        if segment_ids is None:
            segment_ids = torch.zeros_like(token_ids)
        x = self.embedding(token_ids) + self.segments(segment_ids)  # B T D
        x = self.embedding_norm(x + self.positions(0, n_positions))
        mask = None if n_tokens is None else right_padding_mask(n_tokens, n_positions)
        context = AttentionContext(mask=mask, keep_weights=keep_weights)
        out = self.encoder(x, (context,) * self.cfg.n_layers)
        pooled = torch.tanh(self.pooler(out.x[:, 0])) if self.cfg.has_pooler else None  # B D
        return BertOutput(x=out.x, pooled=pooled, weights=out.weights)

    def score_words(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch V"]:
        """Score which token stands at a position, such as one that is masked.

        Devlin et al. 2019, section 3.1, task 1.

        Args:
            x: Vectors of positions in their context: of all, or of the few in question.

        Raises:
            ValueError: The model has no head for it.
        """
        if not self.cfg.has_word_head:
            raise ValueError("this BERT has no head that scores words: has_word_head=False")
        unembedding = self.embedding if self.cfg.ties_embeddings else self.unembedding
        x = self.word_norm(gelu_exact(self.to_word(x)))
        return F.linear(x, unembedding.weight, self.word_bias)

    def score_pairs(self, pooled: Float[Tensor, "B D"]) -> Float[Tensor, "B 2"]:
        """Score whether the second segment goes on where the first ends, or is any other text.

        Devlin et al. 2019, section 3.1, task 2.

        Args:
            pooled: Summaries of the sequences.

        Raises:
            ValueError: The model has no head for it.
        """
        if not self.cfg.has_pair_head:
            raise ValueError("this BERT has no head that scores pairs: has_pair_head=False")
        return self.to_pair(pooled)


def bert_block(cfg: BertConfig) -> PostNormBlock:
    """Assemble one block."""
    return PostNormBlock(
        attention=AttentionLayer(cfg.attention),
        attention_norm=FusedLayerNorm(cfg.d_model, cfg.norm_eps),
        feed_forward=FeedForward(cfg.d_model, cfg.d_ff, gelu_exact),
        feed_forward_norm=FusedLayerNorm(cfg.d_model, cfg.norm_eps),
    )


def read_bert_config(folder: Path) -> BertConfig:
    """Read the sizes of a published BERT; which heads it has is not in its config.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something else than a BERT as it was published.
    """
    config = read_config(folder, "bert")
    config.must_be("hidden_act", "gelu")
    config.must_be("position_embedding_type", "absolute")
    config.must_be("is_decoder", False)
    config.must_be("add_cross_attention", False)
    return BertConfig(
        vocab_size=config.size("vocab_size"),
        max_seq_len=config.size("max_position_embeddings"),
        n_segments=config.size("type_vocab_size"),
        d_model=config.size("hidden_size"),
        n_heads=config.size("num_attention_heads"),
        n_layers=config.size("num_hidden_layers"),
        d_ff=config.size("intermediate_size"),
        norm_eps=config.number("layer_norm_eps", default=1e-12),
        ties_embeddings=config.flag("tie_word_embeddings", default=True),
    )
