"""Answers to the exercise about beam search: mistakes, and other right ways."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.beam_search_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You multiply probabilities. After some dozens of tokens the product is 0, all texts are "
    "alike, and the logarithm is −∞: add logarithms (`log_softmax`)."
)
def probabilities_multiplied(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Take the logarithm in the end."""
    texts, shares = token_ids, torch.ones(1)
    for _ in range(n_new):
        p = model(texts)[:, -1].softmax(-1)
        table = (shares[:, None] * p).flatten()
        shares, places = table.topk(min(n_beams, len(table)))
        chosen = places % p.shape[-1]
        texts = torch.cat([texts[places // p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], shares[0].log().item()


@exercise.misconception(
    "Each beam goes on with its own best token. Then a beam that has got into a bad place is "
    "followed to the end: rank the continuations of all beams together."
)
def beams_do_not_compete(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Search greedily from the best first tokens."""
    log_p = model(token_ids)[0, -1].log_softmax(-1)
    totals, firsts = log_p.topk(min(n_beams, len(log_p)))
    texts = torch.cat([token_ids.expand(len(firsts), -1), firsts[:, None]], dim=1)
    for _ in range(n_new - 1):
        log_p, chosen = model(texts)[:, -1].log_softmax(-1).max(-1)
        totals = totals + log_p
        texts = torch.cat([texts, chosen[:, None]], dim=1)
    return texts[totals.argmax()][None], totals.max().item()


@exercise.misconception(
    "However many beams there are, the search finds what a greedy one finds. Either a single text "
    "is kept at each step, or the search begins with n_beams copies of the prompt: they have the "
    "same continuations with the same probabilities, and stay copies. Begin with one."
)
def begins_with_copies(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Repeat the prompt."""
    texts, totals = token_ids.repeat(n_beams, 1), torch.zeros(n_beams)
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        totals, places = (totals[:, None] + log_p).flatten().topk(n_beams)
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item()


@exercise.misconception(
    "The log-probability counts the prompt's tokens too. They were given: count the new ones."
)
def prompt_counted(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Begin with the log-probability of the prompt."""
    before = model(token_ids)[0, :-1].log_softmax(-1)
    texts, totals = token_ids, before.gather(-1, token_ids[0, 1:, None]).sum()[None]
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        table = (totals[:, None] + log_p).flatten()
        totals, places = table.topk(min(n_beams, len(table)))
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item()


@exercise.misconception(
    "You give the mean over the new tokens. Asked for is the log-probability of the text: the sum."
)
def mean_given(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Divide by the length in the end."""
    texts, totals = token_ids, torch.zeros(1)
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        table = (totals[:, None] + log_p).flatten()
        totals, places = table.topk(min(n_beams, len(table)))
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item() / n_new


@exercise.misconception(
    "You add logits. They are no logarithms of probabilities until `log_softmax` has made each "
    "position's sum to 1: two texts cannot be compared by them."
)
def logits_added(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Forget the softmax."""
    texts, totals = token_ids, torch.zeros(1)
    for _ in range(n_new):
        scores = model(texts)[:, -1]
        table = (totals[:, None] + scores).flatten()
        totals, places = table.topk(min(n_beams, len(table)))
        chosen = places % scores.shape[-1]
        texts = torch.cat([texts[places // scores.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item()


@exercise.misconception(
    "The log-probability is that of the last token alone: the sum of a beam is not carried along. "
    "Add what its text had before."
)
def last_token_alone_counts(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Rank by the newest token."""
    texts, totals = token_ids, torch.zeros(1)
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        totals, places = log_p.flatten().topk(min(n_beams, log_p.numel()))
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item()


@exercise.misconception(
    "Only the new tokens come back. Return the whole text, the prompt and what stands behind it."
)
def prompt_left_out(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Cut the prompt off."""
    texts, totals = token_ids, torch.zeros(1)
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        table = (totals[:, None] + log_p).flatten()
        totals, places = table.topk(min(n_beams, len(table)))
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1, token_ids.shape[1] :], totals[0].item()


@exercise.misconception(
    "A wide search fails at its first step: `topk` is asked for more continuations than there are. "
    "As long as there are fewer, keep all."
)
def more_beams_than_texts_fail(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Ask for n_beams at once."""
    texts, totals = token_ids, torch.zeros(1)
    for _ in range(n_new):
        log_p = model(texts)[:, -1].log_softmax(-1)
        totals, places = (totals[:, None] + log_p).flatten().topk(n_beams)
        chosen = places % log_p.shape[-1]
        texts = torch.cat([texts[places // log_p.shape[-1]], chosen[:, None]], dim=1)
    return texts[:1], totals[0].item()


@exercise.alternative
def with_python_lists(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Keep (log-probability, tokens) pairs and sort them."""
    beams = [(0.0, token_ids[0].tolist())]
    for _ in range(n_new):
        candidates = []
        for total, tokens in beams:
            log_p = model(torch.tensor([tokens]))[0, -1].log_softmax(dim=-1)
            best = log_p.topk(min(n_beams, len(log_p)))
            for one, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                candidates.append((total + one, [*tokens, token]))
        beams = sorted(candidates, key=lambda beam: beam[0], reverse=True)[:n_beams]
    total, tokens = beams[0]
    return torch.tensor([tokens]), total


@exercise.alternative
def with_dead_copies(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Have n_beams rows from the beginning, all but the first impossible."""
    texts = token_ids.expand(n_beams, -1)
    totals = torch.full((n_beams, 1), float("-inf"))
    totals[0] = 0.0
    for _ in range(n_new):
        log_p = torch.log_softmax(model(texts)[:, -1, :], dim=-1)
        vocab_size = log_p.size(1)
        totals, places = torch.topk((totals + log_p).view(-1), n_beams)
        beam = torch.div(places, vocab_size, rounding_mode="floor")
        texts = torch.cat((texts[beam], (places - beam * vocab_size).unsqueeze(1)), dim=1)
        totals = totals.unsqueeze(1)
    return texts[0].unsqueeze(0), float(totals[0, 0])


@exercise.alternative
def with_a_heap(
    model: Callable[[Tensor], Tensor], token_ids: Tensor, n_beams: int, n_new: int
) -> tuple[Tensor, float]:
    """Let `heapq` pick the best of all continuations."""
    import heapq

    beams = {tuple(token_ids[0].tolist()): 0.0}
    with torch.no_grad():
        for _ in range(n_new):
            logits = model(torch.tensor(list(beams)))[:, -1].double()
            log_p = (logits - logits.logsumexp(dim=1, keepdim=True)).tolist()
            longer = {
                (*text, token): total + one
                for (text, total), row in zip(beams.items(), log_p, strict=True)
                for token, one in enumerate(row)
            }
            beams = dict(heapq.nlargest(n_beams, longer.items(), key=lambda item: item[1]))
    best = max(beams, key=beams.__getitem__)
    return torch.tensor([best]), beams[best]
