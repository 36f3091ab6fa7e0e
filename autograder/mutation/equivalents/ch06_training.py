"""Mutants of chapter 6's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    ORDER_OF_TWO,
    SECOND_IS_LAST,
    WHOLE_NUMBERS,
    Equivalent,
)

CHAPTER = "ch06_training"
COARSER = "It only changes which floors are tried, by less than what 10 % asks for."

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/adamw_step",
        before="return (param - lr * change, (m, v, step))",
        after="return ((param - lr * change).detach(), (m, v, step))",
        reason="The statement leaves open whether gradients flow through an update.",
    ),
    Equivalent(
        f"{CHAPTER}/lr_at",
        before="share = min(1.0, (step - warmup) / (total - warmup))",
        after="share = min((step - warmup) / (total - warmup), 1.0)",
        reason=ORDER_OF_TWO,
    ),
    Equivalent(
        f"{CHAPTER}/clip_by_global_norm",
        before="if length > max_norm:",
        after="if length >= max_norm:",
        reason="They differ where the length is the limit: there the factor is 1.",
    ),
    Equivalent(
        f"{CHAPTER}/pack_documents",
        before="mask = ((query == key) & (query >= 0)).tril()",
        after="mask = ((query == key) & (key >= 0)).tril()",
        reason="Where both segments are the same, either says whether they are padding.",
    ),
    *(
        Equivalent(
            f"{CHAPTER}/pack_documents",
            before="return (token_ids, segment_ids, mask)",
            after=after,
            reason=WHOLE_NUMBERS,
        )
        for after in (
            "return (token_ids.detach(), segment_ids, mask)",
            "return (token_ids, segment_ids.detach(), mask)",
            "return (token_ids, segment_ids, mask.detach())",
        )
    ),
    *(
        Equivalent(
            f"{CHAPTER}/fit_scaling_law",
            before="floors = np.linspace(0.0, min(losses), 1000, endpoint=False)",
            after=after,
            reason=COARSER,
        )
        for after in (
            "floors = np.linspace(-1.0, min(losses), 1000, endpoint=False)",
            "floors = np.linspace(0.0, min(losses), 999, endpoint=False)",
            "floors = np.linspace(0.0, min(losses), 1001, endpoint=False)",
            "floors = np.linspace(0.0, min(losses), endpoint=False)",
        )
    ),
    Equivalent(
        f"{CHAPTER}/sft_loss",
        before="wanted = token_ids[:, 1:][is_answer].unsqueeze(-1)",
        after="wanted = token_ids[:, 1:][is_answer].unsqueeze(1)",
        reason="The tensor has one axis, and the new one comes after it either way.",
    ),
    Equivalent(
        f"{CHAPTER}/sft_loss",
        before="log_p = logits[:, :-1][is_answer].log_softmax(dim=-1)",
        after="log_p = logits[:, :-1][is_answer].log_softmax(dim=1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/sft_loss",
        before="return -log_p.gather(-1, wanted).mean()",
        after="return -log_p.gather(1, wanted).mean()",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/preference_loss",
        before="return exponents.logsumexp(dim=0).mean()",
        after="return exponents.logsumexp(dim=-2).mean()",
        reason="The tensor has two axes, of which axis -2 is the first.",
    ),
    Equivalent(
        f"{CHAPTER}/grpo_advantages",
        before="lowest, highest = rewards.aminmax(dim=1, keepdim=True)",
        after="lowest, highest = rewards.aminmax(dim=-1, keepdim=True)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/grpo_advantages",
        before="distance = rewards - rewards.mean(dim=1, keepdim=True)",
        after="distance = rewards - rewards.mean(dim=-1, keepdim=True)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/grpo_advantages",
        before="variance = distance.square().mean(dim=1, keepdim=True)",
        after="variance = distance.square().mean(dim=-1, keepdim=True)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/grpo_advantages",
        before="return distance.masked_fill(is_flat, 0.0)"
        " / variance.masked_fill(is_flat, 1.0).sqrt()",
        after="return distance.masked_fill(is_flat, 0.0)"
        " / variance.masked_fill(is_flat, 2.0).sqrt()",
        reason="A flat row is 0 above; by what it is divided makes no difference, but for 0.",
    ),
)
