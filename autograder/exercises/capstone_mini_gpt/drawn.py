"""What the checks of the capstone share: small models, texts, parts, and what a GPT should give."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made
from course_lib.own_gpt.parameters import NORM_EPS, Params, Past, params_of_block
from course_lib.own_gpt.parts import Parts

LIBRARY = "course_lib.own_gpt"


@dataclass(frozen=True)
class Model:
    """A small GPT with random parameters.

    Attributes:
        params: Its parameters.
        n_heads: Its heads.
        d_head: Their width.
        vocab_size: Its tokens.
    """

    params: Params
    n_heads: int
    d_head: int
    vocab_size: int

    @property
    def n_layers(self) -> int:
        """Its blocks."""
        return sum(name.endswith("W_q") for name in self.params)


def draw_model(draw: Draw, dtype: torch.dtype = torch.float32, n_layers: int = 3) -> Model:
    """Draw a model whose sizes all differ, with gains that are not 1."""
    n_heads, d_head, d_ff, vocab_size = (2, 2, 3, 5) if draw.small else (3, 4, 7, 11)
    n_layers = min(n_layers, 2) if draw.small else n_layers
    D = n_heads * d_head

    def matrix(n_in: int, n_out: int) -> Tensor:
        return draw.normal(n_in, n_out, scale=1.2 * n_in**-0.5, dtype=dtype)

    def gains() -> Tensor:
        return 1 + draw.normal(D, scale=0.3, dtype=dtype)

    params = {"embedding": matrix(vocab_size, D), "final_norm": gains()}
    for layer in range(n_layers):
        block = {
            "attention_norm": gains(),
            **{name: matrix(D, D) for name in ("W_q", "W_k", "W_v", "W_o")},
            "feed_forward_norm": gains(),
            "W_gate": matrix(D, d_ff),
            "W_up": matrix(D, d_ff),
            "W_down": matrix(d_ff, D),
        }
        params |= {f"{layer}.{name}": one for name, one in block.items()}
    return Model(params, n_heads, d_head, vocab_size)


def draw_texts(draw: Draw, model: Model, n_texts: int, seq_len: int) -> Tensor:
    """Draw texts of the model's tokens, without padding."""
    return draw.integers(1, model.vocab_size - 1, n_texts, seq_len)


def draw_past(draw: Draw, model: Model, n_texts: int, n_past: int) -> Past:
    """Draw keys and values of texts that were read before."""
    dtype, shape = model.params["embedding"].dtype, (n_texts, model.n_heads, n_past, model.d_head)
    return [
        (draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype))
        for _ in range(model.n_layers)
    ]


def draw_state(draw: Draw, params: Params) -> dict[str, tuple[Tensor, Tensor, int]]:
    """Draw what AdamW remembers after some updates."""
    return {
        name: (
            draw.normal(*one.shape, scale=0.1, dtype=one.dtype),
            draw.normal(*one.shape, scale=0.1, dtype=one.dtype).square() + 0.01,
            4,
        )
        for name, one in params.items()
    }


def parts_for(name: str, altered: tuple[str, ...] = ()) -> Made:
    """Give the recipe of the parts that a function may use; see the library's `parts_for`."""
    return Made(f"{LIBRARY}.stand_ins.parts_for", {"name": name, "altered": list(altered)})


def own(recipe: Made) -> Parts:
    """Make the judge's own parts from a recipe."""
    made = make(recipe)
    if not isinstance(made, Parts):
        raise TypeError(f"{recipe.maker} makes no parts")
    return made


def double(tensors: Mapping[str, Tensor]) -> Params:
    """Give tensors in double precision."""
    return {name: one.double() for name, one in tensors.items()}


def block_of(
    x: Tensor, params: Params, past: tuple[Tensor, Tensor], n_heads: int, parts: Parts
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Compute what a block should give, head by head of the keys that may be seen."""
    first = past[0].shape[2]
    places = torch.arange(x.shape[1]) + first
    normed = parts.rms_norm(x, params["attention_norm"], NORM_EPS)
    q = parts.apply_rope(parts.split_heads(normed @ params["W_q"], n_heads), places)
    k = parts.apply_rope(parts.split_heads(normed @ params["W_k"], n_heads), places)
    v = parts.split_heads(normed @ params["W_v"], n_heads)
    keys, values = (torch.cat(pair, dim=2) for pair in zip(past, (k, v), strict=True))
    allowed = parts.causal_mask(x.shape[1], keys.shape[2])
    scores = torch.einsum("bhqd,bhkd->bhqk", q, keys) * q.shape[3] ** -0.5
    shares = parts.stable_softmax(torch.where(allowed, scores, -torch.inf), 3)
    x = x + parts.merge_heads(torch.einsum("bhqk,bhkd->bhqd", shares, values)) @ params["W_o"]
    normed = parts.rms_norm(x, params["feed_forward_norm"], NORM_EPS)
    widened = (params[name] for name in ("W_gate", "W_up", "W_down"))
    return x + parts.swiglu(normed, *widened), (keys, values)


def gpt_of(
    token_ids: Tensor, params: Params, past: Past, n_heads: int, parts: Parts
) -> tuple[Tensor, Past]:
    """Compute what a whole model should give."""
    _, x = parts.embed(token_ids, params["embedding"])
    grown: Past = []
    for layer, pair in enumerate(past):
        block = params_of_block(params, layer)
        x, pair = parts.gpt_block(x, block, pair, n_heads, parts)
        grown.append(pair)
    return parts.rms_norm(x, params["final_norm"], NORM_EPS) @ params["embedding"].mT, grown


def in_tuple(got: object, n: int, what: str) -> tuple:
    """Take a result of several things apart.

    Raises:
        CheckError: It is no tuple of so many.
    """
    if type(got) is not tuple or len(got) != n:
        raise CheckError(f"the result is not {what}", got)
    return got
