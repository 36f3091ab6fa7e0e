"""Decoding that can only make texts of a grammar, and always comes to their end.

Axes: B batch, T tokens so far, S states, V vocabulary.

The automaton of the grammar reads bytes, and a token is several of them. Where each token leads
from each state is worked out once, before decoding (the index of Willard and Louf 2023,
arXiv:2307.09702); a step then only looks it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.generation.automaton import Automaton
from course_lib.generation.decoding import ChooseToken

# More tokens than any text has: there is no way to the end.
NO_WAY = torch.iinfo(torch.int32).max


@dataclass(frozen=True)
class TokenConstraint:
    """Which tokens may come next, by the state that the text so far has led to.

    Attributes:
        next_state: The state behind each state and token; decoding begins in state 0.
        n_needed: How many tokens a text needs at least from a state on if this token is the next,
            itself and the end token among them; `NO_WAY` where it could not be finished.
    """

    next_state: Int[Tensor, "S V"]
    n_needed: Int[Tensor, "S V"]

    def allowed(self, states: Int[Tensor, " B"], n_left: int) -> Bool[Tensor, "B V"]:
        """Return which tokens leave a way to the end.

        Args:
            states: Where each row is.
            n_left: How many tokens each row may still get.

        Returns:
            True where a token may come next. In a row that is finished, for the end token alone.
        """
        return self.n_needed[states] <= n_left

    def to(self, device: torch.device) -> "TokenConstraint":
        """Return the same on a device: that of the logits."""
        return TokenConstraint(self.next_state.to(device), self.n_needed.to(device))


def constrain(automaton: Automaton, vocabulary: Sequence[bytes], end_token: int) -> TokenConstraint:
    """Work out where each token leads from each state.

    Args:
        automaton: Reads the texts that are allowed.
        vocabulary: The bytes of each token. A token of no bytes, such as those for special
            purposes, is never allowed.
        end_token: The token that says that the text is complete; its bytes do not matter.

    Returns:
        The constraint.

    Raises:
        ValueError: No text that the automaton accepts can be put together from the vocabulary.
    """
    n_states = automaton.next_state.shape[0]
    # Two states more: one for texts that are finished, one for those that cannot be.
    finished, lost = n_states, n_states + 1
    next_state = torch.full((n_states + 2, len(vocabulary)), lost)
    next_state[:n_states] = _read_tokens(automaton, vocabulary)
    next_state[:n_states, [not token for token in vocabulary]] = lost
    next_state[:n_states, end_token] = torch.where(automaton.accepts, finished, lost)
    next_state[finished, end_token] = finished
    n_to_end = _tokens_to_end(next_state, finished)  # S
    if n_to_end[0] == NO_WAY:
        raise ValueError(f"no allowed text can be put together from {len(vocabulary)} tokens")
    n_needed = n_to_end[next_state]  # S V
    n_needed[n_needed < NO_WAY] += 1
    return TokenConstraint(next_state, n_needed)


class ConstrainedChoice:
    """Lets another choice choose among the tokens that the constraint allows, for one decoding.

    It remembers where each row is, so each decoding needs one of its own.
    """

    def __init__(
        self,
        constraint: TokenConstraint,
        choose: ChooseToken,
        batch_size: int,
        max_new_tokens: int,
    ) -> None:
        """Begin all rows at the beginning.

        Args:
            constraint: What may be said.
            choose: Picks among what may be said.
            batch_size: How many rows are decoded.
            max_new_tokens: How many tokens a row gets at most, the end token among them.

        Raises:
            ValueError: So few tokens are enough for no allowed text.
        """
        needed = int(constraint.n_needed[0].min())
        if needed > max_new_tokens:
            raise ValueError(f"the shortest text takes {needed} tokens, more than {max_new_tokens}")
        self._constraint, self._choose = constraint, choose
        self._states = constraint.next_state.new_zeros(batch_size)
        self._n_left = max_new_tokens

    def __call__(
        self,
        logits: Float[Tensor, "B V"],
        token_ids: Int[Tensor, "B T"],
        n_padding: Int[Tensor, " B"] | None = None,
    ) -> Int[Tensor, " B"]:
        """Pick one token a row; see `ChooseToken`.

        Raises:
            ValueError: The other choice picked a token that it was not given.
        """
        allowed = self._constraint.allowed(self._states, self._n_left)
        tokens = self._choose(logits.masked_fill(~allowed, -torch.inf), token_ids, n_padding)
        if not allowed.gather(-1, tokens[:, None]).all():
            raise ValueError(f"tokens {tokens.tolist()} were picked, not all of them allowed")
        self._states = self._constraint.next_state[self._states, tokens]
        self._n_left -= 1
        return tokens


def _read_tokens(automaton: Automaton, vocabulary: Sequence[bytes]) -> Int[Tensor, "S V"]:
    """Return the state behind each state and token, all of them read side by side."""
    n_states = automaton.next_state.shape[0]
    states = torch.arange(n_states)[:, None].repeat(1, len(vocabulary))  # S V
    longer = list(range(len(vocabulary)))
    for place in range(max(map(len, vocabulary))):
        longer = [i for i in longer if len(vocabulary[i]) > place]
        byte = torch.tensor([vocabulary[i][place] for i in longer])
        states[:, longer] = automaton.next_state[states[:, longer], byte]
    return states


def _tokens_to_end(next_state: Int[Tensor, "S V"], finished: int) -> Int[Tensor, " S"]:
    """Return the length of the shortest way from each state to the finished one, in tokens."""
    n_states = next_state.shape[0]
    leads_to = torch.zeros(n_states, n_states, dtype=torch.bool).scatter_(1, next_state, True)
    n_to_end = torch.full((n_states,), NO_WAY, dtype=torch.int32)
    reached = torch.arange(n_states) == finished
    for n_tokens in range(n_states):
        n_to_end[reached & (n_to_end == NO_WAY)] = n_tokens
        reached = (leads_to & reached).any(dim=1)
    return n_to_end
