"""Mutants of chapter 7's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    EDGE_OF_A_DRAW,
    SAME_WIDTH,
    SECOND_IS_LAST,
    WHOLE_NUMBERS,
    Equivalent,
)

CHAPTER = "ch07_inference_engineering"
THIRD_OF_FOUR = "The tensors have four axes, of which axis 2 is the one before the last."
FINITE = "Any finite number does in place of −∞."
SAME_DTYPE = "The tensors have one dtype."
COUNTED_WHEN_TAKEN = "The users of a page are set to 1 when it is taken."
GRADIENTS_LEFT_OPEN = "The statement leaves open whether gradients flow."

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/decode_step",
        before="scores = by_head(x @ W_q) @ k.mT / math.sqrt(k.shape[3])",
        after="scores = by_head(x @ W_q) @ k.mT / math.sqrt(v.shape[3])",
        reason="Keys and values of a head have one width.",
    ),
    Equivalent(
        f"{CHAPTER}/decode_step",
        before="k = torch.cat([k_kept, by_head(x @ W_k)], dim=-2)",
        after="k = torch.cat([k_kept, by_head(x @ W_k)], dim=2)",
        reason=THIRD_OF_FOUR,
    ),
    Equivalent(
        f"{CHAPTER}/decode_step",
        before="v = torch.cat([v_kept, by_head(x @ W_v)], dim=-2)",
        after="v = torch.cat([v_kept, by_head(x @ W_v)], dim=2)",
        reason=THIRD_OF_FOUR,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="first = blocks[0]",
        after="first = blocks[-1]",
        reason="All blocks have the same rows, of one dtype and on one device.",
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="row_max = first.new_full(first.shape[:-1], -math.inf)",
        after="row_max = first.new_full(first.shape[:0], -math.inf)",
        reason="A single number takes on the shape of the rows when it meets the first of them.",
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="return (row_max, row_sum)",
        after="return (row_max.detach(), row_sum)",
        reason=GRADIENTS_LEFT_OPEN,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="return (row_max, row_sum)",
        after="return (row_max, row_sum.detach())",
        reason=GRADIENTS_LEFT_OPEN,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="finite = row_max.clamp(min=torch.finfo(block.dtype).min)",
        after="finite = row_max.clamp(min=torch.finfo().min)",
        reason=FINITE,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="finite = row_max.clamp(min=torch.finfo(block.dtype).min)",
        after="finite = row_max.clamp(min=torch.finfo(row_max.dtype).min)",
        reason=SAME_DTYPE,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="finite = row_max.clamp(min=torch.finfo(block.dtype).min)",
        after="finite = row_max.clamp(min=torch.finfo(row_sum.dtype).min)",
        reason=SAME_DTYPE,
    ),
    Equivalent(
        f"{CHAPTER}/online_softmax",
        before="row_sum = torch.zeros_like(row_max)",
        after="row_sum = torch.ones_like(row_max)",
        reason="The first block multiplies what was there by exp(−∞), which is 0.",
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="return torch.cat(done, dim=-2)",
        after="return torch.cat(done, dim=2)",
        reason=THIRD_OF_FOUR,
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="lowest = torch.finfo(q.dtype).min",
        after="lowest = torch.finfo().min",
        reason=FINITE,
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="lowest = torch.finfo(q.dtype).min",
        after="lowest = torch.finfo(k.dtype).min",
        reason=SAME_DTYPE,
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="lowest = torch.finfo(q.dtype).min",
        after="lowest = torch.finfo(v.dtype).min",
        reason=SAME_DTYPE,
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="n_queries, n_keys = (q.shape[2], k.shape[2])",
        after="n_queries, n_keys = (q.shape[2], v.shape[2])",
        reason="There are as many values as keys.",
    ),
    Equivalent(
        f"{CHAPTER}/flash_attention",
        before="rows = q[:, :, i:i + block_q] / math.sqrt(q.shape[3])",
        after="rows = q[:, :, i:i + block_q] / math.sqrt(k.shape[3])",
        reason=SAME_WIDTH,
    ),
    Equivalent(
        f"{CHAPTER}/grouped_query_attention",
        before="grouped = q.unflatten(1, (k.shape[1], -1))",
        after="grouped = q.unflatten(1, (v.shape[1], -1))",
        reason="There are as many value heads as key heads.",
    ),
    Equivalent(
        f"{CHAPTER}/grouped_query_attention",
        before="scores = grouped @ k.unsqueeze(2).mT / math.sqrt(q.shape[3])",
        after="scores = grouped @ k.unsqueeze(2).mT / math.sqrt(k.shape[3])",
        reason=SAME_WIDTH,
    ),
    Equivalent(
        f"{CHAPTER}/grouped_query_attention",
        before="scores = grouped @ k.unsqueeze(2).mT / math.sqrt(q.shape[3])",
        after="scores = grouped @ k.unsqueeze(2).mT / math.sqrt(v.shape[3])",
        reason="Queries, keys and values of a head have one width.",
    ),
    Equivalent(
        f"{CHAPTER}/speculative_step",
        before="if torch.rand((), generator=generator) * q[token] >= p[token]:",
        after="if torch.rand((), generator=generator) * q[token] > p[token]:",
        reason=EDGE_OF_A_DRAW,
    ),
    Equivalent(
        f"{CHAPTER}/quantize_int8",
        before="largest = channels.abs().amax(dim=1)",
        after="largest = channels.abs().amax(dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/quantize_int8",
        before="return (steps.round().to(torch.int8).movedim(-1, axis), scale)",
        after="return (steps.round().to(torch.int8).movedim(-1, axis).detach(), scale)",
        reason=WHOLE_NUMBERS,
    ),
    Equivalent(
        f"{CHAPTER}/quantize_int8",
        before="return (steps.round().to(torch.int8).movedim(-1, axis), scale)",
        after="return (steps.round().to(torch.int8).movedim(-1, axis), scale.detach())",
        reason=GRADIENTS_LEFT_OPEN,
    ),
    Equivalent(
        f"{CHAPTER}/page_table",
        before="self._n_users = [0] * n_pages",
        after="self._n_users = [-1] * n_pages",
        reason=COUNTED_WHEN_TAKEN,
    ),
    Equivalent(
        f"{CHAPTER}/page_table",
        before="self._n_users = [0] * n_pages",
        after="self._n_users = [1] * n_pages",
        reason=COUNTED_WHEN_TAKEN,
    ),
    Equivalent(
        f"{CHAPTER}/page_table",
        before="return self._pages[seq].copy()",
        after="return self._pages[seq]",
        reason="A list crosses as a copy: nobody can change the table's own.",
    ),
)
