"""Say in words what one head does and how one knows; marked by hand."""

from autograder.exercises.base import Criterion, WrittenAnswer

exercise = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion(
            "Names the model, the layer and the head, and makes a claim about it that can be "
            "checked: from which places it looks at which, and what it hands over.",
            2,
        ),
        Criterion(
            "Rests on a measurement of where it looks, with its number, over many cases and not "
            "one picture, and names the yardstick: an even head, other heads, an untrained model "
            "or the best fixed distance.",
            3,
        ),
        Criterion(
            "Rests on an intervention: says what was silenced or changed, what stayed, which "
            "quantity became worse and by how much.",
            3,
        ),
        Criterion(
            "Names a limit: other heads stand in for it, it may do other things elsewhere, a head "
            "that looks is not yet one that matters, or the result holds for this model and task.",
            2,
        ),
    ),
)
