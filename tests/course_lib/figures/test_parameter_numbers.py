"""What the parameter calculator computes."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.figures.parameter_models import public_shapes, shape_of
from course_lib.figures.parameter_numbers import PARTS, numbers_of, terms_of
from course_lib.models.bert import BERT_BASE
from course_lib.models.gpt2 import GPT2_SMALL
from course_lib.models.llama import LLAMA3_8B
from course_lib.models.qwen import QWEN2_5_0_5B
from course_lib.models.t5_config import T5_SMALL
from tests.course_lib.figures.test_parameter_models import ODD, build

TINY = {"n_layers": 1, "d_model": 2, "n_heads": 1, "d_ff": 3, "vocab_size": 5, "max_seq_len": 4}


def tiny(**changes):
    return replace(shape_of(replace(GPT2_SMALL, **TINY), 4), **changes)


class TestByHand:
    def test_a_model_that_can_be_counted_on_paper(self):
        # Tables of 5 · 2 and 4 · 2; four matrices of 2 · 2 with 2 biases each; 2 · 3 with 3 biases
        # and 3 · 2 with 2; three norms of 2 · 2.
        now = numbers_of(tiny(), 7)
        assert now.parts == {
            "embeddings": 18, "attention": 24, "feed-forward": 17, "norms": 12, "head": 0,
        }  # fmt: skip
        assert (now.total, now.used) == (71, 71)
        # Matrices 16 + 12 and 10 of the tied head; one head of width 2 sees 7 tokens.
        assert now.matrices == 38
        assert (now.flops_of_matrices, now.flops_of_scores) == (76, 4 * 2 * 7)
        assert (now.flops, now.training_flops) == (132, 396)

    def test_changes_one_at_a_time(self):
        def parts(**changes):
            return numbers_of(tiny(**changes), 1).parts

        base = parts()
        assert parts(tied=False) == base | {"head": 10}
        assert parts(attention_bias="none") == base | {"attention": 16}
        assert parts(attention_bias="qkv") == base | {"attention": 22}
        assert parts(ffn_bias=False) == base | {"feed-forward": 12}
        assert parts(gated=True) == base | {"feed-forward": 18 + 8}
        assert parts(norm="rms") == base | {"norms": 6}
        assert parts(positions="rotary") == base | {"embeddings": 10}
        assert parts(positions="relative") == base | {"embeddings": 10 + 32}
        # Three experts of 17, and a router of 2 · 3.
        assert parts(n_experts=3) == base | {"feed-forward": 57}

    def test_experts_that_rest_are_stored_but_not_met(self):
        now = numbers_of(tiny(n_experts=3), 7)
        assert now.total - now.used == 2 * 17
        assert now.matrices == 38 + 2 * 3  # one expert, and the router
        more = numbers_of(tiny(n_experts=3, n_chosen=2), 7)
        assert more.total == now.total
        assert more.used - now.used == 17
        assert more.matrices - now.matrices == 12

    def test_the_head_costs_as_much_where_it_is_tied(self):
        assert numbers_of(tiny(), 3).flops == numbers_of(tiny(tied=False), 3).flops


class TestTerms:
    @pytest.mark.parametrize("name", public_shapes())
    def test_no_product_is_0_and_their_sum_is_the_part(self, name):
        shape = public_shapes()[name]
        terms, now = terms_of(shape), numbers_of(shape, 1)
        assert tuple(terms) == PARTS
        for part in PARTS:
            assert all(term.count > 0 for term in terms[part])
            assert sum(term.count for term in terms[part]) == now.parts[part]

    def test_a_product_is_that_of_its_factors(self):
        (tokens, positions) = terms_of(tiny())["embeddings"]
        assert (tokens.factors, tokens.name, tokens.count) == ((5, 2), "tokens", 10)
        assert (positions.factors, positions.count) == ((4, 2), 8)


class TestOperations:
    @pytest.mark.parametrize(
        ("cfg", "changes"),
        [
            (GPT2_SMALL, {"n_heads": 6}),
            (LLAMA3_8B, {"n_heads": 6, "n_kv_heads": 2, "d_head": 10}),
            (QWEN2_5_0_5B, {"n_heads": 6, "n_kv_heads": 3, "d_head": 8}),
        ],
    )
    def test_they_are_what_torch_counts(self, cfg, changes):
        """Without a mask every one of T tokens sees T: T times the operations of the last."""
        changed = replace(cfg, **ODD | changes)
        n_tokens = 13
        with torch.device("meta"):
            token_ids = torch.zeros(1, n_tokens, dtype=torch.long)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            build(changed)(token_ids)
        now = numbers_of(shape_of(changed, 999), n_tokens)
        assert counter.get_total_flops() == n_tokens * now.flops

    def test_a_layer_that_scores_words_counts_at_each_word(self):
        cfg = replace(BERT_BASE, **ODD, n_heads=6, has_pooler=False, has_pair_head=False)
        n_tokens = 13
        with torch.device("meta"):
            token_ids = torch.zeros(1, n_tokens, dtype=torch.long)
        model = build(cfg)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model.score_words(model(token_ids).x)
        now = numbers_of(shape_of(cfg, cfg.max_seq_len), n_tokens)
        assert counter.get_total_flops() == n_tokens * now.flops

    def test_of_two_stacks_a_token_read_and_one_written_are_counted(self):
        sizes = {"d_model": 48, "d_ff": 70, "vocab_size": 101, "n_heads": 6, "d_head": 10}
        cfg = replace(T5_SMALL, **sizes, n_encoder_layers=3, n_decoder_layers=3)
        n_tokens = 13
        with torch.device("meta"):
            token_ids = torch.zeros(1, n_tokens, dtype=torch.long)
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                build(cfg)(token_ids, token_ids)
        now = numbers_of(shape_of(cfg, 512), n_tokens)
        assert counter.get_total_flops() == n_tokens * now.flops
