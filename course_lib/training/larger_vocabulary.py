"""Teach a trained model that there are tokens which it has never seen."""

from dataclasses import replace

import torch

from course_lib.decoder import Decoder


def with_more_tokens(model: Decoder, n_tokens: int, generator: torch.Generator) -> Decoder:
    """Return a copy of a decoder that knows some tokens more, numbered behind the others.

    For texts without new tokens it computes the same scores of the old tokens.

    Args:
        model: A trained decoder; it is left as it is.
        n_tokens: How many tokens to add.
        generator: Source of their vectors, which lie around the mean of the others: a token far
            away from all would be as good as certain, or as good as excluded, from the start.

    Raises:
        ValueError: No token is added.
    """
    if n_tokens < 1:
        raise ValueError(f"{n_tokens=} must be at least 1")
    known = model.embedding.weight.detach()
    cfg = replace(model.cfg, vocab_size=len(known) + n_tokens)
    drawn = torch.randn(n_tokens, known.shape[1], generator=generator).to(known)
    added = known.mean(dim=0) + drawn * known.std(dim=0) / 2
    larger = Decoder(cfg, torch.Generator()).to(known)
    larger.load_state_dict({**model.state_dict(), "embedding.weight": torch.cat([known, added])})
    return larger.train(model.training)
