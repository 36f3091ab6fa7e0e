import itertools

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.generation.automaton import OneByte, compile_grammar, repeated
from course_lib.generation.constrained import NO_WAY, ConstrainedChoice, constrain
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.fast_sampling import FastSampler
from course_lib.generation.patterns import parse_pattern
from course_lib.generation.sampling import SamplingConfig
from tests.course_lib.generation.test_automaton import GRAMMARS
from tests.course_lib.generation.tiny_model import TinyModel

# Tokens of one byte, of several, and the end token without any.
WORDS = (b"a", b"b", b"c", b"ab", b"ca", b"abca", b"")
END = 6


def constraint_of(pattern, vocabulary=WORDS, end_token=END):
    return constrain(compile_grammar(parse_pattern(pattern)), vocabulary, end_token)


def allowed_after(constraint, tokens, n_left=NO_WAY - 1):
    state = 0
    for token in tokens:
        state = int(constraint.next_state[state, token])
    allowed = constraint.allowed(torch.tensor([state]), n_left)[0]
    return allowed.nonzero().flatten().tolist()


class TestConstrain:
    def test_hand_worked_case(self):
        # Of "abc": a or ab may begin it, abca is too long; behind it only the end.
        constraint = constraint_of("abc")
        assert allowed_after(constraint, []) == [0, 3]
        assert allowed_after(constraint, [0]) == [1]
        assert allowed_after(constraint, [3]) == [2]
        assert allowed_after(constraint, [3, 2]) == [END]
        assert allowed_after(constraint, [3, 2, END]) == [END]

    def test_how_many_tokens_are_needed(self):
        # ab c end, or a b c end.
        constraint = constraint_of("abc")
        assert constraint.n_needed[0].tolist() == [4, NO_WAY, NO_WAY, 3, NO_WAY, NO_WAY, NO_WAY]

    def test_a_text_may_need_as_many_tokens_as_there_are_states(self):
        # Three bytes and more of any kind: four states, none of them lost, and then the end.
        any_byte = OneByte(frozenset(range(256)))
        automaton = compile_grammar(repeated(any_byte, at_least=3))
        assert automaton.next_state.shape[0] == 4
        assert constrain(automaton, (*WORDS[:3], b""), 3).n_needed[0, 0] == 4

    def test_with_few_tokens_left_only_short_ways_are_allowed(self):
        constraint = constraint_of("abc|b")
        assert allowed_after(constraint, [], n_left=4) == [0, 1, 3]
        assert allowed_after(constraint, [], n_left=3) == [1, 3]
        assert allowed_after(constraint, [], n_left=2) == [1]

    def test_the_end_is_allowed_where_a_text_is_complete(self):
        constraint = constraint_of("a*")
        assert allowed_after(constraint, []) == [0, END]
        assert allowed_after(constraint, [0, 0]) == [0, END]

    def test_a_way_that_the_vocabulary_cannot_go_on_is_not_begun(self):
        # Behind c nothing but x could come, and no token says it.
        constraint = constraint_of("cx|ab")
        assert allowed_after(constraint, []) == [0, 3]

    def test_tokens_without_bytes_are_never_allowed_but_for_the_end(self):
        constraint = constraint_of("a*", vocabulary=(b"a", b"", b""), end_token=2)
        assert allowed_after(constraint, [0]) == [0, 2]

    def test_the_bytes_of_the_end_token_do_not_matter(self):
        constraint = constraint_of("ab", vocabulary=(b"a", b"b", b"ab"), end_token=2)
        assert allowed_after(constraint, []) == [0]
        assert allowed_after(constraint, [0, 1]) == [2]

    def test_characters_of_several_tokens(self):
        first, second = "é".encode()[:1], "é".encode()[1:]
        constraint = constraint_of("é!", vocabulary=(b"!", first, second, b""), end_token=3)
        assert [allowed_after(constraint, [1, 2, 0][:n]) for n in range(4)] == [[1], [2], [0], [3]]

    def test_it_can_be_moved_to_a_device(self):
        moved = constraint_of("abc").to(torch.device("meta"))
        assert moved.next_state.device.type == "meta"
        assert moved.allowed(torch.tensor([0], device="meta"), 9).device.type == "meta"

    def test_a_grammar_that_no_tokens_fit_is_refused(self):
        with pytest.raises(ValueError, match="no allowed text can be put together from 7 tokens"):
            constraint_of("a*x")

    @given(pair=GRAMMARS, vocabulary=st.sets(st.binary(min_size=1, max_size=3), max_size=3))
    def test_agrees_with_trying_every_text(self, pair, vocabulary):
        words = [b"a", b"bc", *sorted(vocabulary)]
        end_token = len(words)
        automaton = compile_grammar(pair[0])
        lengths = [
            n_tokens + 1
            for n_tokens in range(5)
            for tokens in itertools.product(words, repeat=n_tokens)
            if automaton.fits(b"".join(tokens))
        ]
        try:
            needed = int(constrain(automaton, [*words, b""], end_token).n_needed[0].min())
        except ValueError:
            assert lengths == []
        else:
            assert needed == min(lengths) if lengths else needed > 5


def decode_constrained(constraint, model, choose, n_rows, max_new_tokens):
    prompts = Prompts(torch.zeros(n_rows, 1, dtype=torch.long))
    cfg = DecodingConfig(max_new_tokens=max_new_tokens, end_token=END)
    choice = ConstrainedChoice(constraint, choose, n_rows, max_new_tokens)
    return decode(model, prompts, choice, cfg)


class TestConstrainedChoice:
    @settings(max_examples=40)
    @given(
        pair=GRAMMARS,
        seed=st.integers(0, 10**4),
        max_new_tokens=st.integers(1, 9),
        cfg=st.sampled_from(
            [
                SamplingConfig(),
                SamplingConfig(top_k=2, repetition_penalty=1.5),
                SamplingConfig(top_p=0.3),
            ]
        ),
    )
    def test_every_text_is_finished_and_fits(self, pair, seed, max_new_tokens, cfg):
        automaton = compile_grammar(pair[0])
        try:
            constraint = constrain(automaton, WORDS, END)
            ConstrainedChoice(constraint, greedy, 1, max_new_tokens)
        except ValueError:
            assume(False)
        model, sampler = (
            TinyModel(7, seed=seed),
            FastSampler(cfg, torch.Generator().manual_seed(seed)),
        )
        decoded = decode_constrained(constraint, model, sampler, 3, max_new_tokens)
        for *tokens, last in decoded.rows:
            assert last == END
            assert automaton.fits(b"".join(WORDS[token] for token in tokens))

    def test_each_row_goes_its_own_way(self):
        constraint = constraint_of("a+|b+|c+")
        sampler = FastSampler(SamplingConfig(temperature=9.0), torch.Generator().manual_seed(0))
        decoded = decode_constrained(constraint, TinyModel(7), sampler, 8, 6)
        firsts = {row[0] for row in decoded.rows}
        assert firsts == {0, 1, 2}
        assert len({len(row) for row in decoded.rows}) > 1
        assert all(set(row[:-1]) == {row[0]} for row in decoded.rows)

    def test_what_is_allowed_keeps_its_odds(self):
        seen = []

        def choose(logits, token_ids, n_padding=None):
            seen.append((logits, token_ids, n_padding))
            return logits.argmax(-1)

        logits = torch.arange(14.0).view(2, 7)
        token_ids, n_padding = torch.tensor([[4, 5], [6, 1]]), torch.tensor([0, 1])
        choice = ConstrainedChoice(constraint_of("abc"), choose, 2, 5)
        assert choice(logits, token_ids, n_padding).tolist() == [3, 3]
        expected = logits.clone()
        expected[:, [1, 2, 4, 5, 6]] = -torch.inf
        assert torch.equal(seen[0][0], expected)
        assert seen[0][1] is token_ids
        assert seen[0][2] is n_padding

    def test_as_the_tokens_run_out_the_text_is_brought_to_its_end(self):
        def eager(logits, token_ids, n_padding=None):
            return torch.where(logits[:, 0].isfinite(), 0, logits.argmax(-1))

        decoded = decode_constrained(constraint_of("a*c"), TinyModel(7), eager, 1, 6)
        assert decoded.rows == [[0, 0, 0, 0, 2, END]]
        decoded = decode_constrained(constraint_of("a*c"), TinyModel(7), eager, 1, 2)
        assert decoded.rows == [[2, END]]

    def test_too_few_tokens_are_refused(self):
        with pytest.raises(ValueError, match="takes 3 tokens, more than 2"):
            ConstrainedChoice(constraint_of("abc"), greedy, 1, 2)

    def test_a_choice_that_does_not_keep_to_it_is_refused(self):
        def stubborn(logits, token_ids, n_padding=None):
            return torch.tensor([3, 5])

        choice = ConstrainedChoice(constraint_of("abc"), stubborn, 2, 5)
        with pytest.raises(
            ValueError, match=r"tokens \[3, 5\] were picked, not all of them allowed"
        ):
            choice(torch.zeros(2, 7), torch.zeros(2, 1, dtype=torch.long))
