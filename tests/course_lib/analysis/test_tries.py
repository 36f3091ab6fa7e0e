import torch

from course_lib.analysis.tries import (
    among_curve,
    orders,
    pick_curve,
    vote_curve,
    weighted_vote_curve,
)

N, S, R = 5, 3, 4
AS_THEY_CAME = torch.arange(3)[None]


def test_orders_are_orders():
    found = orders(N, R, torch.Generator().manual_seed(0))
    assert torch.equal(found.sort(dim=1).values, torch.arange(N).expand(R, N))
    assert torch.equal(found, orders(N, R, torch.Generator().manual_seed(0)))


def test_by_hand():
    """Two questions, whose answers are 7 and 8, and three tries."""
    answers = torch.tensor([[1, 8], [7, 9], [7, 9]])
    truth = torch.tensor([7, 8])
    is_right = answers == truth
    assert among_curve(is_right, AS_THEY_CAME).tolist() == [0.5, 1.0, 1.0]
    # After three tries the first question goes to 7, the second to 9.
    assert vote_curve(answers, truth, AS_THEY_CAME)[[0, 2]].tolist() == [0.5, 0.5]
    scores = torch.tensor([[0.1, 0.5], [0.3, 0.9], [0.2, 0.7]])
    assert pick_curve(scores, is_right, AS_THEY_CAME).tolist() == [0.5, 0.5, 0.5]


def test_as_order_by_order():
    generator = torch.Generator().manual_seed(1)
    is_right = torch.rand(N, S, generator=generator) < 0.4
    scores = torch.rand(N, S, generator=generator, dtype=torch.float64)
    order = orders(N, R, generator)
    among, picked = among_curve(is_right, order), pick_curve(scores, is_right, order)
    for n in range(1, N + 1):
        hits = picks = 0
        for row in order.tolist():
            for question in range(S):
                first = row[:n]
                hits += any(is_right[place, question] for place in first)
                best = max(first, key=lambda place: scores[place, question])
                picks += bool(is_right[best, question])
        assert abs(among[n - 1].item() - hits / (R * S)) < 1e-12
        assert abs(picked[n - 1].item() - picks / (R * S)) < 1e-12


def test_weights_by_hand():
    """Of 7, 9, 9 and 7, weighted 5, 2, 2 and 1: 5 to 0, 5 to 2, 5 to 4, 6 to 4.

    Of 7, 8, 8, 8, weighted 5, 3, 3, 1: from the third try on 8 has more. And of 7, 8, 7, 8,
    weighted 4, 3, 0, 2, 8 has more at last, by 5 to 4.
    """
    answers = torch.tensor([[7, 7, 7], [9, 8, 8], [9, 8, 7], [7, 8, 8]])
    weights = torch.tensor([[5.0, 5.0, 4.0], [2.0, 3.0, 3.0], [2.0, 3.0, 0.0], [1.0, 1.0, 2.0]])
    found = weighted_vote_curve(weights, answers, torch.tensor([7, 8, 8]), torch.arange(4)[None])
    torch.testing.assert_close(found, torch.tensor([1, 1, 2, 3]).double() / 3)


def test_weights_as_order_by_order():
    generator = torch.Generator().manual_seed(3)
    n_questions = 20
    answers = torch.randint(3, (N, n_questions), generator=generator)
    weights = torch.rand(N, n_questions, generator=generator)
    truth, order = torch.randint(3, (n_questions,), generator=generator), orders(N, R, generator)
    found = weighted_vote_curve(weights, answers, truth, order)
    for n in range(1, N + 1):
        hits = 0
        for row in order.tolist():
            for question in range(n_questions):
                sums: dict[int, float] = {}
                for place in row[:n]:
                    answer = int(answers[place, question])
                    sums[answer] = sums.get(answer, 0) + weights[place, question].item()
                hits += max(sums, key=lambda answer: sums[answer]) == truth[question].item()
        assert abs(found[n - 1].item() - hits / (R * n_questions)) < 1e-12


def test_equal_weights_are_a_vote_and_a_single_weight_is_a_pick():
    generator = torch.Generator().manual_seed(4)
    # Of three tries at two answers one answer has more.
    answers = torch.randint(2, (3, 40), generator=generator)
    truth, order = torch.zeros(40, dtype=torch.int64), orders(3, R, generator)
    equal = weighted_vote_curve(torch.full((3, 40), 0.3), answers, truth, order)
    votes = vote_curve(answers, truth, order)
    assert torch.equal(equal[[0, 2]], votes[[0, 2]])
    steep = 10.0 ** torch.rand(3, 40, generator=generator, dtype=torch.float64).argsort(dim=0)
    picked = pick_curve(steep, answers == truth, order)
    assert torch.equal(weighted_vote_curve(steep, answers, truth, order), picked)


def test_who_scores_by_the_truth_loses_nothing():
    generator = torch.Generator().manual_seed(2)
    is_right = torch.rand(N, S, generator=generator) < 0.4
    order = orders(N, R, generator)
    picked = pick_curve(is_right.double(), is_right, order)
    assert torch.equal(picked, among_curve(is_right, order))
