"""How many operations must wait for one another: what no number of processors can make parallel.

Vaswani et al. 2017 (arXiv:1706.03762), table 1, call it the sequential operations.
"""

from torch import Tensor
from torch.autograd.graph import Node


def longest_chain(result: Tensor) -> int:
    """Count the operations on the longest way from an input to a result.

    Operations beside each other can run at the same time; those on one way cannot. Counted are the
    operations that autograd recorded, those that only look at memory in another way among them.

    Args:
        result: A tensor that was computed from at least one that requires gradients.

    Returns:
        The number of operations on the longest way. A tensor that was not computed has none.

    Raises:
        ValueError: Autograd recorded nothing, because no input requires gradients.
    """
    if not result.requires_grad:
        raise ValueError("nothing was recorded: let an input require gradients")
    if result.grad_fn is None:
        return 0
    return _lengths(result.grad_fn)[result.grad_fn]


def _lengths(last: Node) -> dict[Node, int]:
    """Give the longest way from an input up to each operation, that operation included.

    A stack and not a recursion: a recurrent network of a thousand positions makes a way of
    thousands of operations, longer than Python's stack.
    """
    lengths: dict[Node, int] = {}
    todo = [last]
    while todo:
        node = todo[-1]
        before = [parent for parent, _ in node.next_functions if parent is not None]
        unknown = [parent for parent in before if parent not in lengths]
        if unknown:
            todo.extend(unknown)
            continue
        todo.pop()
        # Where gradients are gathered for an input stands a node of its own, which does nothing.
        does_something = int(bool(before))
        lengths[node] = does_something + max((lengths[parent] for parent in before), default=0)
    return lengths
