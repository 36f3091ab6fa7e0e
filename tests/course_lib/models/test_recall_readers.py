import pytest
import torch
import torch.nn.functional as F

from course_lib.models.recall_readers import CarryingReader, LookingReader
from course_lib.recurrent import GRU, LSTM, RNN

B, T, V, N, D = 3, 7, 11, 5, 8


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def tokens(seed=0):
    return torch.randint(V, (B, T), generator=seeded(seed))


@pytest.fixture(params=["RNN", "LSTM", "GRU", "looking"])
def build(request):
    def make(seed=0):
        if request.param == "looking":
            return LookingReader(V, N, D, seeded(seed)).double()
        return CarryingReader(request.param, V, N, D, seeded(seed)).double()

    return make


def test_one_score_an_answer(build):
    assert build()(tokens()).shape == (B, N)


def test_the_generator_alone_decides_the_weights(build):
    torch.manual_seed(1)
    first = build(seed=4).state_dict()
    torch.manual_seed(2)
    second, other = build(seed=4).state_dict(), build(seed=5).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_every_weight_is_trained(build):
    reader = build()
    reader(tokens()).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in reader.parameters())


def test_the_first_token_counts(build):
    token_ids = tokens()
    other = token_ids.clone()
    other[:, 0] = (other[:, 0] + 1) % V
    assert not torch.allclose(build()(token_ids), build()(other))


def test_projections_start_in_torchs_range(build):
    reader = build()
    tables = ("table", "table_before")
    weights = [p for name, p in reader.named_parameters() if name not in tables]
    assert max(p.abs().max() for p in weights) <= D**-0.5 + 1e-7


@pytest.mark.parametrize(("kind", "layer", "n_gates"), [("RNN", RNN, 1), ("LSTM", LSTM, 4)])
def test_the_arithmetic_is_that_of_the_steps_written_out(kind, layer, n_gates):
    reader = CarryingReader(kind, V, N, D, seeded()).double()
    twin = layer(D, D, seeded()).double()
    theirs = reader.recurrent
    with torch.no_grad():
        twin.W_x.copy_(theirs.weight_ih_l0.T)
        twin.W_h.copy_(theirs.weight_hh_l0.T)
        twin.b.copy_(theirs.bias_ih_l0 + theirs.bias_hh_l0)
    last = twin(F.embedding(tokens(), reader.table)).h[:, -1]
    expected = last @ reader.to_answer.weight.T + reader.to_answer.bias
    torch.testing.assert_close(reader(tokens()), expected, atol=1e-12, rtol=1e-12)


def test_the_gru_too():
    reader = CarryingReader("GRU", V, N, D, seeded()).double()
    twin, theirs = GRU(D, D, seeded()).double(), reader.recurrent
    with torch.no_grad():
        twin.W_x.copy_(theirs.weight_ih_l0.T)
        twin.W_h.copy_(theirs.weight_hh_l0.T)
        twin.b.copy_(theirs.bias_ih_l0)
        twin.b[: 2 * D] += theirs.bias_hh_l0[: 2 * D]
        twin.b_candidate.copy_(theirs.bias_hh_l0[2 * D :])
    last = twin(F.embedding(tokens(), reader.table)).h[:, -1]
    expected = last @ reader.to_answer.weight.T + reader.to_answer.bias
    torch.testing.assert_close(reader(tokens()), expected, atol=1e-12, rtol=1e-12)


class TestLookingReader:
    def test_written_out_with_loops(self):
        reader, token_ids = LookingReader(V, N, D, seeded()).double(), tokens()
        for row, sequence in enumerate(token_ids.tolist()):
            x = [reader.table[token].clone() for token in sequence]
            for t in range(1, T):
                x[t] = x[t] + reader.table_before[sequence[t - 1]]
            q = x[-1] @ reader.W_q
            shares = torch.stack([q @ (vector @ reader.W_k) / D**0.5 for vector in x]).exp()
            weights = shares / shares.sum()
            found = sum(w * (vector @ reader.W_v) for w, vector in zip(weights, x, strict=True))
            expected = found @ reader.to_answer.weight.T + reader.to_answer.bias
            torch.testing.assert_close(reader(token_ids)[row], expected, atol=1e-12, rtol=1e-12)
            looked = reader.look(token_ids).weights[row, 0]
            torch.testing.assert_close(looked, weights, atol=1e-12, rtol=1e-12)

    def test_only_neighbours_have_an_order(self):
        # Pairs may change places as wholes where the token before each stays the same.
        reader = LookingReader(V, N, D, seeded()).double()
        one = torch.tensor([[9, 1, 2, 9, 3, 4, 9, 5]])
        two = torch.tensor([[9, 3, 4, 9, 1, 2, 9, 5]])
        torch.testing.assert_close(reader(one), reader(two), atol=1e-12, rtol=1e-12)
