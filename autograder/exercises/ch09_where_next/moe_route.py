"""Answers to the exercise about choosing experts: mistakes, and other right ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch09_where_next.moe_route_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The softmax runs over all experts before the best are chosen, so the weights of a token do "
    "not sum to 1: what the others would have got is lost. Choose first, then take the softmax of "
    "the chosen scores."
)
def softmax_before_choosing(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Keep the probabilities of the chosen as they are."""
    scores = x @ W_gate
    probabilities = scores.softmax(1)
    weights, indices = probabilities.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    return weights, indices, scores.shape[1] * (shares * probabilities.mean(0)).sum()


@exercise.misconception(
    "f is taken from the probabilities too. It counts *choices*: how often an expert stands among "
    "the k of a token, however narrowly it was chosen. That is what the load is."
)
def shares_from_probabilities(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Multiply the probabilities by themselves."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    mean = scores.softmax(1).mean(0)
    return chosen.softmax(1), indices, scores.shape[1] * (mean * mean).sum()


@exercise.misconception(
    "The counts end with the last expert that anybody chose: experts behind it are missing, and "
    "the product with the probabilities fails. Whom nobody chose has the count 0 (`minlength`)."
)
def rested_experts_missing(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Count without saying how many there are."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = torch.bincount(indices.flatten()) / indices.numel()
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.softmax(1), indices, loss.to(x.dtype)


@exercise.misconception(
    "You take the mean over the experts, or leave the factor E out. It is E times the *sum*: then "
    "an even load costs 1, however many experts there are."
)
def mean_over_experts(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Let the number of experts cancel."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).mean()
    return chosen.softmax(1), indices, loss


@exercise.misconception(
    "The choices are divided by the number of tokens, so that f sums to k. There are T·k choices: "
    "f is a share of all of them and sums to 1."
)
def choices_over_tokens(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Count the tokens that visit an expert."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).sum(1).to(x.dtype).mean(0)
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.softmax(1), indices, loss


@exercise.misconception(
    "P is the mean of the weights, in which everything that was not chosen is 0. Take the softmax "
    "over *all* experts: only so can an expert that nobody chooses be pulled up."
)
def mean_of_the_weights(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Average the weights of the chosen."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    weights = chosen.softmax(1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    mean = torch.zeros_like(scores).scatter(1, indices, weights).mean(0)
    return weights, indices, scores.shape[1] * (shares * mean).sum()


@exercise.misconception(
    "Only the first choice of each token is counted. All k of them are work for an expert: count "
    "every one, and divide by T·k."
)
def first_choice_only(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Count the best alone."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices[:, 0], scores.shape[1]).to(x.dtype).mean(0)
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.softmax(1), indices, loss


@exercise.misconception(
    "The experts of a token stand in the order of their numbers. They are to stand in the order of "
    "their scores, the best first, and the weights with them."
)
def sorted_by_number(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Sort the numbers of the experts."""
    scores = x @ W_gate
    indices = scores.topk(k, dim=1).indices.sort(1).values
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return scores.gather(1, indices).softmax(1), indices, loss


@exercise.misconception(
    "The softmax of the weights runs over the tokens. Each *token* shares itself out among its "
    "experts: its row sums to 1."
)
def softmax_over_tokens(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Take the wrong axis."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.softmax(0), indices, loss


@exercise.misconception(
    "Each score goes through a sigmoid by itself, so that the weights of a token do not sum to 1. "
    "Here the chosen compete: a softmax."
)
def sigmoid_for_softmax(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Open k gates independently."""
    scores = x @ W_gate
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.sigmoid(), indices, loss


@exercise.misconception(
    "The scores are divided by the root of the width, as in attention. A router's scores are used "
    "as they come."
)
def scaled_as_in_attention(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Scale by √D."""
    scores = x @ W_gate / x.shape[1] ** 0.5
    chosen, indices = scores.topk(k, dim=1)
    shares = F.one_hot(indices, scores.shape[1]).to(x.dtype).mean((0, 1))
    loss = scores.shape[1] * (shares * scores.softmax(1).mean(0)).sum()
    return chosen.softmax(1), indices, loss


@exercise.alternative
def renormalised(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Take the softmax first, and divide the chosen by their sum: it comes to the same."""
    probabilities = torch.softmax(torch.matmul(x, W_gate), dim=-1)
    best, indices = torch.sort(probabilities, dim=-1, descending=True)
    best, indices = best[:, :k], indices[:, :k]
    n_experts = probabilities.size(1)
    counts = torch.bincount(indices.reshape(-1), minlength=n_experts).to(x.dtype)
    loss = n_experts * torch.dot(counts / counts.sum(), probabilities.mean(dim=0))
    return best / best.sum(dim=-1, keepdim=True), indices, loss


@exercise.alternative
def others_hidden(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Hide what was not chosen, as under a mask, and count with comparisons."""
    scores = torch.einsum("td,dn->tn", x, W_gate)
    indices = scores.argsort(dim=1, descending=True)[:, :k]
    hidden = torch.full_like(scores, -torch.inf).scatter(1, indices, scores.gather(1, indices))
    weights = hidden.softmax(1).gather(1, indices)
    n_tokens, n_experts = scores.shape
    experts = torch.arange(n_experts, device=x.device)
    visits = (indices[..., None] == experts).sum((0, 1)).to(x.dtype)
    sums = (scores - scores.logsumexp(1, keepdim=True)).exp().sum(0)
    return weights, indices, n_experts * (visits * sums).sum() / (n_tokens**2 * k)


@exercise.alternative
def token_by_token(x: Tensor, W_gate: Tensor, k: int) -> tuple:
    """Go through the tokens, and keep the books in lists."""
    weights, indices, probabilities = [], [], []
    n_experts = W_gate.shape[1]
    counts = [0] * n_experts
    for token in x:
        scores = token @ W_gate
        chosen = sorted(range(n_experts), key=scores.tolist().__getitem__, reverse=True)[:k]
        for expert in chosen:
            counts[expert] += 1
        indices.append(chosen)
        weights.append(torch.stack([scores[expert] for expert in chosen]).softmax(0))
        probabilities.append(scores.softmax(0))
    mean = torch.stack(probabilities).mean(0)
    loss = sum(counts[i] * mean[i] for i in range(n_experts)) * n_experts / sum(counts)
    return torch.stack(weights), torch.tensor(indices, device=x.device), loss
