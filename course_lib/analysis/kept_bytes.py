"""How much a forward pass must keep in memory for the way back."""

from collections.abc import Callable

import torch
from torch import Tensor


def kept_bytes(forward: Callable[[], Tensor]) -> int:
    """Count the bytes that autograd keeps of a forward pass.

    A stretch of memory that several operations keep is counted once. Counted, not measured: the
    number does not depend on the machine.

    Args:
        forward: Computes a result. Its inputs, too, are counted where they are kept.
    """
    sizes: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = forward()
    # Only now may the result go, and with it what was kept: memory that is free could be given out
    # again, and be taken for the same.
    del result
    return sum(sizes.values())
