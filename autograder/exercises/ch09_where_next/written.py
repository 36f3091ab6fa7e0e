"""A forecast, and what would show that it was wrong; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what will be so, of what, by when, and how probable it is: so definite that two "
            "people who look at the same facts on that day agree whether it came true. 'AI will "
            "get better' is not accepted.",
            3,
        ),
        Criterion(
            "Names the observation that would falsify it, by a measurement that exists or could be "
            "made, with its number and where it would be read; and one earlier sign that would "
            "change the writer's mind before the day.",
            3,
        ),
        Criterion(
            "Rests on at least two measurements of this book, with what they were measured on, and "
            "says how far they carry: small models, one machine, tasks made for the purpose.",
            2,
        ),
        Criterion(
            "Gives the strongest reason against the forecast and answers it, or lowers the "
            "probability for it; or compares with an earlier forecast of the chapter, right or "
            "wrong, and what it teaches here.",
            2,
        ),
    ),
)
