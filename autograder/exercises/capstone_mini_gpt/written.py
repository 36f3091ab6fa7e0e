"""Report on the GPT that was built, trained, aligned and served; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what was run so that somebody else could run it again: sizes and number of "
            "parameters, steps, batch, peak rate, seed, machine and time, and which functions were "
            "the learner's own and which stand-ins.",
            2,
        ),
        Criterion(
            "Reports the loss against the floor on held-out tales with the gap in per cent, and "
            "reads the curve: where it fell fast, where slowly, and what would lower it further.",
            3,
        ),
        Criterion(
            "Reports what alignment changed and what it cost, each with a number before and after, "
            "and says whether the difference is larger than chance would make it.",
            3,
        ),
        Criterion(
            "Reports tokens a second with and without the cache and against the reference, says "
            "how exactness was checked, and names one thing that the learner would do next, with "
            "the measurement that would show whether it helped.",
            2,
        ),
    ),
)
