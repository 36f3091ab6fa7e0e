import pytest
import torch

from course_lib.data.grid_world import GridWorld, MazeWalk

# 0 1 2      . # G
# 3 4 5      . . .
WORLD = GridWorld((".#G", "..."))
UP, RIGHT, DOWN, LEFT = range(4)


def test_the_plan():
    assert (WORLD.width, WORLD.n_cells, WORLD.goal) == (3, 6, 2)
    assert WORLD.starts == (0, 3, 4, 5)


@pytest.mark.parametrize(
    ("cell", "action", "want"),
    [(0, RIGHT, 0), (0, UP, 0), (0, LEFT, 0), (0, DOWN, 3), (4, RIGHT, 5), (5, UP, 2), (4, UP, 4)],
)
def test_steps(cell, action, want):
    assert WORLD.step(cell, action) == want


def test_distances_by_hand():
    assert WORLD.distances() == {2: 0, 5: 1, 4: 2, 3: 3, 0: 4}


def test_a_walk_obeys_the_maze_and_ends_at_the_goal():
    for walk in WORLD.random_walks(50, 12, torch.Generator().manual_seed(0)):
        after = (*walk.cells[1:], walk.end)
        for cell, action, follower in zip(walk.cells, walk.actions, after, strict=True):
            assert WORLD.step(cell, action) == follower
        assert WORLD.goal not in walk.cells
        assert walk.end == WORLD.goal or len(walk.cells) == 12


def test_returns_to_go_count_the_steps_left():
    assert MazeWalk((3, 4, 5), (RIGHT, RIGHT, UP), 2).returns_to_go == (-3, -2, -1)


def test_the_seed_decides():
    first, second = (WORLD.random_walks(9, 6, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("rows", [("..", "G"), ("..", ".x"), ("..", ".."), ("GG",)])
def test_mazes_that_are_none(rows):
    with pytest.raises(ValueError, match=r"asked|one goal"):
        GridWorld(rows)


def test_no_such_action():
    with pytest.raises(ValueError, match="got 4"):
        WORLD.step(0, 4)
