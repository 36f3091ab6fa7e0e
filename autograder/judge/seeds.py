"""Seeds that depend on what they are for and on nothing else."""

import hashlib

SEED_BYTES = 8


def derive_seed(*parts: int | str) -> int:
    """Derive a seed from the class seed, the learner, the exercise and the item.

    The same parts give the same seed in every process and on every machine; parts are kept
    apart, so that ("a", "bc") and ("ab", "c") differ.
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:SEED_BYTES], "big")
