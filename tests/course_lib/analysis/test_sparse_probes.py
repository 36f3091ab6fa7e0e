import math

import pytest
import torch

from course_lib.analysis.sparse_probes import (
    RIDGE,
    balanced_accuracy,
    control_labels,
    fit_sparse_probe,
    neuron_activations,
    rank_neurons,
)
from tests.course_lib.test_decoder import decoder, tokens


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def marked(n=400, seed=0):
    """Activations of which neuron 4 tells the labels well, neuron 1 a little, and no other."""
    own = generator(seed)
    labels = torch.rand(n, generator=own) < 0.3
    x = torch.randn(n, 6, generator=own).double()
    x[:, 4] += 4.0 * labels
    x[:, 1] = 100 * (x[:, 1] - 1.0 * labels)  # falls, and in a unit of its own
    return x, labels


class TestRanking:
    def test_hand_worked_case(self):
        # Means 2 and 7 with a spread of 1; means 20 and 40 with a spread of √650 = 25.5.
        x = torch.tensor([[0.0, 1.0], [40.0, 3.0], [10.0, 6.0], [70.0, 8.0]])
        assert rank_neurons(x, torch.tensor([True, True, False, False])).tolist() == [1, 0]

    def test_the_spread_is_that_within_the_groups_each_row_alike(self):
        # Within: neuron 0 has deviations 1, 1, 0 and 0 and a gap of 6: 6/√(2/4) = 8.49. Neuron 1
        # has deviations 2, 2 and a gap of 9: 9/√(8/4) = 6.36. By the mean of the groups' variances
        # they would have 6/√(1/3) = 10.4 and 9/√(8/6) = 7.8; by the gap alone the second would win.
        x = torch.tensor([[1.0, 8.0], [3.0, 12.0], [2.0, 10.0], [8.0, 1.0]])
        assert rank_neurons(x, torch.tensor([True, True, True, False])).tolist() == [0, 1]

    def test_groups_count_by_their_rows(self):
        # Gaps of 10 both. Neuron 0 is wide among three rows, neuron 1 among one pair of five.
        x = torch.tensor([[-3.0, 0.0], [3.0, 0.0], [0.0, 0.0], [10.0, 13.0], [10.0, 7.0]])
        labels = torch.tensor([True, True, True, False, False])
        # Both have squared deviations of 18 in all, so they tie, and the first comes first ...
        assert rank_neurons(x, labels).tolist() == [0, 1]
        # ... where groups that count alike would set 6 against 9, and 0 first as well; widened:
        x[0, 0], x[1, 0] = -3.3, 3.3  # 21.8 in all, but 7.3 against 9 by groups
        assert rank_neurons(x, labels).tolist() == [1, 0]

    def test_the_telling_neurons_come_first_whatever_their_sign_and_unit(self):
        assert rank_neurons(*marked())[:2].tolist() == [4, 1]

    def test_a_neuron_that_never_moves_comes_last(self):
        x, labels = marked()
        x[:, 2] = 7.0
        assert rank_neurons(x, labels)[-1] == 2

    def test_a_neuron_that_tells_without_any_spread_comes_first(self):
        x, labels = marked()
        x[:, 0] = labels
        assert rank_neurons(x, labels)[0] == 0


class TestProbe:
    def test_it_reads_the_best_neurons_and_tells(self):
        x, labels = marked()
        probe = fit_sparse_probe(x, labels, 2)
        assert probe.neurons.tolist() == [4, 1]
        assert probe.weights[0] > 0 > probe.weights[1]
        unseen, theirs = marked(seed=1)
        assert balanced_accuracy(probe.says_yes(unseen), theirs) > 0.95
        alone = fit_sparse_probe(x[:, [0, 2, 3, 5]], labels, 4)
        assert 0.4 < balanced_accuracy(alone.says_yes(unseen[:, [0, 2, 3, 5]]), theirs) < 0.6

    def test_it_is_the_logistic_regression_that_gradient_descent_finds(self):
        x, labels = marked(n=60)
        probe = fit_sparse_probe(x, labels, 3)
        chosen = x[:, probe.neurons]
        mean, spread = chosen.mean(0), chosen.std(0, correction=0)
        standard = (chosen - mean) / spread
        weights = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        bias = torch.zeros((), dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [weights, bias],
            max_iter=500,
            tolerance_grad=1e-13,
            tolerance_change=0,
            line_search_fn="strong_wolfe",
        )

        def loss():
            optimizer.zero_grad()
            each = torch.nn.functional.softplus(
                torch.where(labels, -1.0, 1.0) * (standard @ weights + bias)
            )
            yes_and_no = (each[labels].mean() + each[~labels].mean()) / 2
            value = yes_and_no + RIDGE / 2 * weights.square().sum()
            value.backward()
            return value

        optimizer.step(loss)
        torch.testing.assert_close(probe.weights, (weights / spread).detach(), rtol=1e-5, atol=1e-8)
        want = bias - (weights / spread) @ mean
        assert probe.bias == pytest.approx(want.item(), rel=1e-5)

    def test_labels_without_fault_leave_it_finite(self):
        x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
        labels = torch.tensor([False, False, True, True])
        probe = fit_sparse_probe(x, labels, 1)
        assert probe.weights.isfinite().all()
        assert math.isfinite(probe.bias)
        assert probe.says_yes(torch.tensor([[2.4], [2.6]])).tolist() == [False, True]

    def test_a_neuron_that_never_moves_does_no_harm(self):
        x, labels = marked()
        x[:, 2] = 7.0
        probe = fit_sparse_probe(x, labels, 6)
        assert balanced_accuracy(probe.says_yes(x), labels) > 0.95

    @pytest.mark.parametrize("n_neurons", [0, 7])
    def test_it_must_read_some_neurons_and_not_more_than_there_are(self, n_neurons):
        with pytest.raises(ValueError, match=f"cannot read {n_neurons} of 6 neurons"):
            fit_sparse_probe(*marked(), n_neurons)

    @pytest.mark.parametrize("answer", [True, False])
    def test_labels_that_are_all_alike_are_refused(self, answer):
        with pytest.raises(ValueError, match="all 5 labels are alike"):
            fit_sparse_probe(torch.zeros(5, 3), torch.full((5,), answer), 1)


def test_balanced_accuracy_counts_yes_and_no_alike():
    labels = torch.tensor([True, False, False, False, False])
    never = torch.zeros(5, dtype=torch.bool)
    assert balanced_accuracy(never, labels) == 0.5
    assert balanced_accuracy(labels, labels) == 1
    # The one yes is found, and one of four no is taken for yes: (1 + 3/4)/2.
    assert balanced_accuracy(torch.tensor([True, True, False, False, False]), labels) == 0.875


def test_a_word_has_one_label_wherever_it_stands():
    words = torch.tensor([8, 0, 3, 8, 3, 8, 0])
    labels = control_labels(words, generator(4))
    coins = torch.rand(9, generator=generator(4)) < 0.5
    assert labels.tolist() == coins[words].tolist()
    assert len(set(labels.tolist())) == 2
    assert 0.45 < control_labels(torch.arange(4000), generator(1)).float().mean() < 0.55


def test_neurons_are_read_behind_their_bend():
    model, token_ids = decoder(), tokens()
    found = neuron_activations(model, token_ids)
    layers, width = model.cfg.n_layers, model.cfg.d_ff
    assert found.shape == (layers, *token_ids.shape, width)
    x = model.embed(token_ids)
    context = model.context(token_ids.shape[1], x, keep_weights=False)
    for layer, block in enumerate(model.blocks):
        middle = x + block.attention(block.attention_norm(x), context).x
        hidden = block.feed_forward.to_hidden(block.feed_forward_norm(middle))
        want = block.feed_forward.activation(hidden)
        torch.testing.assert_close(found[layer], want.detach(), rtol=1e-12, atol=1e-12)
        x = block(x, context).x
