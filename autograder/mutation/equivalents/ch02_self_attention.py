"""Mutants of chapter 2's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import Equivalent

CHAPTER = "ch02_self_attention"

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, 0) + 2",
        reason="Every count is doubled: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CHAPTER}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, -1) + 1",
        reason="Every count is one lower: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CHAPTER}/most_frequent_pair",
        before="occurrences[neighbours] = occurrences.get(neighbours, 0) + 1",
        after="occurrences[neighbours] = occurrences.get(neighbours, 1) + 1",
        reason="Every count is one higher: the order of the counts stays, and only it matters.",
    ),
    Equivalent(
        f"{CHAPTER}/most_frequent_pair",
        before="for neighbours in zip(token_ids, token_ids[1:], strict=False):",
        after="for neighbours in zip(token_ids, token_ids[1:]):",
        reason="`strict` is False when it is not given.",
    ),
    Equivalent(
        f"{CHAPTER}/bpe_encode",
        before="pieces = list(text.encode('utf-8'))",
        after="pieces = list(text.encode())",
        reason="`str.encode` takes UTF-8 when no encoding is given.",
    ),
    Equivalent(
        f"{CHAPTER}/embed",
        before="every_id = torch.arange(table.shape[0], device=token_ids.device)",
        after="every_id = torch.arange(table.shape[0])",
        reason=(
            "Inputs that cross to a submission lie on the CPU, where `arange` puts its result too."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/embed",
        before="every_id = torch.arange(table.shape[0], device=token_ids.device)",
        after="every_id = torch.arange(table.shape[0], device=table.device)",
        reason="Ids and table lie on one device, or they could not be multiplied.",
    ),
    Equivalent(
        f"{CHAPTER}/embed",
        before="return (one_hot, one_hot @ table)",
        after="return (one_hot.detach(), one_hot @ table)",
        reason=(
            "The one-hot rows come from a comparison of whole numbers: there is no gradient to cut "
            "off."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/stable_softmax",
        before="return powers / total.masked_fill(total == 0, 1.0)",
        after="return powers / total.masked_fill(total == 0, 2.0)",
        reason="Where the total is 0 every power is 0, and so are 0 / 2 and its gradient.",
    ),
    Equivalent(
        f"{CHAPTER}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(largest == -math.inf, -1.0)).exp()",
        reason="Any finite number does: −∞ + 1 is −∞.",
    ),
    Equivalent(
        f"{CHAPTER}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(largest == -math.inf, 1.0)).exp()",
        reason="Any finite number does: −∞ − 1 is −∞.",
    ),
    Equivalent(
        f"{CHAPTER}/stable_softmax",
        before="return powers / total.masked_fill(total == 0, 1.0)",
        after="return powers / total.masked_fill(powers == 0, 1.0)",
        reason=(
            "A power of 0 gives 0, divided by 1 as by the total; its gradient is a multiple of "
            "itself."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/stable_softmax",
        before="powers = (x - largest.masked_fill(largest == -math.inf, 0.0)).exp()",
        after="powers = (x - largest.masked_fill(x == -math.inf, 0.0)).exp()",
        reason=(
            "Minus infinity stays what it is, whatever finite number is subtracted; the others are "
            "as before."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/attention_weights",
        before="hidden = ~mask & ~blind",
        after="hidden = ~mask",
        reason=(
            "A blind row becomes nan for a moment. `masked_fill(blind, 0.0)` empties it, and hands "
            "a gradient of 0 back to the hidden scores, all of that row, whose fill stops whatever "
            "the softmax makes of it."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/attention_weights",
        before="hidden = ~mask & ~blind",
        after="hidden = ~mask & ~mask",
        reason="The same as `hidden = ~mask`.",
    ),
    Equivalent(
        f"{CHAPTER}/attention_weights",
        before="scores = torch.einsum('...qd,...kd->...qk', q, k) / math.sqrt(q.shape[-1])",
        after="scores = torch.einsum('...qd,...kd->...qk', q, k) / math.sqrt(k.shape[-1])",
        reason="Queries and keys have the same width, or einsum refuses them.",
    ),
    Equivalent(
        f"{CHAPTER}/self_attention",
        before="match = q @ k.transpose(-2, -1) / math.sqrt(W_k.shape[1])",
        after="match = q @ k.transpose(-1, -2) / math.sqrt(W_k.shape[1])",
        reason="Two axes exchanged are the same two, in whatever order they are named.",
    ),
    Equivalent(
        f"{CHAPTER}/self_attention",
        before="match = q @ k.transpose(-2, -1) / math.sqrt(W_k.shape[1])",
        after="match = q @ k.transpose(-2, -1) / math.sqrt(W_q.shape[1])",
        reason="Queries and keys have the same width, or they could not be multiplied.",
    ),
    Equivalent(
        f"{CHAPTER}/self_attention",
        before="share = torch.where(mask.any(dim=-1, keepdim=True), share, 0.0)",
        after="share = torch.where(mask, share, 0.0)",
        reason="Hidden shares of other rows are 0 already, and no gradient passes their scores.",
    ),
    Equivalent(
        f"{CHAPTER}/softmax_jacobian",
        before="paid_by_all = p.unsqueeze(1) * p.unsqueeze(0)",
        after="paid_by_all = p.unsqueeze(1) @ p.unsqueeze(0)",
        reason=(
            "A column times a row is the outer product, by broadcasting as by multiplying matrices."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/softmax_jacobian",
        before="paid_by_all = p.unsqueeze(1) * p.unsqueeze(0)",
        after="paid_by_all = p.unsqueeze(1) * p",
        reason="Broadcasting puts the missing axis in front by itself.",
    ),
    Equivalent(
        f"{CHAPTER}/contextual_similarity",
        before="cosines.append((vectors[i] * vectors[j]).sum() / (lengths[i] * lengths[j]))",
        after="cosines.append((vectors[i] @ vectors[j]).sum() / (lengths[i] * lengths[j]))",
        reason=(
            "`@` of two vectors is the sum of their products, and the sum of one number is that "
            "number."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/contextual_similarity",
        before="lengths = vectors.square().sum(dim=-1).sqrt()",
        after="lengths = vectors.square().sum(dim=1).sqrt()",
        reason="The inputs are matrices, whose last axis is axis 1.",
    ),
)
