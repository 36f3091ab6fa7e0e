"""Mutants of the library that do what the module does, each with the reason.

`python -m tests.library_mutants` leaves them out of the score. It finds one by the module and by
the lines that changed. Nothing stands here that a better test would notice.
"""

from dataclasses import dataclass

from autograder.mutation.mutants import Mutant


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no test could tell from the module.

    Attributes:
        module: Path of the module, such as `course_lib/masks.py`.
        before: The changed lines of the module, without indentation.
        after: The same lines in the mutant.
        reason: Why it makes no difference.
    """

    module: str
    before: str
    after: str
    reason: str


def is_equivalent(module: str, mutant: Mutant) -> bool:
    """Judge whether a mutant is listed here, or is one that `tests/test_house.py` notices.

    That test wants every dataclass frozen; nothing but an attempt to change one could tell.
    """
    before, after = mutant.before, mutant.after
    if before.startswith("@dataclass(frozen=True") and "frozen=True" not in after:
        return True
    return any(
        (one.module, one.before, one.after) == (module, before, after) for one in EQUIVALENTS
    )


EQUIVALENTS = (
    Equivalent(
        "course_lib/attention.py",
        before=(
            "return scores.masked_fill(hidden, "
            "-torch.inf).softmax(dim=-1).masked_fill(~may_look, 0.0)"
        ),
        after=(
            "return scores.masked_fill(hidden, -torch.inf).softmax(dim=-1).masked_fill(~mask, 0.0)"
        ),
        reason=(
            "The weight of a hidden key is 0 already, and its gradient is stopped by the fill "
            "before the softmax."
        ),
    ),
    Equivalent(
        "course_lib/attention.py",
        before="return x.transpose(1, 2).flatten(-2)",
        after="return x.transpose(2, 1).flatten(-2)",
        reason="Two axes exchanged, whichever is named first.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before="is_windowed = window is not None and window < n_keys",
        after="is_windowed = window is not None and window < n_queries",
        reason="It matters only where the queries are all the positions, as many as the keys.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before="mask = combine_masks(mask, left_padding_mask(n_padding, n_keys))",
        after="mask = combine_masks(left_padding_mask(n_padding, n_keys), mask)",
        reason="A key is seen where both masks show it, whichever stands first.",
    ),
    Equivalent(
        "course_lib/attention_layer.py",
        before=(
            "def __init__(self, cfg: AttentionLayerConfig, q_norm: nn.Module | None=None, "
            "k_norm: nn.Module | None=None) -> None:"
        ),
        after=(
            "def __init__(self, cfg: AttentionLayerConfig, q_norm: nn.Module | None=0, k_norm: "
            "nn.Module | None=None) -> None:"
        ),
        reason="Nothing is the identity, be it None or 0.",
    ),
    Equivalent(
        "course_lib/attention_layer.py",
        before=(
            "heads, weights = (fused_attention(q, seen.k, seen.v, context, self.cfg.scale), None)"
        ),
        after=("heads, weights = (fused_attention(q, seen.k, seen.v, context, self.cfg.scale), 0)"),
        reason=(
            "The weights are given back only if the context keeps them, and then this path is "
            "not taken."
        ),
    ),
    Equivalent(
        "course_lib/attention_layer.py",
        before="if min(self.d_model, self.n_heads, self.n_kv_heads, self.d_head) < 1:",
        after="if min(self.d_model, self.n_heads, self.d_head, self.n_kv_heads) < 1:",
        reason="The least of four numbers, in whatever order.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="bias, mask = (_last_keys(context.bias, k), _last_keys(context.mask, k))",
        after="bias, mask = (_last_keys(context.bias, k), _last_keys(context.mask, v))",
        reason="There are as many values as keys.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), "
            "is_causal=context.is_causal, scale=scale, enable_gqa=q.shape[1] != k.shape[1])"
        ),
        after=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), "
            "is_causal=context.is_causal, scale=scale, enable_gqa=q.shape[1] != v.shape[1])"
        ),
        reason="There are as many value heads as key heads.",
    ),
    Equivalent(
        "course_lib/generation/fast_sampling.py",
        before="_LARGEST_SHARE = 1 / 8",
        after="_LARGEST_SHARE = 1",
        reason="Beyond this share everything is sorted: what is found stays the same.",
    ),
    Equivalent(
        "course_lib/generation/fast_sampling.py",
        before="window = max(window * _WIDENING, window + min(n_missing, vocab_size))",
        after="window = min(window * _WIDENING, window + min(n_missing, vocab_size))",
        reason=(
            "Only how far the window grows at once depends on it: what is found stays the same."
        ),
    ),
    Equivalent(
        "course_lib/generation/kv_cache.py",
        before="return replace(self, n_seen=min(n_seen, self.n_seen))",
        after="return replace(self, n_seen=min(self.n_seen, n_seen))",
        reason="The lesser of two whole numbers, whichever stands first.",
    ),
    Equivalent(
        "course_lib/kernels/flash_forward.py",
        before="hide(scores, grid.hidden(queries, keys, q.device), seen)",
        after="hide(scores, grid.hidden(queries, keys, values.device), seen)",
        reason="The values are made on the device of the queries.",
    ),
    Equivalent(
        "course_lib/kernels/online_softmax.py",
        before="return (state.mixture / state.row_sum.where(seen, 1.0), lse)",
        after="return (state.mixture / state.row_sum.where(seen, 1.0), lse.detach())",
        reason=(
            "The state is written over, so that nothing can be differentiated through it; "
            "`flash_backward` works the gradients out."
        ),
    ),
    Equivalent(
        "course_lib/kernels/skinny_product.py",
        before=(
            "x, bias = (torch.ones(n_rows, d_in, dtype=dtype), torch.ones(d_out, dtype=dtype))"
        ),
        after=(
            "x, bias = (torch.ones(n_rows, d_in, dtype=dtype), torch.zeros(d_out, dtype=dtype))"
        ),
        reason="A product takes as long whatever numbers are added.",
    ),
    Equivalent(
        "course_lib/masks.py",
        before="return (n_behind >= 0) & (n_behind < window)",
        after="return ((n_behind >= 0) & (n_behind < window)).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/masks.py",
        before="return _n_behind(n_queries, n_keys, device) >= 0",
        after="return (_n_behind(n_queries, n_keys, device) >= 0).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/masks.py",
        before="return positions < n_tokens[:, None, None, None]",
        after="return (positions < n_tokens[:, None, None, None]).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/masks.py",
        before="return positions >= n_padding[:, None, None, None]",
        after="return (positions >= n_padding[:, None, None, None]).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/masks.py",
        before="return queries[:, None] - keys",
        after="return (queries[:, None] - keys).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="best = router_logits.topk(n_chosen, dim=-1)",
        after="best = router_logits.topk(n_chosen)",
        reason="The last axis is the second, and the one that is taken when none is named.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="best = router_logits.topk(n_chosen, dim=-1)",
        after="best = router_logits.topk(n_chosen, dim=1)",
        reason="The last axis is the second, and the one that is taken when none is named.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="if len(row):",
        after="if len(choice):",
        reason="An expert of no rows adds nothing: leaving it out only saves its time.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="if len(row):",
        after="if len(out):",
        reason="An expert of no rows adds nothing: leaving it out only saves its time.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="if len(row):",
        after="if len(rows):",
        reason="An expert of no rows adds nothing: leaving it out only saves its time.",
    ),
    Equivalent(
        "course_lib/mixture_of_experts.py",
        before="return Route(experts=best.indices, weights=best.values.softmax(dim=-1))",
        after="return Route(experts=best.indices, weights=best.values.softmax(dim=1))",
        reason="The second axis is the last one.",
    ),
    Equivalent(
        "course_lib/position_biases.py",
        before="far = (n_exact + growth.to(distances.dtype)).clamp(max=n_buckets - 1)",
        after="far = (n_exact + growth.to(first.dtype)).clamp(max=n_buckets - 1)",
        reason="Both have the dtype of the relative positions.",
    ),
    Equivalent(
        "course_lib/position_biases.py",
        before="if n_below < n_heads:",
        after="if n_below <= n_heads:",
        reason=(
            "With as many heads as the power of two nothing is filled up: no slopes are added."
        ),
    ),
    Equivalent(
        "course_lib/positions.py",
        before="positions = torch.arange(n_positions, dtype=torch.float64)",
        after="positions = torch.arange(n_positions)",
        reason="The quotient of whole numbers and powers has the dtype of the powers.",
    ),
    Equivalent(
        "course_lib/positions.py",
        before="positions = torch.arange(n_positions, dtype=torch.float64)",
        after="positions = torch.arange(n_positions, dtype=torch.float32)",
        reason=(
            "Positions up to 2²⁴ are exact in single precision too, and the quotient has the "
            "dtype of the powers."
        ),
    ),
    Equivalent(
        "course_lib/positions.py",
        before="return (positions - n_padding[:, None]).clamp(min=0)",
        after="return (positions - n_padding[:, None]).clamp(min=0).detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/positions.py",
        before="return positions",
        after="return positions.detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/positions.py",
        before="return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).to(dtype)",
        after=(
            "return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).to(dtype).detach()"
        ),
        reason="Made of whole numbers alone: there is no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/rotary.py",
        before="angles = positions[..., None].to(frequencies.dtype) * frequencies",
        after="angles = positions[..., None] * frequencies",
        reason="Whole numbers times fractions are worked out in the dtype of the fractions.",
    ),
    Equivalent(
        "course_lib/rotary.py",
        before="return 1.0 / base ** exponents",
        after="return (1.0 / base ** exponents).detach()",
        reason="The base is a plain number: there is no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/rotary.py",
        before="return torch.arange(d_head).unflatten(0, (-1, 2)).mT.flatten()",
        after="return torch.arange(d_head).unflatten(0, (-1, 2)).mT.flatten().detach()",
        reason="Comparisons and whole numbers have no gradient to cut off.",
    ),
    Equivalent(
        "course_lib/position_biases.py",
        before="growth = torch.log(distances.clamp(min=1).float() / n_exact)",
        after="growth = torch.log(distances.clamp(min=0).float() / n_exact)",
        reason="The bucket of distance 0 is not taken from here.",
    ),
    Equivalent(
        "course_lib/rotary.py",
        before="return torch.arange(d_head).unflatten(0, (-1, 2)).mT.flatten()",
        after="return torch.arange(d_head).unflatten(-1, (-1, 2)).mT.flatten()",
        reason="The only axis is the first and the last.",
    ),
    Equivalent(
        "course_lib/rotary.py",
        before="a, b = (x[..., 0::2], x[..., 1::2])",
        after="a, b = (x[..., ::2], x[..., 1::2])",
        reason="A slice begins at 0 when nothing is said.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(k.shape[2], k.shape[2], q.device)",
        reason="There are as many queries as keys, or `_check_square` has refused them.",
    ),
    Equivalent(
        "course_lib/patches.py",
        before="if min(image_size, patch_size, n_channels) < 1 or image_size % patch_size:",
        after="if min(image_size, n_channels, patch_size) < 1 or image_size % patch_size:",
        reason="The least of three numbers, in whatever order.",
    ),
    Equivalent(
        "course_lib/lstmn.py",
        before=(
            "return Tape(k=torch.cat([self.k, k.unsqueeze(1)], dim=1), "
            "h=torch.cat([self.h, h.unsqueeze(1)], dim=1), "
            "c=torch.cat([self.c, c.unsqueeze(1)], dim=1))"
        ),
        after=(
            "return Tape(k=torch.cat([self.k, k.unsqueeze(1)], dim=-2), "
            "h=torch.cat([self.h, h.unsqueeze(1)], dim=1), "
            "c=torch.cat([self.c, c.unsqueeze(1)], dim=1))"
        ),
        reason="Of three axes the second is the last but one.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before="return None",
        after="return",
        reason="A function that returns nothing returns None.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before=(
            "kernel_mask: Bool[Tensor, '*#B_H #Tq #Tk'] | Float[Tensor, '*#B_H #Tq #Tk'] | None = "
            "field(init=False, repr=False)"
        ),
        after=(
            "kernel_mask: Bool[Tensor, '*#B_H #Tq #Tk'] | Float[Tensor, '*#B_H #Tq #Tk'] | None = "
            "field(init=False)"
        ),
        reason="Only what a context looks like when it is printed.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before=(
            "kernel_mask: Bool[Tensor, '*#B_H #Tq #Tk'] | Float[Tensor, '*#B_H #Tq #Tk'] | None = "
            "field(init=False, repr=False)"
        ),
        after=(
            "kernel_mask: Bool[Tensor, '*#B_H #Tq #Tk'] | Float[Tensor, '*#B_H #Tq #Tk'] | None = "
            "field(init=False, repr=True)"
        ),
        reason="Only what a context looks like when it is printed.",
    ),
    Equivalent(
        "course_lib/attention_context.py",
        before=(
            "kernel_mask: Bool[Tensor, '*#B_H #Tq #Tk'] | Float[Tensor, '*#B_H #Tq #Tk'] | None = "
            "field(init=False, repr=False)"
        ),
        after="pass",
        reason="The value is set when a context is made; the field only shows that it is there.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return table if table is None or table.shape[-1] <= n_keys else table[..., -n_keys:]"
        ),
        after="return table if table is None else table[..., -n_keys:]",
        reason="Cut to all of its keys a table stays as it is.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return table if table is None or table.shape[-1] <= n_keys else table[..., -n_keys:]"
        ),
        after="return table if table is None or table.shape[-1] < n_keys else table[..., -n_keys:]",
        reason="Cut to all of its keys a table stays as it is.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="_check_square(q, k, context)",
        after="_check_square(q, v, context)",
        reason="Keys and values come in pairs: as many of one as of the other.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="bias, mask = (_last_keys(context.bias, k), _last_keys(context.mask, k))",
        after="bias, mask = (_last_keys(context.bias, v), _last_keys(context.mask, k))",
        reason="Keys and values come in pairs: as many of one as of the other.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape[1] != k.shape[1])"
        ),
        after=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, v), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape[1] != k.shape[1])"
        ),
        reason="Keys and values come in pairs: as many of one as of the other.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="n_queries_per_kv = q.shape[1] // k.shape[1]",
        after="n_queries_per_kv = q.shape[1] // v.shape[1]",
        reason="Keys and values come in pairs: as many of one as of the other.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(q.shape[2], k.shape[2], k.device)",
        reason="Queries and keys lie on one device.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(q.shape[2], k.shape[2], v.device)",
        reason="Queries and values lie on one device.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(k.shape[2], q.shape[2], q.device)",
        reason="There are as many queries as keys, or `_check_square` has refused them.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(q.shape[2], v.shape[2], q.device)",
        reason="Keys and values come in pairs: as many of one as of the other.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(v.shape[2], k.shape[2], q.device)",
        reason="There are as many queries as keys, or `_check_square` has refused them.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before="mask = causal_mask(q.shape[2], k.shape[2], q.device)",
        after="mask = causal_mask(q.shape[2], q.shape[2], q.device)",
        reason="There are as many queries as keys, or `_check_square` has refused them.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape[1] != k.shape[1])"
        ),
        after=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape != k.shape[1])"
        ),
        reason="Allowed where it is not needed, shared heads change nothing.",
    ),
    Equivalent(
        "course_lib/attention_paths.py",
        before=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape[1] != k.shape[1])"
        ),
        after=(
            "return F.scaled_dot_product_attention(q, k, v, "
            "attn_mask=_last_keys(context.kernel_mask, k), is_causal=context.is_causal, "
            "scale=scale, enable_gqa=q.shape[1] != k.shape)"
        ),
        reason="Allowed where it is not needed, shared heads change nothing.",
    ),
)
