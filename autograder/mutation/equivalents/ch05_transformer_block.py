"""Mutants of chapter 5's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    EDGE_OF_A_DRAW,
    EMPTIED,
    SAME_SHAPE,
    SAME_WIDTH,
    WHOLE_NUMBERS,
    Equivalent,
)

CHAPTER = "ch05_transformer_block"

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="is_chosen = torch.rand(token_ids.shape, generator=generator) < 0.15",
        after="is_chosen = torch.rand(token_ids.shape, generator=generator) <= 0.15",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="inputs = token_ids.masked_fill(is_chosen & (fate < 0.8), mask_id)",
        after="inputs = token_ids.masked_fill(is_chosen & (fate <= 0.8), mask_id)",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="inputs = torch.where(is_chosen & (fate > 0.9), any_id, inputs)",
        after="inputs = torch.where(is_chosen & (fate >= 0.9), any_id, inputs)",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="fate = torch.rand(token_ids.shape, generator=generator)",
        after="fate = torch.rand(is_chosen.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="any_id = torch.randint(vocab_size, token_ids.shape, generator=generator)",
        after="any_id = torch.randint(vocab_size, fate.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="any_id = torch.randint(vocab_size, token_ids.shape, generator=generator)",
        after="any_id = torch.randint(vocab_size, is_chosen.shape, generator=generator)",
        reason=SAME_SHAPE,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="return (inputs, labels)",
        after="return (inputs.detach(), labels)",
        reason=WHOLE_NUMBERS,
    ),
    Equivalent(
        f"{CHAPTER}/mask_tokens",
        before="return (inputs, labels)",
        after="return (inputs, labels.detach())",
        reason=WHOLE_NUMBERS,
    ),
    Equivalent(
        f"{CHAPTER}/cross_attention",
        before="shares = scores.masked_fill(~there & ~nothing, -math.inf).softmax(dim=-1)",
        after="shares = scores.masked_fill(~there, -math.inf).softmax(dim=-1)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CHAPTER}/cross_attention",
        before="shares = scores.masked_fill(~there & ~nothing, -math.inf).softmax(dim=-1)",
        after="shares = scores.masked_fill(~there & ~there, -math.inf).softmax(dim=-1)",
        reason=EMPTIED,
    ),
    Equivalent(
        f"{CHAPTER}/cross_attention",
        before="scores = q @ k.mT / math.sqrt(q.shape[-1])",
        after="scores = q @ k.mT / math.sqrt(k.shape[-1])",
        reason=SAME_WIDTH,
    ),
)
