from itertools import islice

import torch

from course_lib.data.grid_world import GridWorld, MazeWalk
from course_lib.models.decision_decoder import (
    ActorSettings,
    WalkTokens,
    act,
    action_loss,
    train_actor,
    walk_batches,
)

WORLD = GridWorld((".#G", "..."))
TOKENS = WalkTokens(world=WORLD, max_steps=5)
HOME = MazeWalk((3, 4, 5), (1, 1, 0), 2)
LOST = MazeWalk((0, 0), (0, 0), 0)
SHORT = ActorSettings(n_steps=3, batch_size=4, n_context=2, n_warmup=1, d_model=8)


def test_a_walk_as_tokens_by_hand():
    # Actions 0 to 3, cells from 4, returns 0, -1, ... from 10.
    assert TOKENS.vocab_size == 4 + 6 + 6
    assert TOKENS.of_walk(HOME) == [13, 7, 1, 12, 8, 1, 11, 9, 0]


def test_who_gave_up_has_the_lowest_return_at_every_step():
    assert TOKENS.of_walk(LOST)[::3] == [15, 15]


def test_returns_are_cut_off_or_not_told():
    assert (TOKENS.asked(3), TOKENS.asked(-99)) == (10, 15)
    untold = WalkTokens(world=WORLD, max_steps=5, tells_return=False)
    assert set(untold.of_walk(HOME)[::3]) == {10}


def test_batches_hold_pieces_that_begin_with_a_return():
    batch = next(walk_batches([HOME], TOKENS, 20, 2, torch.Generator().manual_seed(0)))
    assert batch.token_ids.shape == (20, 6)
    assert (batch.token_ids[:, 0] >= 10).all()
    assert batch.is_action[:, 2].all()
    assert set(batch.is_action.sum(dim=1).tolist()) == {1, 2}  # a piece at the end has one step
    assert (batch.token_ids[batch.is_action] < 4).all()


def test_training_repeats_with_the_seed():
    first, second, other = (train_actor([HOME, LOST], TOKENS, s, SHORT) for s in (1, 1, 2))
    assert torch.equal(first.embedding.weight, second.embedding.weight)
    assert not torch.equal(first.embedding.weight, other.embedding.weight)
    assert not first.training


def test_only_actions_count_in_the_loss():
    model = train_actor([HOME], TOKENS, 0, SHORT)
    [batch] = islice(walk_batches([HOME], TOKENS, 5, 2, torch.Generator().manual_seed(0)), 1)
    foretold = model(batch.token_ids).logits[..., :4].log_softmax(dim=-1)
    costs = [
        -foretold[row, at - 1, batch.token_ids[row, at]]
        for row in range(5)
        for at in (2, 5)
        if batch.is_action[row, at]
    ]
    torch.testing.assert_close(action_loss(model, batch), torch.stack(costs).mean())


def test_it_learns_the_one_walk_that_it_sees():
    settings = ActorSettings(n_steps=80, batch_size=8, n_context=3, n_warmup=5, d_model=16)
    model = train_actor([HOME], TOKENS, 0, settings)
    generator = torch.Generator().manual_seed(0)
    walks = act(model, TOKENS, [3] * 20, [-3] * 20, 3, generator)
    assert sum(walk == HOME for walk in walks) >= 15


def test_walks_obey_the_maze():
    model = train_actor([HOME], TOKENS, 0, SHORT)
    for walk in act(model, TOKENS, [0, 3], [-4, -3], 2, torch.Generator().manual_seed(0)):
        after = (*walk.cells[1:], walk.end)
        for cell, action, follower in zip(walk.cells, walk.actions, after, strict=True):
            assert WORLD.step(cell, action) == follower
        assert walk.end == WORLD.goal or len(walk.cells) == 5
