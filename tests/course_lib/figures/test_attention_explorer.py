"""The attention explorer's Python side: what it stores, computes, says and refuses."""

import json
import math

import pytest
import torch
from ipywidgets.embed import embed_data
from traitlets import TraitError

from course_lib.attention import scaled_dot_product_attention
from course_lib.figures.attention_explorer import (
    MAX_TOKENS,
    AttentionExplorer,
    ExplorerHead,
    Preset,
)

T, H, DH, DV = 5, 3, 4, 7
TOKENS = ["the", "cat", "saw", "the", "dog"]


def rand(*shape, seed=0):
    # Rounded to what a float32 holds, so that the stored numbers are these very numbers.
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).double()


def head(label="one", seed=0):
    return ExplorerHead(
        label, *(rand(T, width, seed=seed + i) for i, width in enumerate((DH, DH, DV)))
    )


class TestNumbers:
    def test_two_tokens_by_hand(self):
        # q₀·k₀ = 1·1 + 1·1 = 2, q₀·k₁ = 0, scale 1/√2: scores √2 and 0,
        # weights e^√2/(e^√2 + 1) and the rest; values 10 and 20.
        q = k = [[1.0, 1.0], [1.0, -1.0]]
        shown = AttentionExplorer(
            ["a", "b"], [ExplorerHead("hand", q, k, [[10.0], [20.0]])]
        ).numbers()
        first = math.exp(math.sqrt(2)) / (math.exp(math.sqrt(2)) + 1)
        assert shown.products.tolist() == [[2, 0], [0, 2]]
        assert shown.scores[0].tolist() == pytest.approx([math.sqrt(2), 0], abs=1e-12)
        assert shown.weights[0].tolist() == pytest.approx([first, 1 - first], abs=1e-12)
        assert shown.outputs[0].tolist() == pytest.approx(
            [10 * first + 20 * (1 - first)], abs=1e-12
        )

    def test_each_head_agrees_with_the_library(self):
        heads = [head("one"), head("two", seed=10), head("three", seed=20)]
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        explorer = AttentionExplorer(TOKENS, heads, mask=mask)
        for index, each in enumerate(heads):
            want = scaled_dot_product_attention(each.q, each.k, each.v, mask)
            got = explorer.numbers(index)
            torch.testing.assert_close(got.weights, want.weights, rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(got.scores, want.scores, rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(got.outputs, want.values, rtol=1e-12, atol=1e-12)

    def test_scale_zero_makes_all_weights_alike(self):
        explorer = AttentionExplorer(TOKENS, [head()])
        explorer.scale_factor = 0.0
        assert explorer.numbers().weights.eq(1 / T).all()

    def test_the_scale_factor_multiplies_the_scores(self):
        explorer = AttentionExplorer(TOKENS, [head()])
        before = explorer.numbers()
        explorer.scale_factor = 8.0
        after = explorer.numbers()
        torch.testing.assert_close(after.scores, 8 * before.scores, rtol=1e-12, atol=1e-12)
        assert torch.equal(after.products, before.products)

    def test_a_reader_s_rows_replace_q_and_k_of_their_head_only(self):
        explorer = AttentionExplorer(TOKENS, [head("one"), head("two", seed=10)])
        untouched = explorer.numbers(0)
        before = explorer.numbers(1)
        explorer.edits = [
            {"head": 1, "part": "q", "token": 2, "row": [1.0, 0.0, 0.0, 0.0]},
            {"head": 1, "part": "k", "token": 4, "row": [3.0, 9.0, 9.0, 9.0]},
        ]
        after = explorer.numbers(1)
        assert after.products[2, 4] == 3
        assert torch.equal(after.products[:2, :4], before.products[:2, :4])
        assert torch.equal(explorer.numbers(0).weights, untouched.weights)

    def test_a_query_that_may_look_at_nothing_has_zero_weights_and_output(self):
        mask = torch.ones(T, T, dtype=torch.bool)
        mask[3] = False
        shown = AttentionExplorer(TOKENS, [head()], mask=mask).numbers()
        assert not shown.weights[3].any()
        assert not shown.outputs[3].any()

    def test_the_causal_mask_comes_on_top_of_the_given_one(self):
        given = torch.ones(T, T, dtype=torch.bool)
        given[3, 1] = False
        explorer = AttentionExplorer(TOKENS, [head()], mask=given)
        explorer.causal = True
        want = scaled_dot_product_attention(head().q, head().k, head().v, given.tril())
        weights = explorer.numbers().weights
        torch.testing.assert_close(weights, want.weights, rtol=1e-12, atol=1e-12)

    def test_the_start_is_kept_beside_the_reader_s_changes(self):
        explorer = AttentionExplorer(TOKENS, [head("one"), head("two", seed=10)])
        before = [explorer.numbers(index) for index in (0, 1)]
        explorer.scale_factor, explorer.causal, explorer.head = 3.0, True, 1
        explorer.edits = [{"head": 1, "part": "q", "token": 2, "row": [9.0] * DH}]
        for index in (0, 1):
            kept = explorer.numbers_at_start(index)
            assert torch.equal(kept.weights, before[index].weights)
            assert torch.equal(kept.outputs, before[index].outputs)
        assert torch.equal(explorer.numbers_at_start().weights, before[1].weights)


class TestState:
    def test_start_brings_back_all_that_a_reader_may_change(self):
        explorer = AttentionExplorer(TOKENS, [head()], query=2, key=1, see="Look.")
        (start,) = explorer.presets
        assert (start["label"], start["see"]) == ("Start", "Look.")
        assert start["values"] == {
            "head": 0,
            "query": 2,
            "key": 1,
            "scale_factor": 1.0,
            "causal": False,
            "edits": [],
        }

    def test_the_key_spelled_out_first_is_the_one_looked_at_most(self):
        explorer = AttentionExplorer(TOKENS, [head(), head("two", seed=10)], head=1, query=2)
        assert explorer.key == explorer.numbers(1).weights[2].argmax()
        assert AttentionExplorer(TOKENS, [head()], key=4).key == 4

    def test_eight_heads_of_twelve_tokens_weigh_little(self):
        heads = [
            ExplorerHead(f"head {i}", *(rand(12, 16, seed=3 * i + j) for j in range(3)))
            for i in range(8)
        ]
        explorer = AttentionExplorer(["word"] * 12, heads)
        numbers = 4 * 8 * 12 * 3 * 16  # bytes of float32
        assert len(explorer.qkv) == numbers == 18_432
        saved = embed_data([explorer], drop_defaults=False)["manager_state"]["state"][
            explorer.model_id
        ]
        code = sum(len(json.dumps(saved["state"].pop(name))) for name in ("_esm", "_css"))
        assert code < 48_000
        # base64 takes 4/3; labels, tokens and names of traits are the rest.
        assert len(json.dumps(saved)) < numbers * 4 / 3 + 2_500


class TestWords:
    def test_the_text_alternative_names_what_each_head_looks_at(self):
        q = k = [[2.0, 0.0], [0.0, 2.0]]
        swapped = [[0.0, 2.0], [2.0, 0.0]]
        explorer = AttentionExplorer(
            ["it", "cat"],
            [ExplorerHead("self", q, k, k), ExplorerHead("other", q, swapped, k)],
            title="Two heads",
            description="One looks at itself, one away.",
        )
        # Scores 4/√2 and 0: weight e^2.83/(e^2.83 + 1) = 0.944. Entropy 0.944 · 0.057 + 0.056 ·
        # 2.886 = 0.215, and e^0.215 = 1.24.
        assert explorer.text_alternative().splitlines() == [
            "Two heads. One looks at itself, one away.",
            "Sentence: it cat",
            "self: “it” looks most at “it” (0.94), then at “cat” (0.06). "
            "Spread: as if even over 1.2 of 2 tokens.",
            "other: “it” looks most at “cat” (0.94), then at “it” (0.06). "
            "Spread: as if even over 1.2 of 2 tokens.",
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("tokens", "heads", "options", "sentence"),
        [
            ([], [head()], {}, "shows 1 to 24 tokens, got 0"),
            (["x"] * (MAX_TOKENS + 1), [head()], {}, "got 25: choose a shorter sentence"),
            (TOKENS, [], {}, "needs at least one head"),
            (TOKENS[:4], [head()], {}, "q of head “one” has 5 rows for 4 tokens"),
            (TOKENS, [head()], {"head": 1}, "head 1 points outside: choose 0 to 0"),
            (TOKENS, [head()], {"query": 5}, "query 5 points outside: choose 0 to 4"),
            (TOKENS, [head()], {"key": -1}, "key -1 points outside: choose 0 to 4"),
            (
                TOKENS,
                [head()],
                {"mask": torch.ones(T, 4, dtype=torch.bool)},
                r"\(5, 5\); got torch.bool \(5, 4\)",
            ),
        ],
    )
    def test_what_does_not_fit_is_refused_in_a_sentence(self, tokens, heads, options, sentence):
        with pytest.raises((ValueError, TraitError), match=sentence):
            AttentionExplorer(tokens, heads, **options)

    @pytest.mark.parametrize(
        "edit",
        [
            {"head": 1, "part": "q", "token": 0, "row": [0.0] * DH},
            {"head": 0, "part": "v", "token": 0, "row": [0.0] * DH},
            {"head": 0, "part": "q", "token": T, "row": [0.0] * DH},
            {"head": 0, "part": "q", "token": 0, "row": [0.0] * DV},
            {"head": 0, "part": "q", "token": 0, "row": [math.nan] * DH},
            {"head": 0, "part": "q", "token": 0},
        ],
    )
    def test_an_edit_that_fits_no_row_is_refused_and_shown(self, edit):
        explorer = AttentionExplorer(TOKENS, [head()])
        with pytest.raises(TraitError, match="is no edit: give head") as refused:
            explorer.edits = [edit]
        assert str(edit) in str(refused.value)
        assert explorer.edits == []

    def test_a_preset_that_does_not_fit_is_refused(self):
        with pytest.raises(TraitError, match="query 5 points outside: choose 0 to 4"):
            AttentionExplorer(TOKENS, [head()], presets=[Preset("Far", "", {"query": 5})])

    def test_a_negative_scale_is_refused(self):
        with pytest.raises(TraitError):
            AttentionExplorer(TOKENS, [head()]).scale_factor = -1.0
