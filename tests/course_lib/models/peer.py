"""Models of the `transformers` package with random weights, to compare with; no test is in here."""

from contextlib import nullcontext

import torch
from torch.overrides import TorchFunctionMode

FLOAT32 = {"rtol": 1e-5, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-10, "atol": 1e-10}
TOLERANCE = {torch.float32: FLOAT32, torch.float64: FLOAT64}


def randomise(model, seed=0, spread=0.2):
    """Give every parameter of a peer a random value.

    Norm gains start at 1 and biases at 0 there, which would hide a gain or a bias left out.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator) * spread
            is_gain = "norm" in name.lower() or ".ln_" in name
            parameter.copy_(noise + 1 if is_gain and name.endswith("weight") else noise)
    return model.eval()


class DoubleThroughout(TorchFunctionMode):
    """Keeps a peer in double precision where it would compute in single precision for safety.

    Many peers normalise, turn and share out in float32, whatever the type of the model. That
    alone costs seven digits against a computation in float64 from end to end.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.float:
            return args[0].double()
        args = tuple(torch.float64 if arg is torch.float32 else arg for arg in args)
        if func is torch.tensor and isinstance(args[0], float):
            kwargs.setdefault("dtype", torch.float64)
        if kwargs.get("dtype") is torch.float32:
            kwargs["dtype"] = torch.float64
        return func(*args, **kwargs)


def in_its_precision(dtype):
    """Build and call a peer inside this, so that it computes in the type of its weights."""
    return DoubleThroughout() if dtype == torch.float64 else nullcontext()


def peer_of(kind, config, dtype, **more):
    """Build a peer with random weights of some type; `randomise` takes the rest."""
    with in_its_precision(dtype):
        return randomise(kind(config), **more).to(dtype)
