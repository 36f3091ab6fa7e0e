import torch

from course_lib.generation.tiny_models import BigramModel, SumModel

B, T, M, V = 3, 5, 11, 7


def tokens(seed=0):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


def table(n_rows, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_rows, V, generator=generator, dtype=torch.float64)


class TestSumModel:
    def test_hand_worked_case(self):
        # 3, 3 + 2 · 1 = 5, 5 + 3 · 5 = 20, each by 10.
        logits = SumModel(2.5 * torch.eye(10))(torch.tensor([[3, 1, 5]]))
        assert logits.argmax(-1).tolist() == [[3, 5, 0]]
        assert logits[0, 2].tolist() == [2.5] + [0.0] * 9

    def test_matches_loops(self):
        token_ids, scores = tokens(), table(M)
        logits = SumModel(scores)(token_ids)
        assert logits.shape == (B, T, V)
        assert logits.dtype == torch.float64
        for row in range(B):
            for t in range(T):
                total = sum((s + 1) * token_ids[row, s].item() for s in range(t + 1))
                assert torch.equal(logits[row, t], scores[total % M])

    def test_where_the_text_begins_matters(self):
        model, token_ids = SumModel(table(M)), torch.tensor([[4, 1, 2]])
        assert not torch.equal(model(token_ids)[:, -1], model(token_ids[:, 1:])[:, -1])


class TestBigramModel:
    def test_rows_of_the_table_answer(self):
        token_ids, scores = tokens(), table(V)
        logits = BigramModel(scores)(token_ids)
        assert logits.dtype == torch.float64
        for row in range(B):
            for t in range(T):
                assert torch.equal(logits[row, t], scores[token_ids[row, t]])
