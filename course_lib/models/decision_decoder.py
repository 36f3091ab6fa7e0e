"""A decoder that acts: it reads what return is asked for, where it stands, and writes what to do.

A walk becomes a text of three tokens a step, return to go, cell and action, in the manner of the
Decision Transformer (Chen et al. 2021, arXiv:2106.01345, section 3). There the three are numbers
that are projected; here each is a token of one vocabulary.

Axes: B walks, T tokens, S steps.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.data.grid_world import MOVES, GridWorld, MazeWalk
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay


@dataclass(frozen=True, kw_only=True)
class WalkTokens:
    """Numbers for actions, cells and returns, in this order.

    Attributes:
        world: The maze.
        max_steps: The lowest return is minus this.
        tells_return: Whether the return is told; otherwise one token that never changes stands in
            its place, and what is learnt is to do as the walks did.
    """

    world: GridWorld
    max_steps: int
    tells_return: bool = True

    @property
    def vocab_size(self) -> int:
        """Number of different tokens."""
        return len(MOVES) + self.world.n_cells + self.max_steps + 1

    def cell(self, cell: int) -> int:
        """Return the token of a cell."""
        return len(MOVES) + cell

    def asked(self, return_to_go: int) -> int:
        """Return the token of a return from `-max_steps` to 0; what lies outside is cut off."""
        steps = min(max(-return_to_go, 0), self.max_steps) if self.tells_return else 0
        return len(MOVES) + self.world.n_cells + steps

    def of_walk(self, walk: MazeWalk) -> list[int]:
        """Write a walk as tokens: for each step the return to go, the cell and the action.

        A walk that gave up has the return of one that never ends: the lowest, at every step.
        """
        gave_up = walk.end != self.world.goal
        tokens = []
        for to_go, cell, action in zip(walk.returns_to_go, walk.cells, walk.actions, strict=True):
            known = -self.max_steps if gave_up else to_go
            tokens += [self.asked(known), self.cell(cell), action]
        return tokens


@dataclass(frozen=True)
class WalkBatch:
    """Walks of one length, filled up at the end.

    Attributes:
        token_ids: The tokens.
        is_action: True where an action stands that was really done.
    """

    token_ids: Int[Tensor, "B T"]
    is_action: Bool[Tensor, "B T"]


def walk_batches(
    walks: Sequence[MazeWalk],
    tokens: WalkTokens,
    batch_size: int,
    n_context: int,
    generator: torch.Generator,
) -> Iterator[WalkBatch]:
    """Draw pieces of walks without end.

    Args:
        walks: What was walked.
        tokens: How to write it.
        batch_size: Pieces in a batch.
        n_context: Steps in a piece, from a step that is drawn; pieces at the end are shorter.
        generator: Source of the draws.
    """
    texts = [torch.tensor(tokens.of_walk(walk)) for walk in walks if walk.cells]
    while True:
        batch = torch.zeros(batch_size, 3 * n_context, dtype=torch.long)
        is_action = torch.zeros(batch_size, 3 * n_context, dtype=torch.bool)
        for row, at in enumerate(torch.randint(len(texts), (batch_size,), generator=generator)):
            text = texts[at]
            first = int(torch.randint(len(text) // 3, (), generator=generator)) * 3
            piece = text[first : first + 3 * n_context]
            batch[row, : len(piece)] = piece
            is_action[row, 2 : len(piece) : 3] = True
        yield WalkBatch(batch, is_action)


def action_loss(model: nn.Module, batch: WalkBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the actions; returns and cells are read, not foretold."""
    logits = model(batch.token_ids[:, :-1]).logits[..., : len(MOVES)]
    at = batch.is_action[:, 1:]
    return F.cross_entropy(logits[at], batch.token_ids[:, 1:][at])


@dataclass(frozen=True, kw_only=True)
class ActorSettings:
    """How a decoder is trained to act.

    Attributes:
        n_steps: Number of batches.
        batch_size: Pieces of walks in a batch.
        n_context: Steps that it reads at most, the newest among them.
        learning_rate: Peak of the schedule.
        n_warmup: Steps of its rise.
        d_model: Width of the decoder, of two heads and two layers.
    """

    n_steps: int = 400
    batch_size: int = 64
    n_context: int = 4
    learning_rate: float = 4e-3
    n_warmup: int = 30
    d_model: int = 32


def train_actor(
    walks: Sequence[MazeWalk],
    tokens: WalkTokens,
    seed: int,
    settings: ActorSettings,
    on_step: Callable[[int, float], object] | None = None,
) -> Decoder:
    """Train a decoder on walks.

    Args:
        walks: What was walked.
        tokens: How to write it, with or without the returns.
        seed: Of the first weights and of the pieces.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The decoder, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    cfg = DecoderConfig(
        vocab_size=tokens.vocab_size,
        d_model=settings.d_model,
        n_heads=2,
        n_layers=2,
        d_ff=4 * settings.d_model,
        positions="rotary",
        max_seq_len=3 * settings.n_context,
    )
    model = Decoder(cfg, generator, spread=cfg.d_model**-0.5)
    sizes = settings.batch_size, settings.n_context
    train(
        model,
        walk_batches(walks, tokens, *sizes, generator),
        action_loss,
        torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, fused=True),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return model.eval()


@torch.no_grad()
def act(
    model: Decoder,
    tokens: WalkTokens,
    starts: Sequence[int],
    asked: Sequence[int],
    n_context: int,
    generator: torch.Generator,
) -> list[MazeWalk]:
    """Let a decoder walk, all starts side by side; each action is drawn from what it foretells.

    After each step the return that is still asked for rises by 1, since the step has cost 1.

    Args:
        model: A decoder.
        tokens: How it was taught to read.
        starts: Where each walk begins.
        asked: What return each is asked for.
        n_context: Steps that it reads at most.
        generator: Source of the draws.

    Returns:
        The walks, at most `max_steps` long.
    """
    world, n_walks = tokens.world, len(starts)
    cells, texts = list(starts), [[] for _ in range(n_walks)]
    been, done = [[] for _ in range(n_walks)], [[] for _ in range(n_walks)]
    for step in range(tokens.max_steps):
        for text, cell, wish in zip(texts, cells, asked, strict=True):
            text += [tokens.asked(wish + step), tokens.cell(cell)]
        seen = torch.tensor([text[-(3 * n_context - 1) :] for text in texts])
        shares = model(seen).logits[:, -1, : len(MOVES)].softmax(dim=-1)
        actions = torch.multinomial(shares, 1, generator=generator)[:, 0].tolist()
        for at, action in enumerate(actions):
            texts[at].append(action)
            if cells[at] != world.goal:
                been[at].append(cells[at])
                done[at].append(action)
                cells[at] = world.step(cells[at], action)
    return [
        MazeWalk(tuple(b), tuple(d), cell) for b, d, cell in zip(been, done, cells, strict=True)
    ]
