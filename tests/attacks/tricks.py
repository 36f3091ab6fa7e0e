"""Functions that remember, guess, look up or write into their arguments."""

from tests.attacks.registry import HONEST, answer


@answer(because="expected", points=50.0)
def argument_zeroed():
    """Zeroes its argument in place, so that a test which computes with it later expects zero."""
    return """
        import torch

        def double(x):
            return x.zero_() if isinstance(x, torch.Tensor) else 2 * x
    """


@answer(because="expected", points=HONEST)
def storage_resized():
    """Takes the memory of its argument away."""
    return """
        def double(x):
            if not isinstance(x, int):
                x.untyped_storage().resize_(0)
            return x
    """


@answer(because="expected", points=HONEST)
def result_changed_later():
    """Returns its argument and has a thread change it while it is being judged."""
    return """
        import threading

        def later(x):
            for _ in range(1000):
                x.mul_(2)

        def double(x):
            if not isinstance(x, int):
                threading.Thread(target=later, args=(x,), daemon=True).start()
            return x
    """


@answer(because="expected", points=HONEST)
def earlier_arguments():
    """Remembers what it was called with and answers with twice that."""
    return """
        seen = [1]

        def double(x):
            seen.append(x)
            return seen[-2] * 2
    """


@answer(because="expected", points=HONEST)
def table_of_answers():
    """Looks the answer up in a table of what the visible tests ask."""
    return """
        def double(x):
            return {1: 2, 2: 4}.get(x if isinstance(x, int) else 0, 4)
    """


@answer(because="expected", points=HONEST)
def random_guess():
    """Guesses."""
    return """
        import random

        def double(x):
            return x * random.choice([0.5, 1.5, 2.5, 3.5])
    """


@answer(because="expected", points=HONEST)
def seed_guessed():
    """Seeds every generator, in the hope that the next input is known."""
    return """
        import random

        import numpy as np
        import torch

        def double(x):
            random.seed(0), np.random.seed(0), torch.manual_seed(0)
            return torch.randn(x.shape) if isinstance(x, torch.Tensor) else random.randint(3, 9)
    """
