import torch

from course_lib.decoder import ROTARY_BASE as DECODERS_BASE
from course_lib.own_gpt.parameters import nothing_yet, params_from_seed, params_of_block
from course_lib.own_gpt.reference_model import ROTARY_BASE, reference_block, reference_gpt
from course_lib.own_gpt.stand_ins import reference_parts

TIGHT = {"rtol": 1e-12, "atol": 1e-12}
B, T, V, D, H, LAYERS, F = 2, 6, 11, 12, 3, 2, 7
PARAMS = {
    name: one.double()
    for name, one in params_from_seed(
        1, vocab_size=V, d_model=D, n_heads=H, n_layers=LAYERS, d_ff=F
    ).items()
}
TEXTS = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(2))


def whole():
    return reference_gpt(TEXTS, PARAMS, nothing_yet(PARAMS, B, H), H)


def by_parts(x, params, n_heads):
    """One block written out in the steps of the chapters, for a text from its beginning."""
    parts, d_head = reference_parts(), x.shape[-1] // n_heads
    places = torch.arange(x.shape[1])
    normed = parts.rms_norm(x, params["attention_norm"], 1e-5)
    q, k, v = (parts.split_heads(normed @ params[name], n_heads) for name in ("W_q", "W_k", "W_v"))
    scores = parts.apply_rope(q, places) @ parts.apply_rope(k, places).mT / d_head**0.5
    mask = parts.causal_mask(len(places), len(places))
    shares = parts.stable_softmax(scores.masked_fill(~mask, -torch.inf), -1)
    x = x + parts.merge_heads(shares @ v) @ params["W_o"]
    normed = parts.rms_norm(x, params["feed_forward_norm"], 1e-5)
    return x + parts.swiglu(normed, params["W_gate"], params["W_up"], params["W_down"])


def test_a_block_is_the_steps_of_the_chapters():
    x = torch.randn(B, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    block, (past, _) = params_of_block(PARAMS, 1), nothing_yet(PARAMS, B, H)
    y, (k, v) = reference_block(x, block, past, H)
    torch.testing.assert_close(y, by_parts(x, block, H), **TIGHT)
    assert k.shape == v.shape == (B, H, T, D // H)


def test_the_whole_is_its_blocks():
    logits, past = whole()
    x = PARAMS["embedding"][TEXTS]
    for layer in range(LAYERS):
        x = by_parts(x, params_of_block(PARAMS, layer), H)
    x = x * PARAMS["final_norm"] / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(logits, x @ PARAMS["embedding"].T, **TIGHT)
    assert len(past) == LAYERS


def test_piece_by_piece_is_at_once():
    logits, past = whole()
    grown, rows = nothing_yet(PARAMS, B, H), []
    for start, end in ((0, 3), (3, 4), (4, 6)):
        row, grown = reference_gpt(TEXTS[:, start:end], PARAMS, grown, H)
        rows.append(row)
    torch.testing.assert_close(torch.cat(rows, dim=1), logits, **TIGHT)
    for mine, yours in zip(past, grown, strict=True):
        torch.testing.assert_close(mine, yours, **TIGHT)


def test_later_tokens_change_nothing_before_them():
    other = TEXTS.clone()
    other[:, -1] = (other[:, -1] + 1) % V
    logits, _ = reference_gpt(other, PARAMS, nothing_yet(PARAMS, B, H), H)
    before, _ = whole()
    torch.testing.assert_close(logits[:, :-1], before[:, :-1], **TIGHT)
    assert not torch.allclose(logits[:, -1], before[:, -1])


def test_the_past_that_was_handed_in_stays():
    _, past = whole()
    copies = [(k.clone(), v.clone()) for k, v in past]
    reference_gpt(TEXTS[:, :2], PARAMS, past, H)
    for mine, yours in zip(past, copies, strict=True):
        torch.testing.assert_close(mine, yours, rtol=0, atol=0)


def test_the_base_is_the_decoders():
    assert ROTARY_BASE == DECODERS_BASE
