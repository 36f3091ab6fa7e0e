"""Read the alignment of one's own trained model; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Reads the plot: a row is a token written, a column a token read, a square the share "
            "of that position in the mixture, and a row sums to 1; reads off one row of the "
            "learner's own plot with its numbers and says what was written there.",
            3,
        ),
        Criterion(
            "Says why the line runs from the upper right to the lower left (what is written first "
            "was read last), and that for copying it would run from the upper left to the lower "
            "right.",
            2,
        ),
        Criterion(
            "Rests on a measurement: accuracy against length with and without attention, with "
            "numbers; and gives the reason: one vector has the same size for every length, while "
            "with attention what can be looked at grows with the sequence.",
            3,
        ),
        Criterion(
            "Names a limit: the reader's states know their neighbours, so a line beside the "
            "right one would serve too; or one example is no statistic; or looking at a place "
            "does not prove that the answer rests on it; or another task need not give a line.",
            2,
        ),
    ),
)
