"""Run the same function in several processes of one machine that can talk to each other."""

import pickle
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.multiprocessing.spawn import ProcessRaisedException, spawn

Share = TypeVar("Share")
Results = dict[str, Tensor]


def run_in_processes(
    work: Callable[[Share], Results], shares: Sequence[Share], timeout_s: float = 120.0
) -> list[Results]:
    """Give each share of some work to a process of its own, and gather what they found.

    The processes form torch's default group, over gloo: inside `work`,
    `torch.distributed.all_reduce` and its kin reach all of them. Each computes with one thread.

    Args:
        work: What each process does. A process begins with an empty memory and imports it, so it
            must stand in a module: not in a notebook's cell, not inside a function.
        shares: What each is given: a copy, pickled on the way.
        timeout_s: How long a process waits for one that does not answer.

    Returns:
        What each process returned, in the order of the shares.

    Raises:
        ValueError: There is no share.
        torch.multiprocessing.ProcessRaisedException: A process failed; its traceback is in the
            message, and the others were ended.
    """
    if not shares:
        raise ValueError("there is no share of work to do")
    with tempfile.TemporaryDirectory() as folder:
        # Handed over as they are, tensors would lie in memory that all processes share, and one
        # would change what another trains.
        copies = tuple(pickle.dumps(share) for share in shares)
        arguments = (work, copies, Path(folder), timeout_s)
        try:
            spawn(_enter, arguments, nprocs=len(shares))
        except ProcessRaisedException as error:
            # The first to end may be one that waited in vain for the one that failed.
            told = "\n".join(path.read_text("utf-8") for path in sorted(Path(folder).glob("*.txt")))
            raise ProcessRaisedException(
                told or str(error), error.error_index, error.error_pid
            ) from None
        return [load_file(_result_file(Path(folder), rank)) for rank in range(len(shares))]


def _enter(
    rank: int,
    work: Callable[[Share], Results],
    copies: tuple[bytes, ...],
    folder: Path,
    timeout_s: float,
) -> None:
    """Join the group, do one share, and write what came of it."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=(folder / "meeting-place").as_uri(),
        rank=rank,
        world_size=len(copies),
        timeout=timedelta(seconds=timeout_s),
    )
    try:
        try:
            results = work(pickle.loads(copies[rank]))
        except Exception:
            folder.joinpath(f"{rank}.txt").write_text(traceback.format_exc(), "utf-8")
            raise
        held = {name: tensor.detach().clone().contiguous() for name, tensor in results.items()}
        save_file(held, _result_file(folder, rank))
        dist.barrier()  # nobody leaves while another may still want an answer
    finally:
        dist.destroy_process_group()


def _result_file(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.safetensors"
