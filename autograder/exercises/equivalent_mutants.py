"""Mutants that behave as the solution does, each with the reason: no check could notice them.

`course selftest` leaves them out of the kill rate. It finds a mutant by the exercise and by the
lines that changed, as the self-test shows them; an entry that fits no mutant is a fault.
Nothing stands here that a better check would notice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no check could tell from the solution.

    Attributes:
        exercise: Chapter and exercise, such as `ch02_self_attention/embed`.
        before: The changed lines of the solution, without indentation.
        after: The same lines in the mutant.
        reason: Why it makes no difference.
    """

    exercise: str
    before: str
    after: str
    reason: str


CH01 = "ch01_why_attention"
CH02 = "ch02_self_attention"
CH03 = "ch03_heads_and_positions"
CH05 = "ch05_transformer_block"

SQUARE = "The matrices are square: both of their axes have the same length."
ONE_AXIS = "The tensor has one axis, the first and the last at once."
SECOND_IS_LAST = "The tensor has two axes, of which axis 1 is the last."
NO_GRADIENT_OF_A_RECORD = "A result with named parts crosses without gradients."
CAUSAL = "What stands behind a position changes nothing at it, and the last one predicts no token."
EMPTIED = (
    "A blind row becomes nan for a moment; it is emptied afterwards, and the fill stops whatever "
    "gradient the softmax makes of it."
)
SAME_WIDTH = "Queries are as wide as keys, or they could not be compared."
SAME_SHAPE = "The tensors have one shape."
EDGE_OF_A_DRAW = "A number drawn from 0 to 1 is exactly this one about once in ten million times."
IDS_HAVE_NO_GRADIENT = "Whole numbers have no gradient to cut off."
SAME_DEVICE = "All inputs lie on one device, or they could not be worked on together."

EQUIVALENT_MUTANTS = (
    Equivalent(
        f"{CH01}/jacobian_norms",
        before="reach = torch.eye(step_jacobians.shape[-1]).to(step_jacobians)",
        after="reach = torch.eye(step_jacobians.shape[1]).to(step_jacobians)",
        reason=SQUARE,
    ),
    Equivalent(
        f"{CH01}/jacobian_norms",
        before="reach = torch.eye(step_jacobians.shape[-1]).to(step_jacobians)",
        after="reach = torch.eye(step_jacobians.shape[-2]).to(step_jacobians)",
        reason=SQUARE,
    ),
    Equivalent(
        f"{CH01}/jacobian_norms",
        before="return torch.stack(norms).flip(0)",
        after="return torch.stack(norms).flip(-1)",
        reason=ONE_AXIS,
    ),
    Equivalent(
        f"{CH01}/soft_lookup",
        before="return likeness.softmax(dim=0) @ values",
        after="return likeness.softmax(dim=-1) @ values",
        reason=ONE_AXIS,
    ),
    Equivalent(
        f"{CH01}/soft_lookup",
        before="likeness = (keys * query).sum(dim=1) / temperature",
        after="likeness = (keys * query).sum(dim=-1) / temperature",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CH01}/luong_scores",
        before="pairs = torch.cat([query.expand(len(keys), -1), keys], dim=1)",
        after="pairs = torch.cat([query.expand(len(keys), -1), keys], dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CH01}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(scores.shape[1])",
        reason=(
            "Inputs that cross to a submission lie on the CPU, where `arange` puts its result too."
        ),
    ),
    Equivalent(
        f"{CH01}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(scores.shape[1], device=values.device)",
        reason=SAME_DEVICE,
    ),
    Equivalent(
        f"{CH01}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(values.shape[1], device=scores.device)",
        reason="There is one value for each score.",
    ),
    Equivalent(
        f"{CH01}/attend",
        before="return ((weights.unsqueeze(2) * values).sum(dim=1), weights)",
        after="return ((weights.unsqueeze(2) * values).sum(dim=-2), weights)",
        reason="The tensor has three axes, of which axis 1 is the last but one.",
    ),
    Equivalent(
        f"{CH01}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=-1)"
            ".masked_fill(empty, 0.0)"
        ),
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CH01}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind, -math.inf).softmax(dim=1).masked_fill(empty, 0.0)"
        ),
        reason=(
            "An empty sentence becomes nan for a moment; it is emptied afterwards, and the fill "
            "stops whatever gradient the softmax makes of it."
        ),
    ),
    Equivalent(
        f"{CH01}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(behind, 0.0)"
        ),
        reason="What is behind the end has weight 0 already, and of an empty sentence all is.",
    ),
    Equivalent(
        f"{CH02}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, 0) + 2",
        reason="Every count is doubled: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CH02}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, -1) + 1",
        reason="Every count is one lower: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CH02}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, 1) + 1",
        reason="Every count is one higher: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CH02}/most_frequent_pair",
        before="for neighbours in zip(token_ids, token_ids[1:], strict=False):",
        after="for neighbours in zip(token_ids, token_ids[1:]):",
        reason="`strict` is False when it is not given.",
    ),
    Equivalent(
        f"{CH02}/bpe_encode",
        before="pieces = list(text.encode('utf-8'))",
        after="pieces = list(text.encode())",
        reason="`str.encode` takes UTF-8 when no encoding is given.",
    ),
    Equivalent(
        f"{CH02}/embed",
        before="every_id = torch.arange(table.shape[0], device=token_ids.device)",
        after="every_id = torch.arange(table.shape[0])",
        reason=(
            "Inputs that cross to a submission lie on the CPU, where `arange` puts its result too."
        ),
    ),
    Equivalent(
        f"{CH02}/embed",
        before="every_id = torch.arange(table.shape[0], device=token_ids.device)",
        after="every_id = torch.arange(table.shape[0], device=table.device)",
        reason="Ids and table lie on one device, or they could not be multiplied.",
    ),
    Equivalent(
        f"{CH02}/embed",
        before="return (one_hot, one_hot @ table)",
        after="return (one_hot.detach(), one_hot @ table)",
        reason=(
            "The one-hot rows come from a comparison of whole numbers: there is no gradient to cut "
            "off."
        ),
    ),
    Equivalent(
        f"{CH02}/stable_softmax",
        before="return powers / total.masked_fill(total == 0, 1.0)",
        after="return powers / total.masked_fill(total == 0, 2.0)",
        reason="Where the total is 0 every power is 0, and so are 0 / 2 and its gradient.",
    ),
    Equivalent(
        f"{CH02}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(largest == -math.inf, -1.0)).exp()",
        reason="Any finite number does: −∞ + 1 is −∞.",
    ),
    Equivalent(
        f"{CH02}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(largest == -math.inf, 1.0)).exp()",
        reason="Any finite number does: −∞ − 1 is −∞.",
    ),
    Equivalent(
        f"{CH02}/stable_softmax",
        before="return powers / total.masked_fill(total == 0, 1.0)",
        after="return powers / total.masked_fill(powers == 0, 1.0)",
        reason=(
            "A power of 0 gives 0, divided by 1 as by the total; its gradient is a multiple of "
            "itself."
        ),
    ),
    Equivalent(
        f"{CH02}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(x == -math.inf, 0.0)).exp()",
        reason=(
            "Minus infinity stays what it is, whatever finite number is subtracted; the others are "
            "as before."
        ),
    ),
    Equivalent(
        f"{CH02}/attention_weights",
        before="hidden = ~mask & ~blind",
        after="hidden = ~mask",
        reason=(
            "A blind row becomes nan for a moment. `masked_fill(blind, 0.0)` empties it, and hands "
            "a gradient of 0 back to the hidden scores, all of that row, whose fill stops whatever "
            "the softmax makes of it."
        ),
    ),
    Equivalent(
        f"{CH02}/attention_weights",
        before="hidden = ~mask & ~blind",
        after="hidden = ~mask & ~mask",
        reason="The same as `hidden = ~mask`.",
    ),
    Equivalent(
        f"{CH02}/attention_weights",
        before="scores = torch.einsum('...qd,...kd->...qk', q, k) / math.sqrt(q.shape[-1])",
        after="scores = torch.einsum('...qd,...kd->...qk', q, k) / math.sqrt(k.shape[-1])",
        reason="Queries and keys have the same width, or einsum refuses them.",
    ),
    Equivalent(
        f"{CH02}/self_attention",
        before="match = q @ k.transpose(-2, -1) / math.sqrt(W_k.shape[1])",
        after="match = q @ k.transpose(-1, -2) / math.sqrt(W_k.shape[1])",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CH02}/self_attention",
        before="match = q @ k.transpose(-2, -1) / math.sqrt(W_k.shape[1])",
        after="match = q @ k.transpose(-2, -1) / math.sqrt(W_q.shape[1])",
        reason="Queries and keys have the same width, or they could not be multiplied.",
    ),
    Equivalent(
        f"{CH02}/self_attention",
        before="share = torch.where(mask.any(dim=-1, keepdim=True), share, 0.0)",
        after="share = torch.where(mask, share, 0.0)",
        reason="Hidden shares of other rows are 0 already, and no gradient passes their scores.",
    ),
    Equivalent(
        f"{CH02}/softmax_jacobian",
        before="paid_by_all = p.unsqueeze(1) * p.unsqueeze(0)",
        after="paid_by_all = p.unsqueeze(1) @ p.unsqueeze(0)",
        reason=(
            "A column times a row is the outer product, by broadcasting as by multiplying matrices."
        ),
    ),
    Equivalent(
        f"{CH02}/softmax_jacobian",
        before="paid_by_all = p.unsqueeze(1) * p.unsqueeze(0)",
        after="paid_by_all = p.unsqueeze(1) * p",
        reason="Broadcasting puts the missing axis in front by itself.",
    ),
    Equivalent(
        f"{CH02}/contextual_similarity",
        before="cosines.append((vectors[i] * vectors[j]).sum() / (lengths[i] * lengths[j]))",
        after="cosines.append((vectors[i] @ vectors[j]).sum() / (lengths[i] * lengths[j]))",
        reason=(
            "`@` of two vectors is the sum of their products, and the sum of one number is that "
            "number."
        ),
    ),
    Equivalent(
        f"{CH02}/contextual_similarity",
        before="lengths = vectors.square().sum(dim=-1).sqrt()",
        after="lengths = vectors.square().sum(dim=1).sqrt()",
        reason="The inputs are matrices, whose last axis is axis 1.",
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(seq_len - 1, 1)",
        after="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(1, seq_len - 1)",
        reason="The larger of two numbers is the same in either order.",
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="at_the_start = weights[:, 1:, 0].sum(dim=1) / max(seq_len - 1, 1)",
        after="at_the_start = weights[:, 1:, 0].sum(dim=-1) / max(seq_len - 1, 1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="queries = torch.arange(min(first, seq_len), seq_len)",
        after="queries = torch.arange(min(seq_len, first), seq_len)",
        reason="The smaller of two numbers is the same in either order.",
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="return weights[:, queries, queries - back].mean(dim=1)",
        after="return weights[:, queries, queries - back].mean(dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="return weights[:, queries, queries - back].mean(dim=1)",
        after="return weights[:, queries, queries - back].mean(dim=1).detach()",
        reason=NO_GRADIENT_OF_A_RECORD,
    ),
    Equivalent(
        f"{CH03}/head_scores",
        before="return weights.new_zeros(len(weights))",
        after="return weights.new_zeros(len(weights)).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="heads = inputs[0].clone()",
        after="heads = inputs[-1].clone()",
        reason="The projection has one input, the first and the last at once.",
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="heads = inputs[0].clone()",
        after="heads = inputs[0]",
        reason="The heads are merged for this projection alone: nobody else reads what is changed.",
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="log_p = model(token_ids[:, :-1]).logits.log_softmax(dim=-1)",
        after="log_p = model(token_ids[:, :]).logits.log_softmax(dim=-1)",
        reason=CAUSAL,
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="log_p = model(token_ids[:, :-1]).logits.log_softmax(dim=-1)",
        after="log_p = model(token_ids).logits.log_softmax(dim=-1)",
        reason=CAUSAL,
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="return (heads,)",
        after="return (heads.detach(),)",
        reason="Under `no_grad` there is no gradient to cut off.",
    ),
    Equivalent(
        f"{CH03}/ablate",
        before="return (heads,)",
        after="return (heads.float(),)",
        reason="The model computes in float32.",
    ),
    Equivalent(
        f"{CH03}/alibi_bias",
        before="return -slopes.reshape(-1, 1, 1) * back",
        after="return (-slopes.reshape(-1, 1, 1) * back).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CH03}/alibi_bias",
        before="return -slopes.reshape(-1, 1, 1) * back",
        after="return (-slopes.reshape(-1, 1, 1) * back).float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CH03}/sinusoidal_encoding",
        before="return torch.where(is_cosine, angle.cos(), angle.sin())",
        after="return torch.where(is_cosine, angle.cos(), angle.sin()).detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CH03}/sinusoidal_encoding",
        before="return torch.where(is_cosine, angle.cos(), angle.sin())",
        after="return torch.where(is_cosine, angle.cos(), angle.sin()).float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CH03}/shift_matrix",
        before="return matrix",
        after="return matrix.detach()",
        reason="There is no gradient to cut off.",
    ),
    Equivalent(
        f"{CH03}/shift_matrix",
        before="return matrix",
        after="return matrix.float()",
        reason="It is float32 already.",
    ),
    Equivalent(
        f"{CH03}/MultiHeadAttention",
        before="q = self.to_q(x).reshape(by_head).transpose(1, 2)",
        after="q = self.to_q(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CH03}/MultiHeadAttention",
        before="k = self.to_k(x).reshape(by_head).transpose(1, 2)",
        after="k = self.to_k(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CH03}/MultiHeadAttention",
        before="v = self.to_v(x).reshape(by_head).transpose(1, 2)",
        after="v = self.to_v(x).reshape(by_head).transpose(2, 1)",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CH03}/MultiHeadAttention",
        before="hidden = scores.masked_fill(~mask & ~blind, -math.inf)",
        after="hidden = scores.masked_fill(~mask, -math.inf)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CH03}/MultiHeadAttention",
        before="hidden = scores.masked_fill(~mask & ~blind, -math.inf)",
        after="hidden = scores.masked_fill(~mask & ~mask, -math.inf)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="is_chosen = torch.rand(token_ids.shape, generator=generator) < 0.15",
        after="is_chosen = torch.rand(token_ids.shape, generator=generator) <= 0.15",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="inputs = token_ids.masked_fill(is_chosen & (fate < 0.8), mask_id)",
        after="inputs = token_ids.masked_fill(is_chosen & (fate <= 0.8), mask_id)",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="inputs = torch.where(is_chosen & (fate > 0.9), any_id, inputs)",
        after="inputs = torch.where(is_chosen & (fate >= 0.9), any_id, inputs)",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="fate = torch.rand(token_ids.shape, generator=generator)",
        after="fate = torch.rand(is_chosen.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="any_id = torch.randint(vocab_size, token_ids.shape, generator=generator)",
        after="any_id = torch.randint(vocab_size, fate.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="any_id = torch.randint(vocab_size, token_ids.shape, generator=generator)",
        after="any_id = torch.randint(vocab_size, is_chosen.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="return (inputs, labels)",
        after="return (inputs.detach(), labels)",
        reason=IDS_HAVE_NO_GRADIENT,
    ),
    Equivalent(
        f"{CH05}/mask_tokens",
        before="return (inputs, labels)",
        after="return (inputs, labels.detach())",
        reason=IDS_HAVE_NO_GRADIENT,
    ),
    Equivalent(
        f"{CH05}/cross_attention",
        before="shares = scores.masked_fill(~there & ~nothing, -math.inf).softmax(dim=-1)",
        after="shares = scores.masked_fill(~there, -math.inf).softmax(dim=-1)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CH05}/cross_attention",
        before="shares = scores.masked_fill(~there & ~nothing, -math.inf).softmax(dim=-1)",
        after="shares = scores.masked_fill(~there & ~there, -math.inf).softmax(dim=-1)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CH05}/cross_attention",
        before="scores = q @ k.mT / math.sqrt(q.shape[-1])",
        after="scores = q @ k.mT / math.sqrt(k.shape[-1])",
        reason=SAME_WIDTH,
    ),
)
