import torch

from course_lib.analysis.residual_stream import residual_stream
from course_lib.decoder import build_decoder

B, T, D, V, L = 2, 7, 12, 19, 3


def decoder(**changes):
    sizes = {"vocab_size": V, "d_model": D, "n_heads": 3, "n_layers": L, "d_ff": 20}
    return build_decoder(**(sizes | changes), seed=1, spread=0.3).double()


def tokens():
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(2))


def test_the_first_is_the_embedding_and_the_last_gives_the_logits():
    model, token_ids = decoder(positions="learned"), tokens()
    streams = residual_stream(model, token_ids)
    assert streams.shape == (L + 1, B, T, D)
    torch.testing.assert_close(streams[0], model.embed(token_ids), rtol=0, atol=0)
    logits = model.final_norm(streams[-1]) @ model.embedding.weight.T
    torch.testing.assert_close(logits, model(token_ids).logits, rtol=1e-12, atol=1e-12)


def test_each_block_reads_the_stream_of_the_one_before():
    model, token_ids = decoder(), tokens()
    streams = residual_stream(model, token_ids)
    context = model.context(T, streams[0], keep_weights=False)
    for layer, block in enumerate(model.blocks):
        expected = block(streams[layer], context).x
        torch.testing.assert_close(streams[layer + 1], expected, rtol=1e-12, atol=1e-12)


def test_later_tokens_do_not_matter():
    model, token_ids = decoder(), tokens()
    before = residual_stream(model, token_ids)
    token_ids[:, -1] = (token_ids[:, -1] + 1) % V
    after = residual_stream(model, token_ids)
    torch.testing.assert_close(after[:, :, :-1], before[:, :, :-1], rtol=1e-12, atol=1e-12)
    assert not torch.equal(after[-1, :, -1], before[-1, :, -1])


def test_no_gradient_is_kept():
    assert not residual_stream(decoder(), tokens()).requires_grad
