"""One training step of a 10.7M GPT beside `x-transformers` and `transformers`.

    python benchmarks/bench_training_step.py [--json OUT]

Forward, loss, backward, clipping and AdamW on 8 sequences of 256 tokens, float32, no dropout. The
peers train as their manuals show, with torch's AdamW as it comes; the course's loop takes the fused
one. The last row compares our best settings with our float32: bfloat16 where the processor computes
in it, fused, compiled.
"""

import os
from collections.abc import Callable, Iterator

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import torch.nn.functional as F
import transformers
from side_by_side import Comparison, compare, report
from torch import Tensor, nn
from torch.optim import AdamW
from transformers import GPT2Config, GPT2LMHeadModel
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

from course_lib.models.gpt2 import GPT2
from course_lib.models.gpt2 import GPT2Config as Sizes

B, T, V = 8, 256, 65
D, N_LAYERS, N_HEADS = 384, 6, 6
MAX_GRAD_NORM = 1.0


def comparisons() -> Iterator[Comparison]:
    """Time our step against each peer's, then our best against our plain one."""
    tokens = torch.randint(V, (B, T + 1), generator=torch.Generator().manual_seed(0))
    ours = course_step(tokens)
    yield compare("a step, float32", ours, "x-transformers", x_step(tokens), target=1.18)
    yield compare("a step, float32", ours, "transformers", peer_step(tokens), target=1.45)
    best = course_step(tokens, low_precision=True, compiled=True)
    amx = "with AMX" if torch.cpu._is_amx_tile_supported() else "without AMX"
    yield compare(
        "a step, bfloat16, compiled",
        best,
        "our float32",
        ours,
        target=2.1,
        note=f"a processor {amx}",
    )


def course_step(
    tokens: Tensor, *, low_precision: bool = False, compiled: bool = False
) -> Callable[[], None]:
    """Our model."""
    sizes = Sizes(
        vocab_size=V, max_seq_len=T, d_model=D, n_heads=N_HEADS, n_layers=N_LAYERS, d_ff=4 * D
    )
    model = GPT2(sizes)

    def loss() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low_precision):
            logits = model(tokens[:, :-1]).logits
        return F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())

    return step(model, torch.compile(loss) if compiled else loss, fused=True)


def x_step(tokens: Tensor) -> Callable[[], None]:
    """The model of x-transformers, with torch's fused attention, which it asks for by a flag."""
    layers = Decoder(dim=D, depth=N_LAYERS, heads=N_HEADS, attn_dim_head=64, attn_flash=True)
    model = AutoregressiveWrapper(
        TransformerWrapper(num_tokens=V, max_seq_len=T + 1, attn_layers=layers)
    )
    return step(model, lambda: model(tokens))


def peer_step(tokens: Tensor) -> Callable[[], None]:
    """The model of transformers."""
    config = GPT2Config(
        vocab_size=V,
        n_positions=T,
        n_embd=D,
        n_layer=N_LAYERS,
        n_head=N_HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPT2LMHeadModel(config)
    inputs = tokens[:, :-1]
    return step(model, lambda: model(inputs, labels=inputs).loss)


def step(
    model: nn.Module, loss: Callable[[], Tensor], *, fused: bool = False
) -> Callable[[], None]:
    """Give a function that takes one step."""
    optimizer = AdamW(model.parameters(), lr=1e-4, fused=fused)

    def take() -> None:
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM)
        optimizer.step()

    return take


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    report("Training step", comparisons(), ["torch", "transformers", "x-transformers"])
