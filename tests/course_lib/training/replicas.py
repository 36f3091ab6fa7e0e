"""What processes of their own do in the tests: they import it, so it stands in a module."""

import torch
import torch.distributed as dist
from torch import Tensor, nn

from course_lib.training.data_parallel import average_gradients
from course_lib.training.processes import Results


class Forked(nn.Module):
    """Two layers of which a batch uses one, another that none uses, and one that is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.idle = (nn.Linear(3, 2).double() for _ in range(3))
        self.frozen = nn.Linear(2, 2).double().requires_grad_(False)

    def forward(self, x: Tensor, go_left: bool) -> Tensor:
        return self.frozen((self.left if go_left else self.right)(x))


def mean_square(model: nn.Module, share: Tensor) -> Tensor:
    return model(share).square().mean()


def say_who(share: int) -> Results:
    total = torch.tensor(share)
    dist.all_reduce(total)
    return {
        "rank": torch.tensor(dist.get_rank()),
        "total": total,
        "threads": torch.tensor(torch.get_num_threads()),
        "share": torch.tensor(share),
    }


def fail(share: int) -> Results:
    if share == 1:
        raise KeyError("process 1 has lost its share")
    return {"share": torch.tensor(share)}


def average_of_shares(share: tuple[nn.Module, Tensor, bool]) -> Results:
    """Gradients of one batch, averaged. A parameter without one is left out."""
    model, x, go_left = share
    if len(x):
        model(x, go_left).square().mean().backward()
    average_gradients(model, len(x))
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
