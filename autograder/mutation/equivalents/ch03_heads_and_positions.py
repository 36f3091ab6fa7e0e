"""Mutants of chapter 3's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    CAUSAL,
    EMPTIED,
    NO_GRADIENT_OF_A_RECORD,
    SECOND_IS_LAST,
    Equivalent,
)

CHAPTER = "ch03_heads_and_positions"

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(seq_len - 1, 1)",
        after="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(1, seq_len - 1)",
        reason="The larger of two numbers is the same in either order.",
    ),
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(seq_len - 1, 1)",
        after="at_the_start = weights[:, 1:, 0].sum(dim=-1) / max(seq_len - 1, 1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="queries = torch.arange(min(first, seq_len), seq_len)",
        after="queries = torch.arange(min(seq_len, first), seq_len)",
        reason="The smaller of two numbers is the same in either order.",
    ),
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="return weights[:, queries, queries - back].mean(dim=1)",
        after="return weights[:, queries, queries - back].mean(dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="return weights[:, queries, queries - back].mean(dim=1)",
        after="return weights[:, queries, queries - back].mean(dim=1).detach()",
        reason=NO_GRADIENT_OF_A_RECORD,
    ),
    Equivalent(
        f"{CHAPTER}/head_scores",
        before="return weights.new_zeros(len(weights))",
        after="return weights.new_zeros(len(weights)).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="heads = inputs[0].clone()",
        after="heads = inputs[-1].clone()",
        reason="The projection has one input, the first and the last at once.",
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="heads = inputs[0].clone()",
        after="heads = inputs[0]",
        reason="The heads are merged for this projection alone: nobody else reads what is changed.",
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="log_p = model(token_ids[:, :-1]).logits.log_softmax(dim=-1)",
        after="log_p = model(token_ids[:, :]).logits.log_softmax(dim=-1)",
        reason=CAUSAL,
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="log_p = model(token_ids[:, :-1]).logits.log_softmax(dim=-1)",
        after="log_p = model(token_ids).logits.log_softmax(dim=-1)",
        reason=CAUSAL,
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="return (heads,)",
        after="return (heads.detach(),)",
        reason="Under `no_grad` there is no gradient to cut off.",
    ),
    Equivalent(
        f"{CHAPTER}/ablate",
        before="return (heads,)",
        after="return (heads.float(),)",
        reason="The model computes in float32.",
    ),
    Equivalent(
        f"{CHAPTER}/alibi_bias",
        before="return -slopes.reshape(-1, 1, 1) * back",
        after="return (-slopes.reshape(-1, 1, 1) * back).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CHAPTER}/alibi_bias",
        before="return -slopes.reshape(-1, 1, 1) * back",
        after="return (-slopes.reshape(-1, 1, 1) * back).float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CHAPTER}/sinusoidal_encoding",
        before="return torch.where(is_cosine, angle.cos(), angle.sin())",
        after="return torch.where(is_cosine, angle.cos(), angle.sin()).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CHAPTER}/sinusoidal_encoding",
        before="return torch.where(is_cosine, angle.cos(), angle.sin())",
        after="return torch.where(is_cosine, angle.cos(), angle.sin()).float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CHAPTER}/shift_matrix",
        before="return matrix",
        after="return matrix.detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CHAPTER}/shift_matrix",
        before="return matrix",
        after="return matrix.float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CHAPTER}/MultiHeadAttention",
        before="q = self.to_q(x).reshape(by_head).transpose(1, 2)",
        after="q = self.to_q(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CHAPTER}/MultiHeadAttention",
        before="k = self.to_k(x).reshape(by_head).transpose(1, 2)",
        after="k = self.to_k(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CHAPTER}/MultiHeadAttention",
        before="v = self.to_v(x).reshape(by_head).transpose(1, 2)",
        after="v = self.to_v(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CHAPTER}/MultiHeadAttention",
        before="hidden = scores.masked_fill(~mask & ~blind, -math.inf)",
        after="hidden = scores.masked_fill(~mask, -math.inf)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CHAPTER}/MultiHeadAttention",
        before="hidden = scores.masked_fill(~mask & ~blind, -math.inf)",
        after="hidden = scores.masked_fill(~mask & ~mask, -math.inf)",
        reason=EMPTIED,
    ),
)
