import pytest
import torch
from torch.multiprocessing import ProcessRaisedException

from course_lib.training.processes import run_in_processes
from tests.course_lib.training.replicas import fail, say_who

slow = pytest.mark.slow  # a process takes seconds to import torch


@slow
def test_each_process_does_its_share_and_they_reach_each_other():
    threads, results = torch.get_num_threads(), run_in_processes(say_who, [5, 7])
    assert [result["rank"].item() for result in results] == [0, 1]
    assert [result["share"].item() for result in results] == [5, 7]
    assert [result["total"].item() for result in results] == [12, 12]
    assert [result["threads"].item() for result in results] == [1, 1]
    assert torch.get_num_threads() == threads
    assert not torch.distributed.is_initialized()


@slow
def test_a_process_that_fails_ends_the_others_and_is_heard():
    with pytest.raises(ProcessRaisedException, match="process 1 has lost its share"):
        run_in_processes(fail, [0, 1])


def test_no_share_is_refused():
    with pytest.raises(ValueError, match="no share of work"):
        run_in_processes(say_who, [])
