"""Say in words which part of a block one would drop; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Chooses one part (residual connections, norms, feed-forward layers, or one kind of "
            "them) and says in its own words what that part does in a block that no other does.",
            2,
        ),
        Criterion(
            "Rests on the measurements of the chapter: names what was taken away, at which depth, "
            "and compares the loss with the whole model's and with that of at least one other part "
            "taken away.",
            3,
        ),
        Criterion(
            "Explains the cost by its mechanism: gradients that fade or grow with depth, a "
            "representation whose rows become alike, or positions that are mixed and never "
            "transformed.",
            3,
        ),
        Criterion(
            "Names what the experiment does not show: a small model, few steps, one corpus, "
            "settings tuned for the whole block, or what is saved in parameters and operations in "
            "return.",
            2,
        ),
    ),
)
