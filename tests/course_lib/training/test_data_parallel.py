import copy
import functools

import pytest
import torch
import torch.distributed as dist
from torch import nn

from course_lib.training.data_parallel import (
    Replica,
    average_gradients,
    share_out,
    train_replica,
)
from course_lib.training.processes import run_in_processes
from tests.course_lib.training.chats import TIGHT, rand
from tests.course_lib.training.replicas import Forked, average_of_shares, mean_square

slow = pytest.mark.slow  # a process takes seconds to import torch


def small_model(seed=0):
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    for number, parameter in enumerate(model.parameters()):
        parameter.data = 0.5 * rand(*parameter.shape, seed=seed + number)
    return model


@pytest.fixture
def alone(tmp_path):
    """A group of this process alone."""
    dist.init_process_group(
        "gloo", init_method=(tmp_path / "meeting").as_uri(), rank=0, world_size=1
    )
    yield
    dist.destroy_process_group()


def test_batches_are_shared_out():
    # Five examples among three processes: two, two and one.
    batches = [torch.arange(5), torch.arange(10, 12)]
    shares = share_out(batches, 3)
    assert [[part.tolist() for part in of_process] for of_process in shares] == [
        [[0, 1], [10]],
        [[2, 3], [11]],
        [[4], []],
    ]


@pytest.mark.usefixtures("alone")
class TestAlone:
    def test_the_average_of_one_process_is_its_own_gradient(self):
        model = Forked()
        model(rand(4, 3), go_left=True).square().mean().backward()
        before = [p.grad.clone() for p in model.left.parameters()]
        average_gradients(model, 4)
        for parameter, gradient in zip(model.left.parameters(), before, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, **TIGHT)
        assert model.right.weight.grad is model.idle.weight.grad is None
        assert model.frozen.weight.grad is None

    def test_hand_worked_case(self, monkeypatch):
        # Another process has a mean gradient of 6 over 1 example; this one 2 over 3: (6 + 6)/4 = 3.
        def all_reduce(message):
            message += torch.tensor([6.0, 1.0, 1.0])  # gradient times examples, used, examples

        monkeypatch.setattr(dist, "all_reduce", all_reduce)
        model = nn.Linear(1, 1, bias=False)
        model.weight.grad = torch.full_like(model.weight, 2.0)
        average_gradients(model, 3)
        assert model.weight.grad.item() == 3

    def test_a_process_without_examples_has_no_say(self, monkeypatch):
        def all_reduce(message):
            message += torch.tensor([6.0, 1.0, 1.0])

        monkeypatch.setattr(dist, "all_reduce", all_reduce)
        for gradient in (None, torch.tensor([[50.0]])):
            model = nn.Linear(1, 1, bias=False)
            model.weight.grad = gradient
            average_gradients(model, 0)
            assert model.weight.grad.item() == 6

    def test_a_negative_number_of_examples_is_refused(self):
        with pytest.raises(ValueError, match="n_examples=-1 is negative"):
            average_gradients(small_model(), -1)

    def test_a_batch_without_examples_is_refused(self):
        with pytest.raises(ValueError, match="no process has an example"):
            average_gradients(small_model(), 0)

    def test_half_precision_has_room_for_large_batches(self):
        model = nn.Linear(1, 1, bias=False).half()
        model.weight.grad = torch.full_like(model.weight, 9.0)
        average_gradients(model, 50_000)  # 450,000 is more than float16 can hold
        assert model.weight.grad.item() == 9
        assert model.weight.grad.dtype == torch.float16

    def test_a_model_that_is_not_trained_is_refused(self):
        with pytest.raises(ValueError, match="no parameter of the model is trained"):
            average_gradients(small_model().requires_grad_(False), 3)

    def test_training_in_one_process_is_training(self):
        batches = [rand(6, 3, seed=n) for n in range(4)]
        make_optimizer = functools.partial(torch.optim.AdamW, lr=0.05)
        replica = Replica(
            model=small_model(), batches=batches, loss=mean_square, make_optimizer=make_optimizer
        )
        state = train_replica(replica)
        for name, expected in trained_alone(batches, make_optimizer).items():
            torch.testing.assert_close(state[name], expected, **TIGHT)


def test_a_process_without_a_group_is_told():
    with pytest.raises(RuntimeError, match="no group of processes"):
        average_gradients(small_model(), 3)


def trained_alone(batches, make_optimizer):
    """The loop written out, without any other process."""
    model = small_model()
    optimizer = make_optimizer(model.parameters())
    for batch in batches:
        optimizer.zero_grad()
        mean_square(model, batch).backward()
        optimizer.step()
    return model.state_dict()


@slow
def test_two_processes_equal_one_however_the_batch_is_cut():
    # Seven and five examples: 4 + 3, 3 + 2, then all in the first process, all in the second.
    batches = [rand(7, 3), rand(5, 3, seed=1), rand(6, 3, seed=2), rand(2, 3, seed=3)]
    first, second = share_out(batches[:2], 2)
    first += [batches[2], batches[3][:0]]
    second += [batches[2][:0], batches[3]]
    make_optimizer = functools.partial(torch.optim.AdamW, lr=0.05)
    replicas = [
        Replica(
            # The second begins elsewhere and is given the weights of the first.
            model=small_model(seed),
            batches=shares,
            loss=mean_square,
            make_optimizer=make_optimizer,
        )
        for seed, shares in ((0, first), (50, second))
    ]
    states = run_in_processes(train_replica, replicas)
    for name, tensor in small_model(50).state_dict().items():
        assert torch.equal(replicas[1].model.state_dict()[name], tensor)  # they train copies
    expected = trained_alone(batches, make_optimizer)
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name])
        torch.testing.assert_close(tensor, expected[name], **TIGHT)


@slow
def test_parameters_that_only_one_process_used_are_averaged_and_unused_ones_left_out():
    # The first uses the left layer on 3 examples, the second the right one on 5.
    model = Forked()
    shares = [(copy.deepcopy(model), rand(3, 3), True), (model, rand(5, 3, seed=1), False)]
    found = run_in_processes(average_of_shares, shares)
    loss = sum(
        mean * n / 8
        for mean, n in (
            (model(rand(3, 3), go_left=True).square().mean(), 3),
            (model(rand(5, 3, seed=1), go_left=False).square().mean(), 5),
        )
    )
    loss.backward()
    names = {"left.weight", "left.bias", "right.weight", "right.bias"}
    assert set(found[0]) == set(found[1]) == names
    for name in names:
        expected = model.get_parameter(name).grad
        torch.testing.assert_close(found[0][name], expected, **TIGHT)
        assert torch.equal(found[0][name], found[1][name])
