import torch

from course_lib.linear_attention import empty_table, mix_by_products, positive_features

B, H, T, DH, DV = 2, 3, 5, 4, 7


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_features_are_elu_plus_one():
    x = rand(B, T, DH)
    assert torch.allclose(positive_features(x), torch.nn.functional.elu(x) + 1, atol=1e-12)
    assert (positive_features(-50 + x) > 0).all()


def test_two_positions_by_hand():
    # Keys (1, 2) and (3, 1), values 8 and 4, queries (2, 1): 32/4, and (4·8 + 7·4)/(4 + 7).
    q = torch.tensor([[2.0, 1.0], [2.0, 1.0]])
    k, v = torch.tensor([[1.0, 2.0], [3.0, 1.0]]), torch.tensor([[8.0], [4.0]])
    torch.testing.assert_close(mix_by_products(q, k, v), torch.tensor([[8.0], [60 / 11]]))


def test_all_at_once_is_step_by_step():
    q, k = (positive_features(rand(T, DH, seed=seed)) for seed in (1, 2))
    v = rand(T, DV, seed=3)
    state, found = empty_table(DH, DV, torch.float64), []
    for t in range(T):
        state = state.after(k[t], v[t])
        found.append(state.look_up(q[t]))
    torch.testing.assert_close(mix_by_products(q, k, v), torch.stack(found), rtol=1e-12, atol=1e-12)


def test_matches_loops_and_leads_with_batches():
    q, k = (positive_features(rand(B, H, T, DH, seed=seed)) for seed in (1, 2))
    v = rand(B, H, T, DV, seed=3)
    got = mix_by_products(q, k, v)
    for b in range(B):
        for h in range(H):
            for t in range(T):
                shares = torch.stack([q[b, h, t] @ k[b, h, s] for s in range(t + 1)])
                want = shares @ v[b, h, : t + 1] / shares.sum()
                torch.testing.assert_close(got[b, h, t], want, rtol=1e-12, atol=1e-12)


def test_later_positions_do_not_matter():
    q, k = (positive_features(rand(T, DH, seed=seed)) for seed in (1, 2))
    v = rand(T, DV, seed=3)
    before = mix_by_products(q, k, v)
    k[-1], v[-1] = 1e3, -1e3
    assert torch.equal(before[:-1], mix_by_products(q, k, v)[:-1])


def test_a_state_is_a_value():
    empty = empty_table(DH, DV)
    after = empty.after(torch.ones(DH), torch.ones(DV))
    assert not empty.table.any()
    assert not empty.total.any()
    assert after.table.shape == (DH, DV)
    assert after.n_numbers == DH * DV + DH
