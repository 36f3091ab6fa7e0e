"""Decoding beside `transformers`' `generate` with its cache: the same weights, greedy, float32.

    python benchmarks/bench_decoding.py [--json OUT]

That both write the same tokens is checked before it is timed. Each comparison includes reading the
prompt. The weights are random: what is timed does not depend on them. The last rows compare our own
decoder in 8 bits with itself in float32, and say what the rounding changes.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from side_by_side import Comparison, compare, report, seconds
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from course_lib.kernels.quantized_linear import Int8Linear
from course_lib.models.fast_gpt2 import FastGPT2, fast_products
from course_lib.models.gpt2 import GPT2

N_PROMPT, N_NEW = 64, 64
SIZES = {
    "GPT-2 124M": GPT2Config(),
    "10.7M": GPT2Config(
        vocab_size=65,
        n_positions=256,
        n_embd=384,
        n_layer=6,
        n_head=6,
        bos_token_id=None,
        eos_token_id=None,
    ),
}
READ_BYTES = 400 * 10**6  # far more than any cache holds


def comparisons() -> Iterator[Comparison]:
    """Time each size and batch against the peer, then 8 bits against float32."""
    for size, batch_size, target in (("GPT-2 124M", 1, 1.25), ("GPT-2 124M", 8, 1.25)):
        yield against_peer(size, batch_size, target)
    yield against_peer("10.7M", 1, 2.3)
    yield from eight_bits("GPT-2 124M", 1.5)


def against_peer(size: str, batch_size: int, target: float) -> Comparison:
    """Compare one size with `transformers`."""
    peer = peer_of(size)
    model = course_model(peer)
    fast = FastGPT2(model, fast_products(batch_size))
    prompt = prompt_of(peer, batch_size)
    if not torch.equal(decoded(model, fast, prompt), peer_decoded(peer, prompt)):
        raise SystemExit(f"{size}: the two sides write different tokens")
    found = compare(
        f"{size}, batch {batch_size}, prompt {N_PROMPT}, {N_NEW} new",
        lambda: decoded(model, fast, prompt),
        "transformers",
        lambda: peer_decoded(peer, prompt),
        target=target,
    )
    steps = sorted(batch_size * N_NEW / took for took in found.ours_s)
    speed = steps[len(steps) // 2]
    note = f"{speed:.0f} tokens/s"
    if batch_size == 1 and size == "GPT-2 124M":
        ceiling = bytes_per_s() / step_bytes(model)
        note += f", {speed / ceiling:.2f} of the {ceiling:.1f} that a read of the weights allows"
    return replace(found, note=note)


def eight_bits(size: str, target: float) -> Iterator[Comparison]:
    """Compare weights in 8 bits with float32, both ours."""
    peer = peer_of(size)
    model, prompt = course_model(peer), prompt_of(peer, 1)
    plain = FastGPT2(model, fast_products(1))
    for n_digits in (1, 2):
        rounded = FastGPT2(model, lambda W, bias, n=n_digits: Int8Linear(W, bias, n))
        found = compare(
            f"{size}, batch 1, int8, rows in {n_digits} digit{'s'[: n_digits - 1]}",
            lambda rounded=rounded: decoded(model, rounded, prompt),
            "our float32",
            lambda: decoded(model, plain, prompt),
            target=target,
        )
        yield replace(found, note=loss_of(plain, rounded, prompt))


def loss_of(plain: FastGPT2, rounded: FastGPT2, prompt: Tensor) -> str:
    """Say how far the rounded model's next-token distributions lie from the plain one's."""
    expected, got = (model(prompt).logits.double().log_softmax(-1) for model in (plain, rounded))
    divergence = (expected.exp() * (expected - got)).sum(-1).mean().item()
    agree = (expected.argmax(-1) == got.argmax(-1)).double().mean().item()
    return f"KL {divergence:.1e} nats a token, most probable token the same in {agree:.0%}"


def peer_of(size: str) -> GPT2LMHeadModel:
    """Make the peer's model, its weights drawn with a fixed seed."""
    torch.manual_seed(0)
    return GPT2LMHeadModel(SIZES[size]).eval()


def course_model(peer: GPT2LMHeadModel) -> GPT2:
    """Read the peer's weights, as published models are read."""
    with tempfile.TemporaryDirectory() as folder:
        peer.save_pretrained(folder)
        return GPT2.from_pretrained(Path(folder)).eval()


def prompt_of(peer: GPT2LMHeadModel, batch_size: int) -> Tensor:
    """Draw prompts."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(peer.config.vocab_size, (batch_size, N_PROMPT), generator=generator)


def decoded(model: GPT2, decoder: Callable, prompt: Tensor) -> Tensor:
    """Write with our decoder."""
    caches = model.reserve_caches(len(prompt), N_PROMPT + N_NEW)
    written, token_ids = [], prompt
    for _ in range(N_NEW):
        out = decoder(token_ids, caches, n_scored=1)
        caches, token_ids = out.caches, out.logits[:, -1:].argmax(dim=-1)
        written.append(token_ids)
    return torch.cat(written, dim=1)


def peer_decoded(peer: GPT2LMHeadModel, prompt: Tensor) -> Tensor:
    """Write with the peer's `generate`."""
    written = peer.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=N_NEW,
        min_new_tokens=N_NEW,
        do_sample=False,
        pad_token_id=0,
    )
    return written[:, N_PROMPT:]


def step_bytes(model: GPT2) -> int:
    """Count the bytes of weights that a step reads: all but the vectors of other positions."""
    unread = model.positions.table
    return sum(p.numel() * p.itemsize for p in model.parameters()) - unread.numel() * 4


def bytes_per_s() -> float:
    """Measure how fast memory is read, in one stream through more than the caches hold."""
    numbers = torch.ones(READ_BYTES // 4)
    return READ_BYTES / min(seconds(numbers.sum) for _ in range(9))


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    report("Decoding", comparisons(), ["torch", "transformers"])
