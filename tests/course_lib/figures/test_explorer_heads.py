"""Heads for the attention explorer: named, checked and packed."""

import numpy as np
import pytest
import torch

from course_lib.attention import AttentionConfig, MultiHeadAttention
from course_lib.figures.explorer_heads import ExplorerHead, explorer_heads, pack_heads, pull_query

T, H, HKV, DH, DV = 5, 6, 3, 4, 7


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def head(label="one", **parts):
    own = {"q": rand(T, DH), "k": rand(T, DH, seed=1), "v": rand(T, DV, seed=2)}
    return ExplorerHead(label, **(own | parts))


class TestExplorerHeads:
    def test_every_head_of_every_layer_is_named_and_has_its_own_numbers(self):
        layer = MultiHeadAttention(AttentionConfig(d_model=H * DH, n_heads=H, n_kv_heads=HKV))
        out = layer(rand(2, T, H * DH).float())
        heads = explorer_heads([out, out], batch_index=1)
        assert [each.label for each in (*heads[:2], heads[-1])] == [
            "layer 1, head 1",
            "layer 1, head 2",
            "layer 2, head 6",
        ]
        for index, each in enumerate(heads[:H]):
            assert torch.equal(each.q, out.q[1, index])
            assert torch.equal(each.k, out.k[1, index // 2])  # two query heads a key/value head
            assert torch.equal(each.v, out.v[1, index // 2])


class TestPullQuery:
    def test_half_way_by_hand(self):
        # The query (3, 4) is 5 long, the key (0, 2) points along (0, 1): the target is (0, 5),
        # half way lies (1.5, 4.5).
        heads = [
            head(),
            ExplorerHead(
                "hand", [[3.0, 4.0], [1.0, 1.0]], [[7.0, 7.0], [0.0, 2.0]], [[0.0], [0.0]]
            ),
        ]
        assert pull_query(heads, head=1, query=0, key=1, percent=50) == {
            "head": 1,
            "part": "q",
            "token": 0,
            "row": [1.5, 4.5],
            "toward": 1,
            "percent": 50,
        }
        assert pull_query(heads, head=1, query=0, key=1)["row"] == [0.0, 5.0]

    def test_a_key_of_no_length_pulls_to_zero(self):
        heads = [ExplorerHead("hand", [[3.0, 4.0]], [[0.0, 0.0]], [[0.0]])]
        assert pull_query(heads, 0, 0, 0)["row"] == [0.0, 0.0]


class TestPackHeads:
    def test_two_heads_lie_one_after_another(self):
        first = ExplorerHead("a", [[1.0, 2.0]], [[3.0, 4.0]], [[5.0]])
        second = ExplorerHead("b", [[6.0, 7.0]], [[8.0, 9.0]], [[10.0]])
        packed = pack_heads([first, second], n_tokens=1)
        assert np.frombuffer(packed.qkv, dtype="<f4").tolist() == list(range(1, 11))
        assert (packed.d_head, packed.d_value) == (2, 1)

    def test_tensors_arrays_and_lists_are_packed_alike(self):
        each = head()
        as_arrays = ExplorerHead("one", each.q.numpy(), each.k.numpy(), each.v.numpy())
        as_lists = ExplorerHead("one", each.q.tolist(), each.k.tolist(), each.v.tolist())
        with_gradient = ExplorerHead("one", each.q.clone().requires_grad_(), each.k, each.v)
        packed = {
            pack_heads([given], T).qkv for given in (each, as_arrays, as_lists, with_gradient)
        }
        assert len(packed) == 1

    @pytest.mark.parametrize(
        ("heads", "sentence"),
        [
            ([], "needs at least one head"),
            ([head("odd", v=rand(6, DV))], "v of head “odd” has 6 rows for 5 tokens"),
            ([head("odd", k=rand(T, 3))], "queries of width 4 and keys of width 3"),
            ([head("odd", q=rand(1, T, DH))], r"q of head “odd” must be a matrix .* \(1, 5, 4\)"),
            ([head("odd", v=rand(T, 0))], "v of head “odd” must be a matrix"),
            ([head("odd", q=rand(T, DH) / 0)], "q of head “odd” holds a number that is not finite"),
            ([head(), head("odd", v=rand(T, 2))], r"“odd” has widths \(Dh, Dv\) = \(4, 2\)"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_a_sentence(self, heads, sentence):
        with pytest.raises(ValueError, match=sentence):
            pack_heads(heads, T)
