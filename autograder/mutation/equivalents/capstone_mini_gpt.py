"""Mutants of the capstone's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    CAUSAL,
    SAME_DEVICE,
    SECOND_IS_LAST,
    Equivalent,
)

CHAPTER = "capstone_mini_gpt"
AS_LONG = "As many gradients come back as there are parameters, or no step could be taken."
AS_MANY = "Keys and values of the past are equally many."
AS_WIDE = "Queries, keys and values of a head are equally wide here."
ANY_SEQUENCE = "torch takes and gives any sequence of tensors here."
ONE_TEXT = "There is one text, the first and the last at once."
NO_GRADIENT = "Token ids have no gradient to cut off."
FAR_BELOW = "The scores of the checks are small: a billion below them is as good as minus infinity."
ONE_LEFT = "With one text left the mask gives the row its axis back."
THIRD_OF_FOUR = "The tensors have four axes, of which axis 2 is the one before the last."

PLACES = "places = torch.arange(n_past, n_past + n_new, device=x.device)"
SIZES = "n_past, n_new = (past[0].shape[2], x.shape[1])"
MASK = "mask = parts.causal_mask(n_new, n_past + n_new).to(x.device)"
SCORES = "scores = parts.apply_rope(q, places) @ k.mT / math.sqrt(k.shape[3])"
SHARES = "shares = parts.stable_softmax(scores.masked_fill(~mask, -math.inf), -1)"
KEYS = "k = torch.cat([past[0], parts.apply_rope(k, places)], dim=2)"
VALUES = "v = torch.cat([past[1], v], dim=2)"
EVERY = "every = logits[:, :-1].log_softmax(dim=-1)"
LOG_P = "log_p = every.gather(-1, token_ids[:, 1:].unsqueeze(-1)).squeeze(-1)"
ANSWER_SUM = "return (log_p * is_answer[:, 1:]).sum(dim=-1)"
PAIRS = "for (name, param), grad in zip(params.items(), short, strict=True):"
GRADS = "grads = torch.autograd.grad(loss, list(leaves.values()))"
MOVED = "moved, memory = parts.update(params, list(grads), state, lr, parts)"

MUTANTS = tuple(
    Equivalent(f"{CHAPTER}/{exercise}", before=before, after=after, reason=reason)
    for exercise, before, after, reason in (
        ("gpt_block", SIZES, SIZES.replace("past[0]", "past[-1]"), AS_MANY),
        ("gpt_block", SIZES, SIZES.replace("past[0]", "past[1]"), AS_MANY),
        ("gpt_block", PLACES, PLACES.replace(", device=x.device", ""), SAME_DEVICE),
        ("gpt_block", MASK, MASK.replace("x.device", ""), SAME_DEVICE),
        ("gpt_block", MASK, MASK.replace(".to(x.device)", ""), SAME_DEVICE),
        *(
            ("gpt_block", MASK, MASK.replace("x.", f"{name}."), SAME_DEVICE)
            for name in ("k", "seen", "v")
        ),
        *(
            ("gpt_block", SCORES, SCORES.replace("k.shape", f"{name}.shape"), AS_WIDE)
            for name in ("q", "v")
        ),
        ("gpt_block", KEYS, KEYS.replace("dim=2", "dim=-2"), THIRD_OF_FOUR),
        ("gpt_block", VALUES, VALUES.replace("dim=2", "dim=-2"), THIRD_OF_FOUR),
        ("gpt_block", SHARES, SHARES.replace("-math.inf", "-1000000000.0"), FAR_BELOW),
        ("update", PAIRS, PAIRS.replace("strict=True", "strict=False"), AS_LONG),
        ("update", PAIRS, PAIRS.replace(", strict=True", ""), AS_LONG),
        *(
            (exercise, before, before.replace(f"list({inner})", inner), ANY_SEQUENCE)
            for exercise in ("train_step", "align_step")
            for before, inner in ((GRADS, "leaves.values()"), (MOVED, "grads"))
        ),
        ("answer_log_p", ANSWER_SUM, ANSWER_SUM.replace("dim=-1", "dim=1"), SECOND_IS_LAST),
        ("answer_log_p", EVERY, EVERY.replace("[:, :-1]", "[:, :]"), CAUSAL),
        ("answer_log_p", EVERY, EVERY.replace("[:, :-1]", ""), CAUSAL),
        ("answer_log_p", LOG_P, LOG_P.replace(")).squeeze(-1)", ")).squeeze()"), ONE_LEFT),
        (
            "generate_cached",
            "token = sample(logits[0, -1])",
            "token = sample(logits[-1, -1])",
            ONE_TEXT,
        ),
        (
            "generate_cached",
            "text = torch.cat([text, unread], dim=1)",
            "text = torch.cat([text, unread], dim=-1)",
            SECOND_IS_LAST,
        ),
        ("generate_cached", "return text", "return text.detach()", NO_GRADIENT),
    )
)
