"""An LSTM that looks back at all its earlier states instead of carrying a single one.

Axes: B batch, T positions, Tk positions already passed, Din width of the inputs, D width of the
hidden state and of the cell, G width of all gates side by side, Dh width in which a position is
compared with its past.
A mask is boolean, True where a position holds a token.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.early_attention import additive_attention, uniform_weights
from course_lib.recurrent import LSTMOutput, RecurrentLayer, lstm_step


@dataclass(frozen=True)
class Tape:
    """The states that the network went through, all of them kept.

    Attributes:
        k: What each of them can be found by.
        h: Hidden states.
        c: Cells.
    """

    k: Float[Tensor, "B Tk Dh"]
    h: Float[Tensor, "B Tk D"]
    c: Float[Tensor, "B Tk D"]

    def append(
        self, k: Float[Tensor, "B Dh"], h: Float[Tensor, "B D"], c: Float[Tensor, "B D"]
    ) -> "Tape":
        """Return a tape with one more state at its end."""
        return Tape(
            k=torch.cat([self.k, k.unsqueeze(1)], dim=1),
            h=torch.cat([self.h, h.unsqueeze(1)], dim=1),
            c=torch.cat([self.c, c.unsqueeze(1)], dim=1),
        )


@dataclass(frozen=True)
class LSTMNStep:
    """What one step computed.

    Attributes:
        h: Hidden state after the step.
        c: Cell after the step.
        h_summary: Mixture of earlier hidden states, from which the step was taken.
        weights: Share of each earlier position in that mixture.
    """

    h: Float[Tensor, "B D"]
    c: Float[Tensor, "B D"]
    h_summary: Float[Tensor, "B D"]
    weights: Float[Tensor, "B Tk"]


def lstmn_step(
    tape: Tape,
    q: Float[Tensor, "B Dh"],
    from_x: Float[Tensor, "B G"],
    w_score: Float[Tensor, " Dh"],
    W_h: Float[Tensor, "D G"],
    mask: Bool[Tensor, "B Tk"] | None = None,
) -> LSTMNStep:
    """Take one LSTM step from a mixture of all earlier states in place of the last one.

    Implements Cheng et al. 2016 (arXiv:1601.06733), equations 4 to 9. The first step, which has
    nothing to look back at, starts from zeros.

    Args:
        tape: The earlier states.
        q: What this position looks for: the sum of the last two terms in the tanh of equation 4.
        from_x: What the input adds to the gates; see `lstm_step`.
        w_score: Weight of each component in the score; see `additive_attention`.
        W_h: Weights of the mixture in the gates.
        mask: True where an earlier position may be looked at. None lets every one be seen.

    Returns:
        The next state, and what it was made from.
    """
    may_look = None if mask is None else mask.unsqueeze(1)  # B 1 Tk
    attention = additive_attention(q.unsqueeze(1), tape.k, tape.h, w_score, may_look)
    h_summary = attention.values.squeeze(1)  # B D
    c_summary = (attention.weights @ tape.c).squeeze(1)  # B D
    h, c = lstm_step(h_summary, c_summary, from_x, W_h)
    return LSTMNStep(h=h, c=c, h_summary=h_summary, weights=attention.weights.squeeze(1))


@dataclass(frozen=True)
class LSTMNOutput(LSTMOutput):
    """The states that the network went through, and where it looked.

    Attributes:
        h: Hidden state after every position.
        c: Cell after every position.
        weights: Share of each earlier position, by position; 0 from the position itself on.
    """

    weights: Float[Tensor, "B T T"]


class LSTMN(RecurrentLayer):
    """Attend over its own past at every step; the arithmetic is `lstmn_step`."""

    def __init__(self, d_in: int, d_model: int, d_head: int, generator: torch.Generator) -> None:
        super().__init__(d_in, d_model, 4, generator)
        self.W_k = uniform_weights(d_model, d_head, generator=generator)
        self.W_q = uniform_weights(d_in, d_head, generator=generator)
        self.W_summary = uniform_weights(d_model, d_head, generator=generator)
        self.w_score = uniform_weights(d_head, generator=generator)

    def forward(
        self, x: Float[Tensor, "B T Din"], mask: Bool[Tensor, "B T"] | None = None
    ) -> LSTMNOutput:
        """Read a sequence from its beginning.

        Memory: O(T²), where an LSTM needs O(T).

        Args:
            x: The inputs.
            mask: True where a position holds a token. Nobody looks at the others; the state
                passes over them unchanged and they look at nothing. None: every position does.

        Returns:
            The states after every position, and where each position looked.

        Raises:
            ValueError: There is no position.
        """
        seq_len = x.shape[1]
        if seq_len == 0:
            raise ValueError(f"a sequence needs at least one position, got {tuple(x.shape)}")
        tape, step = self._beginning(x)
        weights = []
        queries, inputs = (x @ self.W_q).unbind(dim=1), self.read(x).unbind(dim=1)
        for position, (q_from_x, from_x) in enumerate(zip(queries, inputs, strict=True)):
            before = step
            q = q_from_x + before.h_summary @ self.W_summary  # B Dh
            # A padded position may look at nothing, so that its row of weights is zero.
            may_look = None if mask is None else mask[:, :position] & mask[:, position, None]
            step = lstmn_step(tape, q, from_x, self.w_score, self.W_h, may_look)
            if mask is not None:
                step = _carry_over_padding(mask[:, position, None], step, before)
            tape = tape.append(step.h @ self.W_k, step.h, step.c)
            weights.append(F.pad(step.weights, (0, seq_len - position)))  # B T
        return LSTMNOutput(h=tape.h, c=tape.c, weights=torch.stack(weights, dim=1))

    def _beginning(self, x: Float[Tensor, "B T Din"]) -> tuple[Tape, LSTMNStep]:
        """Return an empty tape, and zeros as the step before the first."""
        nothing, zeros = x.new_zeros(len(x), 0, self.d_model), self.zeros(x)
        tape = Tape(k=x.new_zeros(len(x), 0, len(self.w_score)), h=nothing, c=nothing)
        return tape, LSTMNStep(h=zeros, c=zeros, h_summary=zeros, weights=x.new_zeros(len(x), 0))


def _carry_over_padding(
    is_token: Bool[Tensor, "B 1"], step: LSTMNStep, before: LSTMNStep
) -> LSTMNStep:
    """Take back the step where the position holds no token."""
    return LSTMNStep(
        h=torch.where(is_token, step.h, before.h),
        c=torch.where(is_token, step.c, before.c),
        h_summary=torch.where(is_token, step.h_summary, before.h_summary),
        weights=step.weights,
    )
