"""How many numbers a GPT of given sizes has to learn."""

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal
from autograder.exercises.protocol import Learner
from autograder.sandbox.wire import Made

exercise = Exercise(
    name="count_parameters",
    points=10,
    exports=("count_parameters",),
    not_allowed=(
        "course_lib.models.gpt2.GPT2",
        "course_lib.decoder.build_decoder",
        "course_lib.decoder.Decoder",
    ),
    hints=(
        "Count one block, multiply by the number of blocks, and add what stands once: two tables "
        "of vectors, the final norm, and, unless it is tied, the output head. Of a linear layer "
        "from m to n count m · n, and n more for its bias.",
        "A block holds four square matrices of attention (queries, keys, values, output), two "
        "matrices between d_model and d_ff, and two norms. With biases the four add d_model each, "
        "the two d_ff and d_model, and each norm d_model.",
    ),
    time_limit_s=5.0,
)

SHAPE = "course_lib.models.gpt2_shape.GPT2Shape"


def _shape(draw: Draw, *, tied: bool, bias: bool, factor: int = 1) -> Made:
    """Draw sizes that all differ, none a simple multiple of another."""
    n_layers, d_model, d_ff, vocab_size, max_seq_len = draw.sizes(5)
    sizes = {
        "n_layers": n_layers,
        "d_model": factor * d_model,
        "d_ff": factor * (6 * d_ff + 1),
        "vocab_size": factor * (11 * vocab_size + 2),
        "max_seq_len": factor * (7 * max_seq_len + 3),
    }
    return Made(SHAPE, {**sizes, "tied": tied, "bias": bias})


def _count(shape: Made) -> int:
    """Compute what is expected, tensor by tensor."""
    sizes = shape.arguments
    width, inner = sizes["d_model"], sizes["d_ff"]
    matrices = [(width, width)] * 4 + [(width, inner), (inner, width)]
    biases = [n for _, n in matrices] + [width, width] if sizes["bias"] else []
    block = sum(m * n for m, n in matrices) + sum(biases) + 2 * width
    tables = (sizes["vocab_size"] + sizes["max_seq_len"]) * width
    head = 0 if sizes["tied"] else sizes["vocab_size"] * width
    final_norm = width * (2 if sizes["bias"] else 1)
    return sizes["n_layers"] * block + tables + final_norm + head


def _expect(learner: Learner, shape: Made) -> None:
    expect_equal(learner.count_parameters(shape), _count(shape))


@exercise.item(
    "without biases",
    points=3,
    sentence="Two tables of vectors; in each block four matrices of attention, two of the "
    "feed-forward layer and the gains of two norms; at the end the gains of one more. A Python "
    "int.",
)
def _(learner: Learner, draw: Draw) -> None:
    _expect(learner, _shape(draw, tied=True, bias=False))


@exercise.item(
    "with biases",
    points=3,
    sentence="With `bias` every linear layer and every norm has a bias as long as its output.",
)
def _(learner: Learner, draw: Draw) -> None:
    _expect(learner, _shape(draw, tied=True, bias=True))


@exercise.item(
    "the output head",
    points=2,
    sentence="A tied head is the table of the tokens, which is counted once. A head of its own has "
    "V · D numbers more, and never a bias.",
)
def _(learner: Learner, draw: Draw) -> None:
    _expect(learner, _shape(draw, tied=False, bias=False))
    _expect(learner, _shape(draw, tied=False, bias=True))


@exercise.item(
    "sizes of today",
    points=2,
    sentence="Counts of any size come out exactly: add and multiply whole numbers, and divide "
    "nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    factor = 1 if draw.small else 10**7 + 19  # beyond what a float holds
    _expect(learner, _shape(draw, tied=True, bias=True, factor=factor))
    d_model, n_layers = draw.choice([(768, 12), (1024, 24), (1280, 36), (1600, 48)])
    published = {"vocab_size": 50257, "max_seq_len": 1024, "tied": True, "bias": True}
    sizes = {"d_model": d_model, "n_layers": n_layers, "d_ff": 4 * d_model}
    _expect(learner, Made(SHAPE, {**sizes, **published}))
