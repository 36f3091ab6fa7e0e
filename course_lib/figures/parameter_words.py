"""The parameter calculator's numbers in words; `parameters/words.js` writes the same sentences."""

from course_lib.figures.formats import byte_size, counted, large_count, percent, thousands
from course_lib.figures.parameter_models import ModelShape
from course_lib.figures.parameter_numbers import (
    BACKWARD_AND_FORWARD,
    FLOPS_A_WEIGHT,
    FORMATS,
    PARTS,
    ParameterNumbers,
    Term,
)

TIED = "0: the token embeddings score the tokens too"


def in_words(name: str, shape: ModelShape, now: ParameterNumbers) -> str:
    """Say how many parameters there are, where they are and how many bytes they take.

    Args:
        name: What the shape is called.
        shape: The sizes.
        now: What follows from them.
    """
    shares = [f"{part} {percent(now.parts[part] / now.total, 1)}" for part in PARTS]
    sizes = [f"{byte_size(now.total * size)} in {name}" for name, size in FORMATS]
    words = [
        f"{name} has {thousands(now.total)} parameters, {large_count(now.total)}: "
        f"{', '.join(shares)}.",
        f"They take {', '.join(sizes[:-1])} and {sizes[-1]}.",
    ]
    if now.used < now.total:
        words.append(
            f"A token visits {shape.n_chosen} of {shape.n_experts} experts in each layer and meets "
            f"{large_count(now.used)} of them."
        )
    return " ".join(words)


def sum_in_words(part: str, shape: ModelShape, terms: tuple[Term, ...]) -> str:
    """Write the sum of a part with its numbers.

    Args:
        part: One of `PARTS`.
        shape: The sizes.
        terms: The products of the part.
    """
    written = [f"{' · '.join(map(thousands, term.factors))} {term.name}" for term in terms]
    if part == "head" and shape.tied:
        written.insert(0, TIED)
    return " + ".join(written)


def flops_in_words(shape: ModelShape, now: ParameterNumbers, seq_len: int) -> str:
    """Say how many operations a token takes, and how that is counted.

    Args:
        shape: The sizes.
        now: What follows from them.
        seq_len: Tokens that a token looks at, itself included.
    """
    n_attentions = shape.n_layers * shape.attentions
    whose = "A token" if shape.n_stacks == 1 else "One token read and one written"
    takes = "takes" if shape.n_stacks == 1 else "take"
    return (
        f"{whose} {takes} {large_count(now.flops)} FLOPs forward: {FLOPS_A_WEIGHT} · "
        f"{thousands(now.matrices)} weights of matrices + {2 * FLOPS_A_WEIGHT} · "
        f"{counted(n_attentions, 'attention layer')} · {counted(shape.n_heads, 'head')} · "
        f"{thousands(shape.d_head)} wide · {counted(seq_len, 'token')} seen = "
        f"{thousands(now.flops)}. In training, with the way back, about "
        f"{BACKWARD_AND_FORWARD} times as many: {large_count(now.training_flops)}."
    )
