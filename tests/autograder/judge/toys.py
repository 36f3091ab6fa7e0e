"""A small exercise and ways to answer it, for tests of the judge."""

import torch

from autograder.exercises.base import Exercise
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.sandbox.agent import Agent


def make_exercise():
    """`halve(x)`, with three items and three misconceptions."""
    exercise = Exercise(
        name="halve",
        points=6,
        exports=("halve",),
        not_allowed=("torch.div", "torch.Tensor.div"),
        hints=("What is half?", "Multiply with a half."),
        time_limit_s=1.0,
    )

    @exercise.item("half of it", points=3, sentence="Each number is halved.")
    def _(learner, draw):
        x = draw.normal(*draw.sizes(2))
        expect_close(learner.halve(x), x / 2)

    @exercise.item("nothing of nothing", points=2, sentence="Half of nothing is nothing.")
    def _(learner, draw):
        expect_close(learner.halve(torch.zeros(0)), torch.zeros(0))

    @exercise.item("gradients flow", points=1, sentence="Half of each gradient comes back.")
    def _(learner, draw):
        x = draw.normal(3).requires_grad_()
        _, gradients = learner.halve.vjp(torch.ones(3), x)
        expect_gradient(gradients[0], torch.full((3,), 0.5))
        expect_unchanged(learner)

    @exercise.misconception("You double.")
    def doubled(x):
        return x * 2

    @exercise.misconception("You lose the gradient.")
    def detached(x):
        return x.detach() * 0.5

    @exercise.misconception("You fail on nothing.")
    def fails_on_nothing(x):
        return x * 0.5 if x.max() > -1e9 else x

    @exercise.alternative
    def multiplied(x):
        return x * 0.5

    return exercise


def send_to(function, name="halve"):
    """Bring requests to a function in this process."""
    return Agent({name: function}).answer
