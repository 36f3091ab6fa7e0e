"""Train one model in several processes, each on its share of every batch.

Every process holds the whole model. They average their gradients before each step, so all take the
same step: the one that a single process would take on the whole batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.optim import Optimizer


def average_gradients(model: nn.Module, n_examples: int) -> None:
    """Replace the gradients of each process by those of the whole batch.

    A gradient counts by how many examples it is a mean over, so shares need not be equal. All
    gradients go in one message, because many small ones would cost more than what they carry (Li et
    al. 2020, arXiv:2006.15704, gather them in buckets).

    Args:
        model: The model after its backward pass, with the same parameters in every process.
            A parameter that none of them used keeps no gradient.
        n_examples: What this process's loss is a mean over. A process with 0 joins in, and its own
            gradients do not count.

    Raises:
        RuntimeError: There is no group of processes; see `run_in_processes`.
        ValueError: The number is negative, or 0 in all processes, or no parameter is trained.
    """
    if not dist.is_initialized():
        raise RuntimeError("there is no group of processes to average over")
    if n_examples < 0:
        raise ValueError(f"{n_examples=} is negative")
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trained:
        raise ValueError("no parameter of the model is trained")
    weighted = [_gradient(parameter, n_examples) for parameter in trained]
    used = torch.tensor([float(p.grad is not None and n_examples > 0) for p in trained])
    message = torch.cat([*weighted, used.to(weighted[0]), weighted[0].new_tensor([n_examples])])
    dist.all_reduce(message)
    *sums, n_used, n_total = message.split([*map(len, weighted), len(trained), 1])
    if not n_total.item():
        raise ValueError("no process has an example")
    for parameter, gradient, n in zip(trained, sums, n_used.tolist(), strict=True):
        parameter.grad = (gradient / n_total).view_as(parameter).to(parameter.dtype) if n else None


def begin_alike(model: nn.Module) -> None:
    """Give every process the parameters and buffers of the first."""
    for tensor in model.state_dict().values():
        dist.broadcast(tensor, src=0)


@dataclass(frozen=True, kw_only=True)
class Replica:
    """What one process is given to train.

    Attributes:
        model: The model as it is before training; the processes begin with that of the first.
        batches: This process's share of each batch. A share may be empty.
        loss: The mean loss of a model on a share, in which every example counts the same.
        make_optimizer: Makes an optimiser for some parameters. Both must stand in a module, or be
            a `functools.partial` of what does, because other processes import them.
    """

    model: nn.Module
    batches: Sequence[Tensor]
    loss: Callable[[nn.Module, Tensor], Tensor]
    make_optimizer: Callable[..., Optimizer]


def train_replica(replica: Replica) -> dict[str, Tensor]:
    """Take a step for each batch, together with the other processes.

    Work for `run_in_processes`.

    Returns:
        The state of the model, the same in every process.
    """
    model = replica.model
    begin_alike(model)
    optimizer = replica.make_optimizer(model.parameters())
    for share in replica.batches:
        optimizer.zero_grad()
        if len(share):
            replica.loss(model, share).backward()
        average_gradients(model, len(share))
        optimizer.step()
    return model.state_dict()


def share_out(batches: Sequence[Tensor], n_processes: int) -> list[list[Tensor]]:
    """Cut each batch into a share for each process, as even as can be.

    Args:
        batches: Examples along the first axis.
        n_processes: How many shares to make.

    Returns:
        The shares of the first process, of the second, and so on.
    """
    cut = [batch.tensor_split(n_processes) for batch in batches]
    return [[shares[rank] for shares in cut] for rank in range(n_processes)]


def _gradient(parameter: nn.Parameter, n_examples: int) -> Tensor:
    """Return a parameter's gradient in one row, times the examples that it is a mean over."""
    # Half precision has no room for sums over a large batch.
    dtype = torch.promote_types(parameter.dtype, torch.float32)
    if parameter.grad is None or not n_examples:
        return torch.zeros(parameter.numel(), dtype=dtype, device=parameter.device)
    return parameter.grad.flatten().to(dtype) * n_examples
