"""Say where a reward went wrong, by what was measured; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Separates what was wanted from what was rewarded: names the flaw of the reward in one "
            "sentence and gives an answer of the model that earns much by it and is bad, or quotes "
            "what such answers have in common.",
            3,
        ),
        Criterion(
            "Rests on the chapter's measurements: reward and true quality against the divergence "
            "from the reference, where the two part, and what a shorter or longer leash changes; "
            "with the numbers or the places on the curve.",
            3,
        ),
        Criterion(
            "Explains why optimisation finds the flaw and sampling does not: the reward is right "
            "where it was made, among answers of the reference model, and the policy is pushed to "
            "where nobody had compared answers.",
            2,
        ),
        Criterion(
            "Proposes a remedy with its price (a shorter leash, an earlier stop, new comparisons, "
            "several rewards) and says how it would be noticed where the true quality is unknown.",
            2,
        ),
    ),
)
