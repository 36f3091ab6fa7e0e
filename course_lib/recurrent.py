"""Recurrent networks: a state that is carried from position to position.

Axes: B batch, T positions, Din width of the inputs, D width of the hidden state, G width of all
gates side by side; any axes may stand before those of a single step.
A mask is boolean, True where a position holds a token. A state passes over all other positions
unchanged, so that the last one is the state after the last token, wherever the padding stands.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

State = tuple[Tensor, ...]


def rnn_step(
    h: Float[Tensor, "*batch D"],
    from_x: Float[Tensor, "*batch D"],
    W_h: Float[Tensor, "D D"],
) -> Float[Tensor, "*batch D"]:
    """Take one step of a plain recurrent network.

    Implements the network of Elman 1990 ("Finding structure in time"), with a tanh.

    Args:
        h: Hidden state before the step.
        from_x: What the input adds to the sum: `x @ W_x + b`.
        W_h: Weights of the hidden state.

    Returns:
        Hidden state after the step.
    """
    return torch.tanh(from_x + h @ W_h)


def lstm_step(
    h: Float[Tensor, "*batch D"],
    c: Float[Tensor, "*batch D"],
    from_x: Float[Tensor, "*batch 4*D"],
    W_h: Float[Tensor, "D 4*D"],
) -> tuple[Float[Tensor, "*batch D"], Float[Tensor, "*batch D"]]:
    """Take one step of a network with long short-term memory.

    Implements Hochreiter and Schmidhuber 1997 ("Long short-term memory") with the forget gate of
    Gers et al. 2000 ("Learning to forget"). The gates stand in torch's order: input, forget,
    candidate, output.

    Args:
        h: Hidden state before the step.
        c: Cell before the step.
        from_x: What the input adds to the gates: `x @ W_x + b`.
        W_h: Weights of the hidden state in the gates.

    Returns:
        Hidden state and cell after the step.
    """
    gates = from_x + h @ W_h  # *batch 4D
    input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=-1)  # *batch D each
    # The cell is carried by a sum and a factor near 1, not through a matrix and a tanh: this is
    # the path on which a gradient can reach far back.
    c = torch.sigmoid(forget_gate) * c + torch.sigmoid(input_gate) * torch.tanh(candidate)
    return torch.sigmoid(output_gate) * torch.tanh(c), c


def gru_step(
    h: Float[Tensor, "*batch D"],
    from_x: Float[Tensor, "*batch 3*D"],
    W_h: Float[Tensor, "D 3*D"],
    b_candidate: Float[Tensor, " D"],
) -> Float[Tensor, "*batch D"]:
    """Take one step of a network of gated recurrent units.

    Implements Cho et al. 2014 (arXiv:1406.1078) as cuDNN and torch do: the reset gate multiplies
    the hidden state's part of the candidate *after* the product with `W_h`, so that one product
    serves all gates. So does version 1 on arXiv; equation 8 of the paper, as published, resets the
    hidden state *before* the product. The gates stand in torch's order: reset, update, candidate.

    Args:
        h: Hidden state before the step.
        from_x: What the input adds to the gates: `x @ W_x + b`.
        W_h: Weights of the hidden state in the gates.
        b_candidate: Bias of the candidate that is reset with the hidden state's part.

    Returns:
        Hidden state after the step.
    """
    d_model = h.shape[-1]
    gates_x, candidate_x = from_x.split([2 * d_model, d_model], dim=-1)  # *batch 2D, *batch D
    gates_h, candidate_h = (h @ W_h).split([2 * d_model, d_model], dim=-1)
    reset, update = torch.sigmoid(gates_x + gates_h).chunk(2, dim=-1)  # *batch D each
    candidate = torch.tanh(candidate_x + reset * (candidate_h + b_candidate))
    return update * h + (1 - update) * candidate


def unroll(
    step: Callable[[State, Tensor], State],
    state: State,
    from_x: Float[Tensor, "B T G"],
    mask: Bool[Tensor, "B T"] | None = None,
) -> State:
    """Take one step per position, each from the state that the one before has left.

    Args:
        step: Gives the next state from a state and one position's part of the inputs.
        state: Tensors of the state before the first position, batch axis first.
        from_x: What the inputs add to the steps, computed for all positions at once.
        mask: True where a position holds a token; elsewhere the state passes unchanged. None:
            every position does.

    Returns:
        The tensors of the state after every position, with a position axis behind the batch axis.

    Raises:
        ValueError: There is no position.
    """
    if from_x.shape[1] == 0:
        raise ValueError(f"a sequence needs at least one position, got {tuple(from_x.shape)}")
    path = []
    # `unbind` and `stack` cut and join once; an index at each position would make the way back
    # fill a tensor of the whole length each time.
    for position, from_x_here in enumerate(from_x.unbind(dim=1)):
        after = step(state, from_x_here)
        if mask is not None:
            is_token = mask[:, position, None]  # B 1
            after = tuple(torch.where(is_token, *pair) for pair in zip(after, state, strict=True))
        path.append(after)
        state = after
    return tuple(torch.stack(tensors, dim=1) for tensors in zip(*path, strict=True))


@dataclass(frozen=True)
class RecurrentOutput:
    """The states that a recurrent network went through.

    Attributes:
        h: Hidden state after every position.
    """

    h: Float[Tensor, "B T D"]


@dataclass(frozen=True)
class LSTMOutput(RecurrentOutput):
    """The states that a network with long short-term memory went through.

    Attributes:
        h: Hidden state after every position.
        c: Cell after every position.
    """

    c: Float[Tensor, "B T D"]


class RecurrentLayer(nn.Module):
    """Own the weights that read the input and the hidden state, for `n_gates` gates."""

    def __init__(self, d_in: int, d_model: int, n_gates: int, generator: torch.Generator) -> None:
        super().__init__()
        if min(d_in, d_model) < 1:
            raise ValueError(f"every width must be at least 1, got {d_in=} and {d_model=}")
        self.d_model = d_model
        self.W_x = nn.Parameter(torch.empty(d_in, n_gates * d_model))
        self.W_h = nn.Parameter(torch.empty(d_model, n_gates * d_model))
        self.b = nn.Parameter(torch.empty(n_gates * d_model))
        # The range that torch's recurrent layers start from.
        bound = 1 / math.sqrt(d_model)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def read(self, x: Float[Tensor, "B T Din"]) -> Float[Tensor, "B T G"]:
        """Compute what the inputs add to the gates, for all positions in one product."""
        return x @ self.W_x + self.b

    def zeros(self, x: Float[Tensor, "B T Din"]) -> Float[Tensor, "B D"]:
        """Return the state before the first position where none is given."""
        return x.new_zeros(len(x), self.d_model)


class RNN(RecurrentLayer):
    """Carry a hidden state along a sequence; the arithmetic is `rnn_step`."""

    def __init__(self, d_in: int, d_model: int, generator: torch.Generator) -> None:
        super().__init__(d_in, d_model, 1, generator)

    def forward(
        self,
        x: Float[Tensor, "B T Din"],
        h: Float[Tensor, "B D"] | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> RecurrentOutput:
        """Start from `h`, or from zeros; see `unroll` for `mask`."""
        start = (self.zeros(x) if h is None else h,)
        path = unroll(
            lambda state, from_x: (rnn_step(state[0], from_x, self.W_h),), start, self.read(x), mask
        )
        return RecurrentOutput(*path)


class LSTM(RecurrentLayer):
    """Carry a hidden state and a cell along a sequence; the arithmetic is `lstm_step`."""

    def __init__(self, d_in: int, d_model: int, generator: torch.Generator) -> None:
        super().__init__(d_in, d_model, 4, generator)

    def forward(
        self,
        x: Float[Tensor, "B T Din"],
        state: tuple[Float[Tensor, "B D"], Float[Tensor, "B D"]] | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> LSTMOutput:
        """Start from `state`, a pair (h, c), or from zeros; see `unroll` for `mask`."""
        start = (self.zeros(x), self.zeros(x)) if state is None else state
        path = unroll(
            lambda state, from_x: lstm_step(state[0], state[1], from_x, self.W_h),
            start,
            self.read(x),
            mask,
        )
        return LSTMOutput(*path)


class GRU(RecurrentLayer):
    """Carry a gated hidden state along a sequence; the arithmetic is `gru_step`."""

    def __init__(self, d_in: int, d_model: int, generator: torch.Generator) -> None:
        super().__init__(d_in, d_model, 3, generator)
        self.b_candidate = nn.Parameter(torch.zeros(d_model))

    def forward(
        self,
        x: Float[Tensor, "B T Din"],
        h: Float[Tensor, "B D"] | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> RecurrentOutput:
        """Start from `h`, or from zeros; see `unroll` for `mask`."""
        start = (self.zeros(x) if h is None else h,)
        path = unroll(
            lambda state, from_x: (self.step(state[0], from_x),), start, self.read(x), mask
        )
        return RecurrentOutput(*path)

    def step(self, h: Float[Tensor, "B D"], from_x: Float[Tensor, "B G"]) -> Float[Tensor, "B D"]:
        """Take one step with the layer's own weights; see `gru_step`."""
        return gru_step(h, from_x, self.W_h, self.b_candidate)
