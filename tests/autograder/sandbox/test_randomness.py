import random

import numpy as np
import pytest
import torch

from autograder.sandbox.randomness import same_randomness


def draw():
    """Draw from each global generator."""
    return random.random(), np.random.rand(), torch.rand(()).item()


def test_each_body_draws_the_same():
    with same_randomness():
        first = draw()
        second = draw()
    draw()  # whatever happens in between
    with same_randomness():
        again = draw()
    assert first == again
    assert all(one != other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("fails", [False, True])
def test_behind_it_the_generators_go_on_as_if_nothing_had_been(fails):
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    expected = draw()
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
    try:
        with same_randomness():
            draw()
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert draw() == expected
