"""Samplers beside the logits processors of `transformers`, on GPT-2's vocabulary.

    python benchmarks/bench_sampling.py [--json OUT]

Both sides keep the same tokens; that is checked before it is timed. The filters are timed as both
give them back, over the whole vocabulary. The chain is timed up to what a draw needs: the peer's
draws from the whole vocabulary, the course's from the candidates. The last row is all that happens
between the logits and the next token.
"""

import os
from collections.abc import Iterator

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from side_by_side import Comparison, compare, report
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from course_lib.generation.fast_sampling import (
    FastSampler,
    find_candidates,
    min_p_candidates,
    top_k_candidates,
    top_p_candidates,
)
from course_lib.generation.sampling import SamplingConfig

B, V = 8, 50257
SPREAD = 4.0  # standard deviation of the logits: about as peaked as a language model's
TEMPERATURE, TOP_K, TOP_P, MIN_P = 0.8, 50, 0.9, 0.05
N_PAIRS = 51  # of a millisecond each


def comparisons() -> Iterator[Comparison]:
    """Time each filter, then the chain of three."""
    generator = torch.Generator().manual_seed(0)
    logits = SPREAD * torch.randn(B, V, generator=generator)
    text = torch.randint(V, (B, 64), generator=generator)
    filters = {
        f"top-k {TOP_K}": (lambda: top_k_candidates(logits, TOP_K), TopKLogitsWarper(TOP_K), 3),
        f"top-p {TOP_P}": (lambda: top_p_candidates(logits, TOP_P), TopPLogitsWarper(TOP_P), 4),
        f"min-p {MIN_P}": (lambda: min_p_candidates(logits, MIN_P), MinPLogitsWarper(MIN_P), 3),
    }
    for name, (ours, theirs, target) in filters.items():
        require_same(ours().spread(V), theirs(text, logits))
        yield compare(
            f"{name} on ({B}, {V})",
            lambda ours=ours: ours().spread(V),
            "transformers",
            lambda theirs=theirs: theirs(text, logits),
            target=target,
            n_pairs=N_PAIRS,
        )
    cfg = SamplingConfig(temperature=TEMPERATURE, top_k=TOP_K, top_p=TOP_P)
    chain = LogitsProcessorList(
        [
            TemperatureLogitsWarper(TEMPERATURE),
            TopKLogitsWarper(TOP_K),
            TopPLogitsWarper(TOP_P),
        ]
    )
    require_same(find_candidates(logits, cfg).spread(V), chain(text, logits))
    name = f"temperature {TEMPERATURE}, top-k {TOP_K}, top-p {TOP_P}"
    yield compare(
        name,
        lambda: find_candidates(logits, cfg),
        "transformers",
        lambda: chain(text, logits),
        target=10,
        n_pairs=N_PAIRS,
    )
    sampler = FastSampler(cfg, generator)
    yield compare(
        f"{name}, and a draw",
        lambda: sampler(logits, text),
        "transformers, torch.multinomial",
        lambda: torch.multinomial(chain(text, logits).softmax(dim=-1), 1),
        n_pairs=N_PAIRS,
    )


def require_same(ours: Tensor, theirs: Tensor) -> None:
    """Require that both keep the same tokens, at the same scores.

    Raises:
        SystemExit: They do not.
    """
    if not torch.equal(ours.isfinite(), theirs.isfinite()):
        raise SystemExit("the two sides keep different tokens")
    torch.testing.assert_close(ours, theirs)


if __name__ == "__main__":
    report("Sampling", comparisons(), ["torch", "transformers"])
