"""Answers to the exercise about the probability of answers: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.capstone_mini_gpt.answer_log_p_checks import exercise
from course_lib.own_gpt.parameters import nothing_yet
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "The mean over the answer is taken. The probability of an answer is the *product* of its "
    "tokens', and the logarithm of a product is a sum."
)
def mean_over_the_answer(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Divide by the length."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None]).squeeze(-1)
    counts = is_answer[:, 1:]
    return log_p.masked_fill(~counts, 0.0).sum(-1) / counts.sum(-1)


@exercise.misconception(
    "The mask is one place off: it is cut at the end, as the scores are. It speaks of tokens, and "
    "the tokens that are foretold begin with the second."
)
def mask_one_off(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Cut the mask as the scores."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None]).squeeze(-1)
    return log_p.masked_fill(~is_answer[:, :-1], 0.0).sum(-1)


@exercise.misconception(
    "The question counts too. Only the answer is compared with another one: what the mask leaves "
    "out is 0."
)
def question_too(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Add everything up."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    return logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None]).squeeze(-1).sum(-1)


@exercise.misconception(
    "Raw scores are added up. Scores become logarithms of probabilities by `log_softmax` over the "
    "vocabulary."
)
def raw_scores(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Forget the softmax."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    scores = logits[:, :-1].gather(-1, token_ids[:, 1:, None]).squeeze(-1)
    return scores.masked_fill(~is_answer[:, 1:], 0.0).sum(-1)


@exercise.alternative
def text_by_text(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Go through the texts, and pick the places of each answer."""
    past = nothing_yet(params, token_ids.size(0), n_heads)
    scores, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    totals = []
    for text, mask, own_scores in zip(token_ids, is_answer, scores, strict=True):
        places = mask[1:].nonzero().flatten()  # of the scores that foretell the answer
        log_p = own_scores[places] - own_scores[places].logsumexp(-1, keepdim=True)
        totals.append(log_p[torch.arange(len(places)), text[1:][places]].sum())
    return torch.stack(totals)


@exercise.alternative
def hidden_places_made_nought(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Put 0 where no answer stands, and add everything up."""
    empty = nothing_yet(params, token_ids.shape[0], n_heads)
    scores = parts.gpt(token_ids, params, empty, n_heads, parts)[0][:, :-1]
    wanted = token_ids[:, 1:, None]
    log_p = torch.gather(scores, 2, wanted)[..., 0] - torch.logsumexp(scores, dim=2)
    return log_p.masked_fill(~is_answer[:, 1:], 0.0).sum(1)


@exercise.alternative
def by_cross_entropy(
    token_ids: Tensor, is_answer: Tensor, params: dict, n_heads: int, parts: Parts
) -> Tensor:
    """Take the cross entropy of every token, and turn its sign."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    surprise = torch.nn.functional.cross_entropy(
        logits[:, :-1].transpose(1, 2), token_ids[:, 1:], reduction="none"
    )
    return -torch.where(is_answer[:, 1:], surprise, torch.zeros_like(surprise)).sum(-1)
