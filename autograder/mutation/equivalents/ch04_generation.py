"""Mutants of chapter 4's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    ONE_AXIS,
    ORDER_OF_TWO,
    SECOND_IS_LAST,
    WHOLE_NUMBERS,
    WORDS_OF_AN_ERROR,
    Equivalent,
)

CHAPTER = "ch04_generation"

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="raise ValueError(f'{n_queries} queries cannot be among {n_keys} keys')",
        after="raise ValueError(f'{n_queries}{n_keys} keys')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="raise ValueError(f'{n_queries} queries cannot be among {n_keys} keys')",
        after="raise ValueError(f'{n_queries} queries cannot be among {n_keys}')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="raise ValueError(f'{n_queries} queries cannot be among {n_keys} keys')",
        after="raise ValueError()",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="raise ValueError(f'{n_queries} queries cannot be among {n_keys} keys')",
        after="raise ValueError(f'{n_keys} queries cannot be among {n_keys} keys')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="raise ValueError(f'{n_queries} queries cannot be among {n_keys} keys')",
        after="raise ValueError(f'{n_queries} queries cannot be among {n_queries} keys')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/causal_mask",
        before="return positions <= asking.unsqueeze(1)",
        after="return (positions <= asking.unsqueeze(1)).detach()",
        reason=WHOLE_NUMBERS,
    ),
    Equivalent(
        f"{CHAPTER}/next_token_loss",
        before="log_p = logits[:, :-1].log_softmax(dim=-1)",
        after="log_p = logits[:, :].log_softmax(dim=-1)",
        reason="`gather` reads as many positions as there are targets: not the last.",
    ),
    Equivalent(
        f"{CHAPTER}/next_token_loss",
        before="log_p = logits[:, :-1].log_softmax(dim=-1)",
        after="log_p = logits.log_softmax(dim=-1)",
        reason="`gather` reads as many positions as there are targets: not the last.",
    ),
    Equivalent(
        f"{CHAPTER}/next_token_loss",
        before="if ignore is not None:",
        after="if surprise is not None:",
        reason="Every target differs from None: where nothing is ignored, all stay.",
    ),
    Equivalent(
        f"{CHAPTER}/next_token_loss",
        before="if ignore is not None:",
        after="if targets is not None:",
        reason="Every target differs from None: where nothing is ignored, all stay.",
    ),
    Equivalent(
        f"{CHAPTER}/sample_token",
        before="p = (below_best / temperature).softmax(dim=0)",
        after="p = (below_best / temperature).softmax(dim=-1)",
        reason=ONE_AXIS,
    ),
    Equivalent(
        f"{CHAPTER}/top_k_filter",
        before="n_kept = min(k, logits.shape[-1])",
        after="n_kept = min(logits.shape[-1], k)",
        reason=ORDER_OF_TWO,
    ),
    Equivalent(
        f"{CHAPTER}/top_p_filter",
        before="is_needed = mass.cumsum(dim=-1) - mass < p",
        after="is_needed = mass.cumsum(dim=-1) - mass <= p",
        reason="They differ where the mass is p to the last bit: there rounding decides.",
    ),
    Equivalent(
        f"{CHAPTER}/top_p_filter",
        before="raise ValueError(f'a share of {p} would leave no token at all')",
        after="raise ValueError(f'{p} would leave no token at all')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/top_p_filter",
        before="raise ValueError(f'a share of {p} would leave no token at all')",
        after="raise ValueError(f'a share of {p}')",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/top_p_filter",
        before="raise ValueError(f'a share of {p} would leave no token at all')",
        after="raise ValueError()",
        reason=WORDS_OF_AN_ERROR,
    ),
    Equivalent(
        f"{CHAPTER}/penalise_repeats",
        before="lower = torch.where(logits > 0, logits / penalty, logits * penalty)",
        after="lower = torch.where(logits >= 0, logits / penalty, logits * penalty)",
        reason="They differ where a logit is 0, and 0 divided is 0 as 0 multiplied is.",
    ),
    Equivalent(
        f"{CHAPTER}/penalise_repeats",
        before="is_repeat = torch.zeros_like(logits, dtype=torch.bool).scatter(1, token_ids, True)",
        after="is_repeat = torch.zeros_like(logits, dtype=torch.uint8).scatter(1, token_ids, True)",
        reason="`torch.where` takes 1 and 0 for True and False.",
    ),
    Equivalent(
        f"{CHAPTER}/generate",
        before="logits = model(text[:, -max_seq_len:])[0, -1]",
        after="logits = model(text[:, -max_seq_len:])[-1, -1]",
        reason="There is one row, the first and the last at once.",
    ),
    Equivalent(
        f"{CHAPTER}/generate",
        before="text = torch.cat([text, text.new_tensor([[token]])], dim=1)",
        after="text = torch.cat([text, text.new_tensor([[token]])], dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/generate",
        before="return text",
        after="return text.detach()",
        reason=WHOLE_NUMBERS,
    ),
    Equivalent(
        f"{CHAPTER}/beam_search",
        before="log_p = model(texts)[:, -1].log_softmax(dim=-1)",
        after="log_p = model(texts)[:, -1].log_softmax(dim=1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/beam_search",
        before="totals, places = ranked.topk(min(n_beams, len(ranked)))",
        after="totals, places = ranked.topk(min(len(ranked), n_beams))",
        reason=ORDER_OF_TWO,
    ),
    Equivalent(
        f"{CHAPTER}/beam_search",
        before="texts = torch.cat([texts[parents], tokens.unsqueeze(1)], dim=1)",
        after="texts = torch.cat([texts[parents], tokens.unsqueeze(1)], dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/beam_search",
        before="return (texts[:1], totals[0].item())",
        after="return (texts[:1].detach(), totals[0].item())",
        reason=WHOLE_NUMBERS,
    ),
)
