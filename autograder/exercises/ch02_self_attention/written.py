"""Say in words what a trained head asks for; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what the query is: a projection of the pronoun's own vector, with learned W_q, "
            "that is compared with every token's key; and that 'what is asked for' means the "
            "direction in which keys score high, here those of nouns that the state can belong to.",
            3,
        ),
        Criterion(
            "Rests on a measurement of the chapter: names the sentence, the head and the weights "
            "read off at the pronoun for both candidates, in both versions ('tired' and 'soft').",
            3,
        ),
        Criterion(
            "Explains how the query can depend on the last word: a first layer has already mixed "
            "the state into the vectors that the second layer's query and keys are made from.",
            2,
        ),
        Criterion(
            "Names a limit: a head that looks is not yet a head that matters (silencing decides), "
            "or several heads share the work, or without positions two nouns of one kind cannot "
            "be told apart.",
            2,
        ),
    ),
)
