"""How many bytes the keys and values of a running model take."""

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_true
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="kv_cache_bytes",
    points=6,
    exports=("kv_cache_bytes",),
    not_allowed=("course_lib.kernels.memory.cache_bytes",),
    hints=(
        "Begin with the smallest thing: one token, in one layer, at one head. What is kept of it? "
        "A key and a value, each of them a row of numbers as long as the head is wide.",
        "Everything else is how often that is kept: at each head, in each layer, for each "
        "position, of each sequence. Multiply, then by the bytes of one number. With half a byte "
        "the product is a float; the result is a Python int.",
    ),
    time_limit_s=5.0,
)

Sizes = tuple[int, int, int, int, int]

NAMES = ("layers", "key/value heads", "head width", "sequences", "positions")


def _sizes(draw: Draw) -> Sizes:
    """Draw layers, key/value heads, head width, sequences and positions, all different."""
    n_layers, n_kv_heads, d_head, batch_size, seq_len = draw.sizes(5)
    return n_layers, n_kv_heads, d_head, batch_size, seq_len


def _bytes(sizes: Sizes, bytes_each: float) -> int:
    """Count what is expected: a row of numbers for each key, and as many for the values."""
    n_layers, n_kv_heads, d_head, batch_size, seq_len = sizes
    rows = n_layers * n_kv_heads * batch_size * seq_len
    return int((rows + rows) * d_head * bytes_each)


def _counted(got: object) -> int:
    if type(got) is not int:
        raise CheckError("the result is no Python int", got)
    return got


@exercise.item(
    "a key and a value of each token",
    points=2,
    sentence="One position of one sequence leaves a key and a value behind at each head of each "
    "layer, both as wide as the head.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_layers, n_kv_heads, d_head, _, _ = _sizes(draw)
    for sizes in ((1, 1, d_head, 1, 1), (n_layers, n_kv_heads, d_head, 1, 1)):
        for bytes_each in (1, 2):
            got = learner.kv_cache_bytes(*sizes, bytes_each)
            expect_equal(_counted(got), _bytes(sizes, bytes_each))


@exercise.item(
    "every size counts once",
    points=2,
    sentence="The bytes grow in proportion to each size: three times as many layers, heads, "
    "numbers, sequences or positions take three times as much.",
)
def _(learner: Learner, draw: Draw) -> None:
    sizes, bytes_each = _sizes(draw), draw.choice((2, 4))
    once = _counted(learner.kv_cache_bytes(*sizes, bytes_each))
    expect_equal(once, _bytes(sizes, bytes_each))
    for i, name in enumerate(NAMES):
        larger = (*sizes[:i], 3 * sizes[i], *sizes[i + 1 :])
        got = _counted(learner.kv_cache_bytes(*larger, bytes_each))
        expect_true(
            got == 3 * once,
            f"three times the {name} take {got} bytes; once takes {once}",
            got,
        )


@exercise.item(
    "numbers of four bits",
    points=1,
    sentence="A number may take half a byte. The result is a whole number of bytes, a Python int.",
)
def _(learner: Learner, draw: Draw) -> None:
    sizes = _sizes(draw)
    got = learner.kv_cache_bytes(*sizes, 0.5)
    expect_equal(_counted(got), _bytes(sizes, 0.5))


@exercise.item(
    "a cache of a real size",
    points=1,
    sentence="Large models, long contexts and many sequences: the result is exact to the byte.",
)
def _(learner: Learner, draw: Draw) -> None:
    if draw.small:
        sizes = (2, 1, 4, 1, draw.integer(2, 4))
    else:
        seq_len = 1000 * draw.integer(8, 128) + draw.integer(1, 99)
        sizes = (draw.integer(24, 96), draw.integer(4, 16), 128, draw.integer(16, 64), seq_len)
    expect_equal(_counted(learner.kv_cache_bytes(*sizes, 2)), _bytes(sizes, 2))


@exercise.misconception(
    "Only the keys are counted. The values are kept too, and are as large: twice as much."
)
def keys_only(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Forget the values."""
    return int(n_layers * n_kv_heads * d_head * batch_size * seq_len * bytes_each)


@exercise.misconception(
    "The width of a head is left out, as if a key were one number. It is a row of as many numbers "
    "as the head is wide."
)
def no_head_width(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Count keys, not numbers."""
    return int(2 * n_layers * n_kv_heads * batch_size * seq_len * bytes_each)


@exercise.misconception(
    "That is the number of bits: eight times too much. `bytes_each` counts bytes already, and the "
    "result is in bytes."
)
def bits_for_bytes(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Multiply by eight."""
    return int(8 * 2 * n_layers * n_kv_heads * d_head * batch_size * seq_len * bytes_each)


@exercise.misconception(
    "That is the cache of one layer. Each layer has keys and values of its own, and keeps them "
    "all the time."
)
def one_layer(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Leave the layers out."""
    return int(2 * n_kv_heads * d_head * batch_size * seq_len * bytes_each)


@exercise.misconception(
    "The sequences of the batch are left out. They share the weights, but not the cache: each has "
    "keys and values of its own."
)
def one_sequence(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Take the cache for something shared."""
    return int(2 * n_layers * n_kv_heads * d_head * seq_len * bytes_each)


@exercise.misconception(
    "The bytes grow with the square of the length: you count the table of scores. The scores are "
    "not kept; the cache holds one key and one value a position."
)
def table_of_scores(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Let every position meet every position."""
    return int(2 * n_layers * n_kv_heads * d_head * batch_size * seq_len**2 * bytes_each)


@exercise.misconception(
    "Half a byte becomes none: you make `bytes_each` a whole number before you multiply. Multiply "
    "first."
)
def half_a_byte_is_none(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Cut too early."""
    return 2 * n_layers * n_kv_heads * d_head * batch_size * seq_len * int(bytes_each)


@exercise.misconception(
    "With numbers of half a byte the result is a float. A count of bytes is a Python int: make "
    "one of the product."
)
def float_of_bytes(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> float:
    """Give the product as it is."""
    return 2 * n_layers * n_kv_heads * d_head * batch_size * seq_len * bytes_each


@exercise.misconception(
    "The keys and values of the heads are added to the layers in place of multiplied: each layer "
    "has all of the heads."
)
def layers_and_heads_added(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Add where each has each."""
    return int(2 * (n_layers + n_kv_heads) * d_head * batch_size * seq_len * bytes_each)


@exercise.alternative
def token_by_token(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Begin with what one token leaves behind."""
    a_row = d_head * bytes_each
    a_token = (a_row + a_row) * n_kv_heads * n_layers
    return round(a_token * (batch_size * seq_len))


@exercise.alternative
def as_a_product(*sizes: float) -> int:
    """Multiply all that comes in."""
    total = 2.0
    for one in sizes:
        total *= one
    return int(total)


@exercise.alternative
def in_bits(
    n_layers: int,
    n_kv_heads: int,
    d_head: int,
    batch_size: int,
    seq_len: int,
    bytes_each: float,
) -> int:
    """Count in half bytes, so that every number is whole, and halve in the end."""
    half_bytes = int(bytes_each * 2)
    return n_layers * n_kv_heads * d_head * batch_size * seq_len * half_bytes * 2 // 2
