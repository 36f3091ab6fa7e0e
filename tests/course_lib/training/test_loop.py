import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
from course_lib.transformer import Encoder, EncoderConfig


def one_weight(value):
    model = nn.Linear(1, 1, bias=False).double()
    model.weight.data.fill_(value)
    return model


def squared_distance(model, target):
    return (model.weight - target).square().sum()


def noisy_lines(seed=0):
    generator = torch.Generator().manual_seed(seed)
    while True:
        x = torch.randn(8, 3, generator=generator)
        yield x, x.sum(dim=1, keepdim=True)


def mean_squared_error(model, batch):
    x, y = batch
    return F.mse_loss(model(x), y)


def small_model():
    model = nn.Linear(3, 1)
    nn.init.ones_(model.weight)
    nn.init.constant_(model.bias, 2.0)
    return model


class TestTrain:
    def test_hand_worked_case(self):
        # (w − 3)² at w = 0: loss 9, slope −6, w = 0 + 0.1 · 6 = 0.6.
        # At 0.6: loss 5.76, slope −4.8; half the rate: w = 0.6 + 0.05 · 4.8 = 0.84.
        model = one_weight(0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        history = train(
            model,
            [3.0, 3.0],
            squared_distance,
            optimizer,
            n_steps=2,
            schedule=lambda step: [1.0, 0.5][step],
            max_grad_norm=math.inf,
        )
        assert history == pytest.approx([9.0, 5.76], abs=1e-12)
        assert model.weight.item() == pytest.approx(0.84, abs=1e-12)

    def test_a_long_gradient_is_shortened(self):
        # The slope −6 becomes −2 (but for torch's 1e-6 beside the norm): w = 0.1 · 2.
        model = one_weight(0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        train(model, [3.0], squared_distance, optimizer, n_steps=1, max_grad_norm=2.0)
        assert model.weight.item() == pytest.approx(0.2, abs=1e-6)

    def test_matches_a_loop_written_out(self):
        ours, theirs = small_model(), small_model()
        optimizer = torch.optim.AdamW(ours.parameters(), lr=0.05)
        history = train(
            ours,
            noisy_lines(),
            mean_squared_error,
            optimizer,
            n_steps=20,
            schedule=linear_decay(20, 5),
            max_grad_norm=0.5,
        )
        optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.05)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, linear_decay(20, 5))
        expected = []
        for x, y in itertools.islice(noisy_lines(), 20):
            loss = (theirs(x) - y).square().mean()
            grads = torch.autograd.grad(loss, list(theirs.parameters()))
            norm = math.sqrt(sum(grad.square().sum().item() for grad in grads))
            for parameter, grad in zip(theirs.parameters(), grads, strict=True):
                parameter.grad = grad * min(1.0, 0.5 / (norm + 1e-6))
            optimizer.step()
            scheduler.step()
            expected.append(loss.item())
        # float32 and another order of the same operations: 20 steps of rounding.
        assert history == pytest.approx(expected, rel=1e-4)
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-4, atol=1e-5)

    def test_reports_each_step_with_its_loss(self):
        model, seen = small_model(), []
        history = train(
            model,
            noisy_lines(),
            mean_squared_error,
            torch.optim.SGD(model.parameters(), lr=0.01),
            n_steps=5,
            on_step=lambda step, loss: seen.append((step, loss)),
        )
        assert seen == list(enumerate(history))
        assert len(history) == 5

    @pytest.mark.parametrize("bar", ["", "learning lines"])
    def test_shows_a_bar_when_it_has_a_name(self, bar, capsys):
        model = small_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        train(model, noisy_lines(), mean_squared_error, optimizer, n_steps=4, bar=bar)
        shown = capsys.readouterr().err
        assert ("learning lines: 100%" in shown and "4/4" in shown) if bar else shown == ""

    def test_draws_no_batch_that_it_does_not_use(self):
        model, batches = small_model(), noisy_lines()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        train(model, batches, mean_squared_error, optimizer, n_steps=3)
        fourth = next(itertools.islice(noisy_lines(), 3, None))
        assert torch.equal(next(batches)[0], fourth[0])

    @pytest.mark.parametrize("training", [True, False])
    def test_trains_in_training_mode_and_leaves_all_as_it_was(self, training):
        model, modes, rates = small_model().train(training), [], []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

        def loss(model, batch):
            modes.append(model.training)
            rates.append(optimizer.param_groups[0]["lr"])
            return mean_squared_error(model, batch)

        train(model, noisy_lines(), loss, optimizer, n_steps=2, schedule=linear_decay(2))
        assert modes == [True, True]
        assert rates == [0.01, 0.005]
        assert model.training is training
        assert optimizer.param_groups[0]["lr"] == 0.01

    def test_an_interruption_leaves_rate_and_mode_as_they_were(self):
        model = small_model().eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

        def interrupt(step, loss):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(
                model,
                noisy_lines(),
                mean_squared_error,
                optimizer,
                n_steps=2,
                schedule=linear_decay(9, 4),
                on_step=interrupt,
            )
        assert not model.training
        assert optimizer.param_groups[0]["lr"] == 0.01

    def test_batches_that_run_out_are_reported(self):
        model = one_weight(0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with pytest.raises(ValueError, match="ran out after 2 of 5 steps"):
            train(model, [3.0, 3.0], squared_distance, optimizer, n_steps=5)

    def test_a_loss_that_explodes_stops_the_training_before_the_step(self):
        model = one_weight(0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with pytest.raises(FloatingPointError, match="loss is nan"):
            train(model, [math.nan], squared_distance, optimizer, n_steps=1)
        assert model.weight.item() == 0.0

    def test_a_gradient_that_explodes_stops_the_training_before_the_step(self):
        model = one_weight(0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with pytest.raises(FloatingPointError, match="gradient's length inf"):
            train(model, [0.0], lambda model, _: model.weight.sqrt().sum(), optimizer, n_steps=1)
        assert model.weight.item() == 0.0


def test_an_encoder_learns_to_name_the_largest_token():
    generator = torch.Generator().manual_seed(0)
    cfg = EncoderConfig(vocab_size=10, d_model=64, n_heads=4, n_layers=2, d_ff=128)
    model = nn.ModuleDict({"encoder": Encoder(cfg), "to_word": nn.Linear(64, 10)})
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5, generator=generator)

    def batches():
        while True:
            token_ids = torch.randint(10, (32, 6), generator=generator)
            positions = torch.randint(6, (32,), generator=generator)
            yield token_ids, positions, token_ids.amax(dim=1)

    def logits(model, token_ids, positions):
        x = model["encoder"](token_ids).x
        return model["to_word"](x[torch.arange(len(x)), positions])

    def loss(model, batch):
        token_ids, positions, targets = batch
        return F.cross_entropy(logits(model, token_ids, positions), targets)

    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    train(model, batches(), loss, optimizer, n_steps=120, schedule=linear_decay(120, 10))
    token_ids, positions, targets = next(batches())
    correct = logits(model, token_ids, positions).argmax(dim=-1) == targets
    # Chance is about 0.5: the largest of six is a 9 in 1 − 0.9⁶ = 47 % of all draws.
    assert correct.float().mean() > 0.9
