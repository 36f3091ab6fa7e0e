import torch

from course_lib.models.lstm_reader import LstmReader
from course_lib.recurrent import lstm_step

B, T, V, D = 2, 5, 7, 6


def reader(seed=0):
    return LstmReader(V, D, torch.Generator().manual_seed(seed)).double()


def text(seed=1):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


def test_against_one_step_after_the_other():
    model, token_ids = reader(), text()
    weights = model.lstm
    h = c = torch.zeros(B, D, dtype=torch.float64)
    expected = []
    for t in range(T):
        x = model.embedding.weight[token_ids[:, t]]
        from_x = x @ weights.weight_ih_l0.T + weights.bias_ih_l0 + weights.bias_hh_l0
        h, c = lstm_step(h, c, from_x, weights.weight_hh_l0.T)
        expected.append(h @ model.embedding.weight.T)
    torch.testing.assert_close(
        model(token_ids).logits, torch.stack(expected, dim=1), rtol=1e-12, atol=1e-12
    )


def test_later_tokens_do_not_matter():
    model, token_ids = reader(), text()
    before = model(token_ids).logits
    token_ids[:, 3] = (token_ids[:, 3] + 1) % V
    after = model(token_ids).logits
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3:], after[:, 3:])


def test_the_generator_makes_the_weights():
    one, same, other = (list(reader(seed).parameters()) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_input_and_output_share_their_weights():
    assert sum(p.numel() for p in reader().parameters()) == V * D + 8 * D * D + 8 * D
