import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.generation.decoding import (
    DecodingConfig,
    Prompts,
    decode,
    greedy,
    stream,
)
from course_lib.generation.fast_sampling import FastSampler
from course_lib.generation.language_model import LanguageModelOutput
from course_lib.generation.sampling import SamplingConfig
from course_lib.models.gpt2 import GPT2, GPT2Config
from tests.course_lib.generation.tiny_model import TinyModel

V, PAD = 13, 11
PROMPTS = [[1, 2, 3, 4, 5], [6], [7, 8, 9]]


class Reciter:
    """Says the same tokens to everybody, row by row, whatever it reads."""

    def __init__(self, *rows, n_prompt=1):
        self.rows, self.n_prompt = rows, n_prompt
        self.read = []

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        self.read.append(token_ids.clone())
        logits = torch.zeros(len(token_ids), n_scored, V)
        place = token_ids.shape[1] - self.n_prompt
        for row, tokens in enumerate(self.rows):
            logits[row, -1, tokens[place]] = 1.0
        return LanguageModelOutput(logits=logits, caches=())


def recite(*rows, **cfg):
    """Steps and result of decoding what a reciter says."""
    prompts = Prompts(torch.zeros(len(rows), 1, dtype=torch.long))
    cfg = DecodingConfig(**{"max_new_tokens": len(rows[0]), "padding_token": PAD, **cfg})
    steps = list(stream(Reciter(*rows), prompts, greedy, cfg))
    return steps, decode(Reciter(*rows), prompts, greedy, cfg)


class TestPrompts:
    def test_hand_worked_case(self):
        prompts = Prompts.pad_left([[1, 2, 3], [4]], padding_token=9)
        assert prompts.token_ids.tolist() == [[1, 2, 3], [9, 9, 4]]
        assert prompts.n_padding.tolist() == [0, 2]

    def test_no_padding_is_no_padding(self):
        assert Prompts.pad_left([[1, 2], [3, 4]], padding_token=9).n_padding is None

    @pytest.mark.parametrize("rows", [[], [[1], []]])
    def test_nothing_to_go_on_from_is_refused(self, rows):
        with pytest.raises(ValueError, match="needs a token, unlike"):
            Prompts.pad_left(rows, padding_token=9)


class TestDecodingConfig:
    def test_no_new_tokens_are_refused(self):
        with pytest.raises(ValueError, match="not 0"):
            DecodingConfig(max_new_tokens=0)

    def test_an_empty_stop_sequence_is_refused(self):
        with pytest.raises(ValueError, match=r"unlike one of \(\(1,\), \(\)\)"):
            DecodingConfig(max_new_tokens=1, stop_sequences=((1,), ()))


class TestGreedy:
    def test_picks_the_first_of_the_largest(self):
        logits = torch.tensor([[0.0, 2.0, 2.0], [3.0, 1.0, 2.0]])
        assert greedy(logits, torch.zeros(2, 4, dtype=torch.long)).tolist() == [1, 0]


class TestEnds:
    def test_hand_worked_case(self):
        # Token 9 ends a row and stays in it; behind it stands padding, whatever the model says.
        steps, decoded = recite([1, 2, 3, 4], [5, 9, 6, 7], end_token=9)
        assert [step.token_ids for step in steps] == [(1, 5), (2, 9), (3, PAD), (4, PAD)]
        done = [(False, False), (False, True), (False, True), (True, True)]
        assert [step.is_done for step in steps] == done
        released = [((1,), (5,)), ((2,), (9,)), ((3,), ()), ((4,), ())]
        assert [step.released for step in steps] == released
        assert decoded.token_ids.tolist() == [[1, 2, 3, 4], [5, 9, PAD, PAD]]
        assert decoded.n_new.tolist() == [4, 2]
        assert decoded.rows == [[1, 2, 3, 4], [5, 9]]

    def test_the_loop_ends_with_the_last_row(self):
        steps, decoded = recite([1, 9, 3, 4], [9, 6, 7, 8], end_token=9)
        assert len(steps) == 2
        assert decoded.token_ids.tolist() == [[1, 9], [9, PAD]]

    def test_the_model_reads_padding_behind_the_end_of_a_row(self):
        model = Reciter([9, 2, 3], [4, 5, 6])
        prompts = Prompts(torch.tensor([[1], [2]]))
        cfg = DecodingConfig(max_new_tokens=3, end_token=9, padding_token=PAD)
        decode(model, prompts, greedy, cfg)
        assert model.read[-1].tolist() == [[1, 9, PAD], [2, 4, 5]]

    def test_padding_that_looks_like_the_end_token_ends_nothing(self):
        _, decoded = recite([1, 9, 2], [3, 4, 5], end_token=9, padding_token=9)
        assert decoded.rows == [[1, 9], [3, 4, 5]]

    def test_prompts_are_left_unchanged(self):
        prompts = Prompts.pad_left(PROMPTS, PAD)
        before = prompts.token_ids.clone()
        decode(TinyModel(V), prompts, greedy, DecodingConfig(max_new_tokens=4))
        assert torch.equal(prompts.token_ids, before)


class TestStopSequences:
    def test_cut_off_though_it_began_in_an_earlier_step(self):
        steps, decoded = recite([1, 2, 3, 4, 5], stop_sequences=((2, 3, 4),))
        assert [step.released for step in steps] == [((1,),), ((),), ((),), ((),)]
        assert decoded.rows == [[1]]

    def test_what_only_began_like_one_is_released_when_that_is_known(self):
        steps, decoded = recite([1, 2, 3, 5, 6], stop_sequences=((2, 3, 4),))
        assert [step.released for step in steps] == [((1,),), ((),), ((),), ((2, 3, 5),), ((6,),)]
        assert decoded.rows == [[1, 2, 3, 5, 6]]

    def test_what_is_held_back_at_the_end_is_released(self):
        steps, _ = recite([1, 2, 3], stop_sequences=((2, 3, 4),))
        assert [step.released for step in steps] == [((1,),), ((),), ((2, 3),)]
        steps, _ = recite([1, 2, 9, 3], stop_sequences=((2, 9, 4),), end_token=9)
        assert [step.released for step in steps] == [((1,),), ((),), ((2, 9),)]

    def test_one_that_begins_within_another_that_fails(self):
        # 2 2 3: the first 2 seemed to begin the sequence, the second does.
        _, decoded = recite([2, 2, 3, 4], stop_sequences=((2, 3),))
        assert decoded.rows == [[2]]

    def test_of_two_that_end_together_the_longest_is_cut(self):
        _, decoded = recite([1, 2, 3, 4], stop_sequences=((3,), (2, 3)))
        assert decoded.rows == [[1]]

    def test_a_shorter_one_inside_one_that_is_open(self):
        # 1 2 may begin 1 2 7, but 2 3 is complete first.
        _, decoded = recite([1, 2, 3, 4], stop_sequences=((1, 2, 7), (2, 3)))
        assert decoded.rows == [[1]]

    def test_the_prompt_is_no_part_of_one(self):
        prompts = Prompts(torch.tensor([[5, 2]]))
        cfg = DecodingConfig(max_new_tokens=2, stop_sequences=((2, 3),))
        decoded = decode(Reciter([3, 4], n_prompt=2), prompts, greedy, cfg)
        assert decoded.rows == [[3, 4]]

    def test_a_batch_of_nothing_but_a_stop_sequence(self):
        _, decoded = recite([1, 2], [1, 2], stop_sequences=((1, 2),))
        assert decoded.token_ids.shape == (2, 0)
        assert decoded.rows == [[], []]

    @given(
        tokens=st.lists(st.integers(0, 2), min_size=1, max_size=12),
        stops=st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), max_size=3),
    )
    def test_matches_a_search_in_the_whole_text(self, tokens, stops):
        expected = tokens
        for end in range(1, len(tokens) + 1):
            found = [stop for stop in stops if tokens[:end][-len(stop) :] == stop]
            if found:
                expected = tokens[: end - max(len(stop) for stop in found)]
                break
        steps, decoded = recite(tokens, stop_sequences=tuple(map(tuple, stops)))
        assert decoded.rows == [expected]
        assert [token for step in steps for token in step.released[0]] == expected


SAMPLED = SamplingConfig(temperature=0.9, top_p=0.9, repetition_penalty=1.2)


class OneDrawARow:
    """Draws each row with a generator of its own, so that a row alone draws the same."""

    def __init__(self, seeds):
        self.samplers = [
            FastSampler(SAMPLED, torch.Generator().manual_seed(seed)) for seed in seeds
        ]

    def __call__(self, logits, token_ids, n_padding=None):
        rows = range(len(logits))
        n_padding = [None] * len(logits) if n_padding is None else n_padding.split(1)
        return torch.cat(
            [self.samplers[i](logits[i : i + 1], token_ids[i : i + 1], n_padding[i]) for i in rows]
        )


class TestDecode:
    @settings(max_examples=30)
    @given(
        rows=st.lists(
            st.lists(st.integers(0, V - 1), min_size=1, max_size=9), min_size=1, max_size=4
        ),
        with_caches=st.booleans(),
        windows=st.sampled_from([(None, None, None), (3, None, 2)]),
        seed=st.integers(0, 99),
    )
    def test_a_batch_gives_what_its_rows_give_alone(self, rows, with_caches, windows, seed):
        model = TinyModel(V, seed=seed, windows=windows)
        cfg = DecodingConfig(
            max_new_tokens=7, end_token=3, stop_sequences=((1, 2), (5,)), padding_token=PAD
        )
        caches = model.empty_caches(len(rows)) if with_caches else ()
        prompts = Prompts.pad_left(rows, PAD)
        together = decode(model, prompts, OneDrawARow(range(len(rows))), cfg, caches)
        for i, row in enumerate(rows):
            alone = decode(model, Prompts(torch.tensor([row])), OneDrawARow([i]), cfg)
            assert together.rows[i] == alone.rows[0]

    def test_a_batch_of_a_whole_model_gives_what_its_rows_give_alone(self):
        cfg = GPT2Config(vocab_size=V, max_seq_len=20, d_model=12, n_heads=3, n_layers=2, d_ff=17)
        model = GPT2(cfg).double()
        for seed, parameter in enumerate(model.parameters()):
            normal = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
            parameter.data = normal.double()
        cfg = DecodingConfig(max_new_tokens=6, end_token=3)
        caches = model.reserve_caches(batch_size=3, max_seq_len=11)
        together = decode(model, Prompts.pad_left(PROMPTS, PAD), greedy, cfg, caches)
        alone = [decode(model, Prompts(torch.tensor([row])), greedy, cfg) for row in PROMPTS]
        assert together.rows == [one.rows[0] for one in alone]

    def test_the_choice_gets_the_text_so_far_and_nothing_to_learn_from(self):
        model, seen = TinyModel(V), []
        model.head.requires_grad_()

        def choose(logits, token_ids, n_padding=None):
            seen.append((token_ids.tolist(), n_padding.tolist()))
            assert not logits.requires_grad
            return torch.tensor([len(seen), 10])

        prompts = Prompts.pad_left([[1, 2], [3]], PAD)
        decode(model, prompts, choose, DecodingConfig(max_new_tokens=2, padding_token=PAD))
        assert seen == [
            ([[1, 2], [PAD, 3]], [0, 1]),
            ([[1, 2, 1], [PAD, 3, 10]], [0, 1]),
        ]

    def test_with_caches_each_token_is_read_once(self):
        model, cfg = TinyModel(V), DecodingConfig(max_new_tokens=6)
        prompts = Prompts.pad_left(PROMPTS, PAD)
        decode(model, prompts, greedy, cfg, model.empty_caches(3))
        assert model.n_positions == 3 * (5 + 6 - 1)
        assert model.n_scored == 3 * 6  # of the prompts the last position alone

    def test_caches_that_hold_the_beginning_of_the_prompts(self):
        model, cfg = TinyModel(V), DecodingConfig(max_new_tokens=6)
        prompts = Prompts.pad_left(PROMPTS, PAD)
        n_padding = prompts.n_padding
        caches = model(prompts.token_ids[:, :3], model.empty_caches(3), n_padding).caches
        begun = decode(model, prompts, greedy, cfg, caches)
        assert begun.rows == decode(model, prompts, greedy, cfg).rows

    def test_caches_that_hold_everything_are_refused(self):
        model = TinyModel(V)
        prompts = Prompts(torch.tensor([[1, 2, 3]]))
        caches = model(prompts.token_ids, model.empty_caches(1)).caches
        with pytest.raises(ValueError, match="3 positions leave none of 3 to read"):
            decode(model, prompts, greedy, DecodingConfig(max_new_tokens=1), caches)

    def test_greedy_follows_the_models_own_predictions(self):
        model = TinyModel(V)
        prompt = torch.tensor([[4, 2, 9]])
        decoded = decode(model, Prompts(prompt), greedy, DecodingConfig(max_new_tokens=8))
        whole = torch.cat([prompt, decoded.token_ids], dim=1)
        predicted = model(whole).logits.argmax(-1)
        assert torch.equal(predicted[:, 2:-1], decoded.token_ids)


class TestStream:
    def test_whoever_reads_may_stop(self):
        model = TinyModel(V)
        steps = stream(
            model, Prompts(torch.tensor([[1]])), greedy, DecodingConfig(max_new_tokens=50)
        )
        next(steps)
        next(steps)
        assert model.n_calls == 2

    def test_gradients_stay_on_for_the_reader(self):
        steps = stream(
            TinyModel(V), Prompts(torch.tensor([[1]])), greedy, DecodingConfig(max_new_tokens=5)
        )
        next(steps)
        assert torch.is_grad_enabled()
