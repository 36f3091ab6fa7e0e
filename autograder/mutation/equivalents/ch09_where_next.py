"""Mutants of chapter 9's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    SAME_SHAPE,
    SECOND_IS_LAST,
    WHOLE_NUMBERS,
    Equivalent,
)

CHAPTER = "ch09_where_next"
FIRST_OF_TWO = "The tensor has two axes, of which axis 0 is the one before the last."
USUAL_AXIS = "Without an axis it is this one."
LAST_OF_FOUR = "The tensors have four axes, of which axis 3 is the last."
THIRD_OF_FOUR = "The tensors have four axes, of which axis 2 is the one before the last."
A_ROW_A_POSITION = "All but A have one row for each position."
LENGTH_ONE = "image, text = (F.normalize(image, dim=1), F.normalize(text, dim=1))"
CHOSEN = "chosen, indices = scores.topk(k, dim=1)"
PROBABILITIES = "probabilities = scores.softmax(dim=1).mean(dim=0)"
ROUTE = "return (chosen.softmax(dim=1), indices, balance_loss)"
COLUMN_BY_ROW = "A column times a row, as matrices or broadcast, is the table of all products."
EXCHANGED = "Two axes are exchanged, whichever is named first."
BALANCE = "balance_loss = n_experts * (counts * probabilities).sum() / indices.numel()"

MUTANTS = (
    *(
        Equivalent(
            f"{CHAPTER}/patchify",
            before=before,
            after=before.replace("transpose(2, 3)", "transpose(3, 2)"),
            reason=EXCHANGED,
        )
        for before in (
            "return pixels.transpose(2, 3).flatten(3).flatten(1, 2)",
            "pixels = squares.transpose(2, 3).flatten(3, 4).flatten(1, 2)",
        )
    ),
    *(
        Equivalent(
            f"{CHAPTER}/clip_loss",
            before=LENGTH_ONE,
            after=LENGTH_ONE.replace(f"{name}, dim=1", f"{name}{axis}"),
            reason=reason,
        )
        for name in ("image", "text")
        for axis, reason in ((", dim=-1", SECOND_IS_LAST), ("", USUAL_AXIS))
    ),
    Equivalent(
        f"{CHAPTER}/clip_loss",
        before="image_costs = scores.logsumexp(dim=1) - right",
        after="image_costs = scores.logsumexp(dim=-1) - right",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/clip_loss",
        before="text_costs = scores.logsumexp(dim=0) - right",
        after="text_costs = scores.logsumexp(dim=-2) - right",
        reason=FIRST_OF_TWO,
    ),
    *(
        Equivalent(
            f"{CHAPTER}/moe_route", before=before, after=before.replace(part, other), reason=reason
        )
        for before, part, other, reason in (
            (CHOSEN, "dim=1", "dim=-1", SECOND_IS_LAST),
            (CHOSEN, ", dim=1", "", "Without an axis it is the last, the second of two."),
            (PROBABILITIES, "dim=1", "dim=-1", SECOND_IS_LAST),
            (PROBABILITIES, "dim=0", "dim=-2", FIRST_OF_TWO),
            (ROUTE, "dim=1", "dim=-1", SECOND_IS_LAST),
            (ROUTE, "indices", "indices.detach()", WHOLE_NUMBERS),
            (BALANCE, "indices", "chosen", "There is one index for each score that was chosen."),
        )
    ),
    Equivalent(
        f"{CHAPTER}/linear_attention",
        before="tables = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(dim=2)",
        after="tables = (k.unsqueeze(4) @ v.unsqueeze(3)).cumsum(dim=2)",
        reason=COLUMN_BY_ROW,
    ),
    Equivalent(
        f"{CHAPTER}/linear_attention",
        before="totals = k.cumsum(dim=2)",
        after="totals = k.cumsum(dim=-2)",
        reason=THIRD_OF_FOUR,
    ),
    Equivalent(
        f"{CHAPTER}/linear_attention",
        before="below = (q * totals).sum(dim=3, keepdim=True)",
        after="below = (q * totals).sum(dim=-1, keepdim=True)",
        reason=LAST_OF_FOUR,
    ),
    Equivalent(
        f"{CHAPTER}/selective_scan",
        before="fed = (delta * x).unsqueeze(2) * B.unsqueeze(1)",
        after="fed = (delta * x).unsqueeze(2) @ B.unsqueeze(1)",
        reason=COLUMN_BY_ROW,
    ),
    *(
        Equivalent(
            f"{CHAPTER}/selective_scan",
            before="for t in range(len(x)):",
            after=f"for t in range(len({other})):",
            reason=A_ROW_A_POSITION,
        )
        for other in ("B", "C", "delta")
    ),
    *(
        Equivalent(
            f"{CHAPTER}/diffusion_noise",
            before=f"kept = alpha_bar[t].reshape(-1, *[1] * ({pictures}.dim() - 1))",
            after="kept = alpha_bar[t].reshape(-1, *[1] * (noise.dim() - 1))",
            reason=SAME_SHAPE,
        )
        for pictures in ("x0", "x_t")
    ),
)
