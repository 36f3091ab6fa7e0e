"""Which experts each token visits, how much each of them counts, and how even the load is."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_equal,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="moe_route",
    points=14,
    exports=("moe_route",),
    not_allowed=(
        "course_lib.mixture_of_experts.choose_experts",
        "course_lib.mixture_of_experts.choose_by_probability",
        "course_lib.mixture_of_experts.MixtureOfExperts",
        "course_lib.expert_balance.expert_shares",
        "course_lib.expert_balance.uneven_use",
    ),
    hints=(
        "One product gives a score for each token and expert. `topk` gives the k best scores of a "
        "row and where they stand, best first. The weights are the softmax of these k scores "
        "alone: what was not chosen has no part in it.",
        "For the loss count how often each expert stands among all T·k choices (`bincount` with "
        "`minlength`, or a comparison with 0, 1, …, E − 1) and divide by T·k. Separately, take the "
        "softmax over *all* experts and its mean over the tokens. Multiply the two expert by "
        "expert, add up, and multiply by E.",
    ),
    time_limit_s=5.0,
)

Route = tuple[Tensor, Tensor, Tensor]


def _route(x: Tensor, W_gate: Tensor, k: int) -> Route:
    """Compute what is expected, token by token, in float64, differentiably."""
    scores = x.double() @ W_gate.double()
    n_experts = W_gate.shape[1]
    indices = torch.tensor([_best(row, k) for row in scores.detach()])
    powers = scores.gather(1, indices).exp()
    weights = powers / powers.sum(1, keepdim=True)
    everything = scores.exp()
    probabilities = (everything / everything.sum(1, keepdim=True)).mean(0)
    shares = [(indices == expert).sum().item() / indices.numel() for expert in range(n_experts)]
    loss = n_experts * (torch.tensor(shares, dtype=torch.float64) * probabilities).sum()
    return weights.to(x.dtype), indices, loss.to(x.dtype)


def _best(scores: Tensor, k: int) -> list[int]:
    return sorted(range(len(scores)), key=lambda expert: -scores[expert].item())[:k]


def _tokens(
    draw: Draw, n_tokens: int, n_experts: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Draw tokens and a router: scores lie well apart.

    Every other token likes expert 0 best, and one of the others the last expert.
    """
    d_model = 3 if draw.small else n_experts + 3
    W_gate = draw.normal(d_model, n_experts, dtype=torch.float64)
    gaps = 0.4 + draw.normal(n_tokens, n_experts, scale=0.3, dtype=torch.float64).abs()
    order = torch.stack([draw.order(n_experts) for _ in range(n_tokens)])
    scores = (gaps.cumsum(1) - 1.5).gather(1, order)
    fond_of_the_last = 2 * draw.integer(1, n_tokens // 2) - 1
    for row in (*range(0, n_tokens, 2), fond_of_the_last):
        liked = n_experts - 1 if row == fond_of_the_last else 0
        best = int(scores[row].argmax())
        scores[row, [liked, best]] = scores[row, [best, liked]]
    if draw.small:
        return scores.mul(10).round().div(10).to(dtype), torch.eye(n_experts, dtype=dtype)
    # Tokens that get these very scores from this router.
    return (scores @ torch.linalg.pinv(W_gate)).to(dtype), W_gate.to(dtype)


def _sizes(draw: Draw) -> tuple[int, int, int]:
    """Draw tokens, experts and choices."""
    return (2, 3, 2) if draw.small else (draw.integer(9, 12), 5, draw.choice((2, 3)))


def _parts(got: object) -> Route:
    """Take the three results apart."""
    if type(got) is not tuple or len(got) != 3:
        raise CheckError("the result is not a triple (weights, indices, balance_loss)", got)
    return got


def _fond_of(orders: list[list[int]], n_liked: int, strength: float) -> tuple[Tensor, Tensor]:
    """Make tokens that like the experts in these orders, the first few far better than others."""
    n_experts = len(orders[0])
    scores = torch.zeros(len(orders), n_experts)
    for row, order in enumerate(orders):
        for place, expert in enumerate(order):
            scores[row, expert] = strength * (place < n_liked) - 0.2 * place
    return scores, torch.eye(n_experts)


@exercise.item(
    "the k best experts, best first",
    points=2,
    sentence="Each token goes to the k experts with the highest scores x @ W_gate; their numbers "
    "stand in the order of the scores, the highest first.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_tokens, n_experts, k = _sizes(draw)
    for n_chosen in (k, 1, n_experts):
        x, W_gate = _tokens(draw, n_tokens, n_experts)
        _, indices, _ = _parts(learner.moe_route(x, W_gate, n_chosen))
        expect_equal(indices, _route(x, W_gate, n_chosen)[1])


@exercise.item(
    "shares of the chosen",
    points=4,
    sentence="The weights are the softmax of the k chosen scores alone: they sum to 1 for each "
    "token, and stand in the order of the experts.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_tokens, n_experts, k = _sizes(draw)
    for n_chosen in (k, n_experts, 1):
        x, W_gate = _tokens(draw, n_tokens, n_experts)
        weights, _, _ = _parts(learner.moe_route(x, W_gate, n_chosen))
        expect_close(weights, _route(x, W_gate, n_chosen)[0])


@exercise.item(
    "choices times probabilities",
    points=4,
    sentence="The loss is E · Σ f_i P_i: f_i is the share of all T·k *choices* that fall on expert "
    "i, P_i the mean over the tokens of its probability among all experts.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_tokens, n_experts, k = _sizes(draw)
    for n_chosen in (k, 1):
        x, W_gate = _tokens(draw, n_tokens, n_experts)
        _, _, loss = _parts(learner.moe_route(x, W_gate, n_chosen))
        expect_close(loss, _route(x, W_gate, n_chosen)[2])


@exercise.item(
    "from even to collapsed",
    points=2,
    sentence="When choices and probabilities are spread evenly the loss is 1; when every token is "
    "sure of the same single expert, it comes to E.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_experts = 3 if draw.small else 4
    turns = [[(row + place) % n_experts for place in range(n_experts)] for row in range(n_experts)]
    x, W_gate = _fond_of(turns, 2, 1.5)
    _, _, even = _parts(learner.moe_route(x, W_gate, 2))
    expect_close(even, torch.tensor(1.0))
    favourite = turns[draw.integer(0, n_experts - 2)]  # not the last one, which rests
    x, W_gate = _fond_of([favourite] * (n_experts + 1), 1, 25.0)
    _, _, collapsed = _parts(learner.moe_route(x, W_gate, 1))
    expect_close(collapsed, torch.tensor(float(n_experts)))
    # The same two experts for everybody: half of the choices each.
    x, W_gate = _fond_of([favourite] * (n_experts + 2), 2, 2.0)
    _, _, loss = _parts(learner.moe_route(x, W_gate, 2))
    expect_close(loss, _route(x, W_gate, 2)[2])


@exercise.item(
    "gradients, float64, nothing changed",
    points=2,
    sentence="Gradients flow through weights and loss to tokens and router (counts have none); "
    "weights and loss have the dtype of x; inputs stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_tokens, n_experts, k = _sizes(draw)
    leaves = _tokens(draw, n_tokens, n_experts, torch.float64)
    slopes = draw.normal(n_tokens, k, dtype=torch.float64)
    one = torch.tensor(1.0, dtype=torch.float64)
    for cotangent in ((slopes, None, None), (None, None, one)):
        theirs = [leaf.clone().requires_grad_() for leaf in leaves]
        got, gradients = learner.moe_route.vjp(cotangent, *theirs, k)
        _parts(got)
        mine = [leaf.clone().requires_grad_() for leaf in leaves]
        weights, indices, loss = _route(mine[0], mine[1], k)
        expect_close(got, (weights.detach(), indices, loss.detach()))
        scalar = loss if cotangent[0] is None else (weights * slopes).sum()
        for gradient, expected in zip(gradients, torch.autograd.grad(scalar, mine), strict=True):
            expect_gradient(gradient, expected)
    expect_unchanged(learner)
