"""Say which defence to ship, by what was measured; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Says what is defended against what: who can put a text where, what it would make the "
            "agent do, and whom that would harm. A defence against everything is not accepted.",
            2,
        ),
        Criterion(
            "Rests on the chapter's measurements: how often the attack succeeded without a defence "
            "and with at least two different ones, with the number of trials, and what each left "
            "of the honest tasks.",
            3,
        ),
        Criterion(
            "Chooses, and explains by the mechanism why the chosen defence holds: it limits what "
            "can be *done*, whatever is read, or it depends on recognising a harmful text, which "
            "the attacker can word otherwise.",
            3,
        ),
        Criterion(
            "Names the price and what still gets through, and says how it would be noticed in "
            "use: an attack that was not measured, a person who approves everything, data that "
            "leave by another way.",
            2,
        ),
    ),
)
