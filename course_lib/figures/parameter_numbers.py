"""What the parameter calculator computes: parameters by part, bytes, and operations a token.

Each part is a sum of products, so that the figure can write it out; `parameters/arithmetic.js` has
the same sums.
"""

from dataclasses import dataclass
from math import prod

from course_lib.figures.parameter_models import ModelShape

PARTS = ("embeddings", "attention", "feed-forward", "norms", "head")
N_BUCKETS = 32  # of T5's relative positions, in each stack
FLOPS_A_WEIGHT = 2  # a multiplication and an addition
BACKWARD_AND_FORWARD = 3  # the way back takes twice the way there: Kaplan et al. 2020, section 2.1
FORMATS = (("fp32", 4), ("bf16", 2), ("int8", 1))


@dataclass(frozen=True)
class Term:
    """A product of sizes.

    Attributes:
        factors: The sizes.
        name: What they count.
        in_matrices: Whether a token multiplies with all of these parameters.
    """

    factors: tuple[int, ...]
    name: str
    in_matrices: bool = False

    @property
    def count(self) -> int:
        """The product."""
        return prod(self.factors)


@dataclass(frozen=True)
class ParameterNumbers:
    """All that the figure shows.

    Attributes:
        terms: The sum of each of `PARTS`, without products that are 0.
        parts: Parameters of each part.
        total: Of all.
        used: Parameters that the forward pass of a token may need: all but those of the experts
            that it does not visit.
        matrices: Parameters that a token is multiplied with.
        flops_of_matrices: Operations a token for these.
        flops_of_scores: Operations a token for scores and mixtures of attention.
        flops: Both.
        training_flops: What a token takes in training.
    """

    terms: dict[str, tuple[Term, ...]]
    parts: dict[str, int]
    total: int
    used: int
    matrices: int
    flops_of_matrices: int
    flops_of_scores: int
    flops: int
    training_flops: int


def numbers_of(shape: ModelShape, seq_len: int) -> ParameterNumbers:
    """Compute what the figure shows.

    Args:
        shape: Sizes of the model.
        seq_len: Tokens that a token looks at, itself included.
    """
    terms = terms_of(shape)
    parts = {part: sum(term.count for term in terms[part]) for part in PARTS}
    total = sum(parts.values())
    expert = _feed_forwards(shape) * (
        _matrices(shape) * shape.d_model * shape.d_ff + _ffn_bias(shape)
    )
    resting = (shape.n_experts - shape.n_chosen) * expert
    # The head multiplies by the token embeddings where it is tied to them; the biases do not count.
    matrices = sum(t.count for part in PARTS for t in terms[part] if t.in_matrices)
    matrices += shape.tied * shape.vocab_size * shape.d_model
    matrices -= (
        (shape.n_experts - shape.n_chosen)
        * _feed_forwards(shape)
        * (_matrices(shape) * shape.d_model * shape.d_ff)
    )
    # A score and a share of the mixture: Dh multiplications and additions each, for every pair.
    scores = 2 * FLOPS_A_WEIGHT * _attentions(shape) * shape.n_heads * shape.d_head * seq_len
    flops = FLOPS_A_WEIGHT * matrices + scores
    return ParameterNumbers(
        terms=terms,
        parts=parts,
        total=total,
        used=total - resting,
        matrices=matrices,
        flops_of_matrices=FLOPS_A_WEIGHT * matrices,
        flops_of_scores=scores,
        flops=flops,
        training_flops=BACKWARD_AND_FORWARD * flops,
    )


def terms_of(shape: ModelShape) -> dict[str, tuple[Term, ...]]:
    """Write each part as a sum of products; those that are 0 are left out."""
    sums = {
        "embeddings": _embeddings(shape),
        "attention": _attention(shape),
        "feed-forward": _feed_forward(shape),
        "norms": _norms(shape),
        "head": _head(shape),
    }
    return {part: tuple(term for term in terms if term.count) for part, terms in sums.items()}


def _attentions(shape: ModelShape) -> int:
    return shape.n_layers * shape.attentions


def _feed_forwards(shape: ModelShape) -> int:
    return shape.n_layers * shape.feed_forwards


def _matrices(shape: ModelShape) -> int:
    """Return how many matrices a feed-forward layer has."""
    return 3 if shape.gated else 2


def _ffn_bias(shape: ModelShape) -> int:
    """Return the biases of one feed-forward layer: of the wide side, then of the narrow one."""
    return shape.ffn_bias * ((_matrices(shape) - 1) * shape.d_ff + shape.d_model)


def _norm_width(shape: ModelShape) -> int:
    """Return how many parameters a normalisation has for each component."""
    return 2 if shape.norm == "layer" else 1


def _embeddings(shape: ModelShape) -> list[Term]:
    is_learned, is_relative = shape.positions == "learned", shape.positions == "relative"
    return [
        Term((shape.vocab_size, shape.d_model), "tokens"),
        Term((is_learned * shape.max_seq_len, shape.d_model), "positions"),
        Term((is_relative * shape.n_stacks, N_BUCKETS, shape.n_heads), "relative positions"),
        Term((shape.n_segments, shape.d_model), "segments"),
    ]


def _attention(shape: ModelShape) -> list[Term]:
    n_layers, d_q = _attentions(shape), shape.n_heads * shape.d_head
    d_kv = shape.n_kv_heads * shape.d_head
    inner = (shape.attention_bias != "none") * (d_q + 2 * d_kv)
    outer = (shape.attention_bias == "all") * shape.d_model
    return [
        Term((n_layers, shape.d_model, d_q), "queries", in_matrices=True),
        Term((n_layers, 2, shape.d_model, d_kv), "keys and values", in_matrices=True),
        Term((n_layers, d_q, shape.d_model), "outputs", in_matrices=True),
        Term((n_layers, inner + outer), "biases"),
    ]


def _feed_forward(shape: ModelShape) -> list[Term]:
    n_layers, experts = _feed_forwards(shape), shape.n_experts
    sizes = _matrices(shape), shape.d_model, shape.d_ff
    has_choice = experts > 1
    of_experts = (experts,) if has_choice else ()
    return [
        Term(
            (n_layers, *of_experts, *sizes),
            "matrices of the experts" if has_choice else "matrices",
            in_matrices=True,
        ),
        Term((n_layers, *of_experts, _ffn_bias(shape)), "biases"),
        Term((n_layers, shape.d_model, has_choice * experts), "router", in_matrices=True),
    ]


def _norms(shape: ModelShape) -> list[Term]:
    width = _norm_width(shape)
    n_outside = shape.last_norms + shape.embedding_norms
    heads = shape.head_norms * 2 * _attentions(shape)
    return [
        Term((shape.n_layers, shape.norms, width, shape.d_model), "in the blocks"),
        Term((n_outside, width, shape.d_model), "outside them"),
        Term((heads, width, shape.d_head), "of queries and keys"),
    ]


def _head(shape: ModelShape) -> list[Term]:
    d_model, width = shape.d_model, _norm_width(shape)
    return [
        Term(((not shape.tied) * shape.vocab_size, d_model), "tokens", in_matrices=True),
        Term((shape.word_head * d_model, d_model), "layer before it", in_matrices=True),
        Term((shape.word_head * (1 + width), d_model), "its bias and norm"),
        Term((shape.word_head * shape.vocab_size,), "bias of each token"),
        Term((shape.summary_heads * (d_model + 1), d_model), "summary of the sequence"),
        Term((shape.summary_heads * 2, d_model + 1), "score of a pair"),
    ]
