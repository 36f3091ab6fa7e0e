"""Say why a model invents, by what was measured; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what is trained and what is not: every position gives a distribution over all "
            "tokens that must sum to one, the loss rewards the continuation that is usual, and "
            "nothing in it marks what is not known or what is true.",
            3,
        ),
        Criterion(
            "Rests on measurements of the chapter with their numbers: facts never told against "
            "facts told often, how sure the model is of each, and how often it is right.",
            3,
        ),
        Criterion(
            "Separates what the model believes from what the draw does with it: says which errors "
            "temperature or top-p can lessen and why none of them adds a fact.",
            2,
        ),
        Criterion(
            "Says what helps and what it costs, such as withholding unsure answers (fewer answers "
            "for fewer errors), and names a limit: a small world of made-up facts, and a model "
            "that is not calibrated everywhere.",
            2,
        ),
    ),
)
