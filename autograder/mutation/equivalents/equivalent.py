"""What an entry says, and reasons that more than one chapter gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no check could tell from the solution.

    Attributes:
        exercise: Chapter and exercise, such as `ch02_self_attention/embed`.
        before: The changed lines of the solution, without indentation.
        after: The same lines in the mutant.
        reason: Why it makes no difference.
    """

    exercise: str
    before: str
    after: str
    reason: str


SQUARE = "The matrices are square: both of their axes have the same length."
ONE_AXIS = "The tensor has one axis, the first and the last at once."
SECOND_IS_LAST = "The tensor has two axes, of which axis 1 is the last."
NO_GRADIENT_OF_A_RECORD = "A result with named parts crosses without gradients."
CAUSAL = "What stands behind a position changes nothing at it, and the last one predicts no token."
EMPTIED = (
    "A blind row becomes nan for a moment; it is emptied afterwards, and the fill stops whatever "
    "gradient the softmax makes of it."
)
WORDS_OF_AN_ERROR = "That a ValueError is raised is asked for; its words are free."
WHOLE_NUMBERS = "True and False, and whole numbers, have no gradient to cut off."
ORDER_OF_TWO = "The smaller of two numbers is the same in either order."
SAME_DEVICE = "All inputs lie on one device, or they could not be worked on together."
SAME_WIDTH = "Queries are as wide as keys, or they could not be compared."
SAME_SHAPE = "The tensors have one shape."
EDGE_OF_A_DRAW = "A number drawn from 0 to 1 is exactly this one about once in ten million times."
