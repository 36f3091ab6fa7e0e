"""Say what to buy first for a chat service, by what was measured; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what is scarce before it says what to buy: writing reads all weights and the "
            "whole cache for every token, reading a prompt is arithmetic; and tells which of the "
            "two, or which limit of memory, this service meets first.",
            3,
        ),
        Criterion(
            "Rests on numbers: bytes of weights and of the cache for a named model at the batch "
            "and context of the service, the place where the cache outgrows the weights, and at "
            "least two measurements of the chapter, with what they were measured on.",
            3,
        ),
        Criterion(
            "Names one thing to buy first and what it brings by those numbers, against at least "
            "one other that is bought later, with the reason why it comes later.",
            2,
        ),
        Criterion(
            "Names the price of its choice (quality, latency of a single user, complexity, memory) "
            "and the measurement that would change its mind.",
            2,
        ),
    ),
)
