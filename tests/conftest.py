"""What every test starts from."""

import os

# Whether Triton interprets is settled when anything first imports it. What needs its compiler runs
# in a process of its own.
os.environ.setdefault("TRITON_INTERPRET", "1")

# A console of rich keeps the width that stands here when it is made, whatever a test sets later.
os.environ.pop("COLUMNS", None)

import torch

# The suite runs in as many processes as there are processors: more threads would only wait for
# each other, and what depends on the order of additions would depend on the machine.
torch.set_num_threads(1)
