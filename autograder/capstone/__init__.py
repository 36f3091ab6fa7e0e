"""A learner's own functions, taken from their finished notebooks and tried before they are used."""

from autograder.capstone.collect import Collected, collect_parts
from autograder.capstone.put_in import put_in

__all__ = ["Collected", "collect_parts", "put_in"]
