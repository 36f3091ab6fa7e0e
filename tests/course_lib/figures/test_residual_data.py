"""What the figure of the residual stream is given: read in all cases, checked, packed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib.decoder import build_decoder
from course_lib.figures.residual_data import (
    N_READ,
    READING,
    cases_of,
    check_texts,
    first_stage,
    pack_readings,
    read_text,
    unpack_readings,
)

VOCABULARY = [*"abcdefghijk"]
V, L = len(VOCABULARY), 2


def decoder(n_layers=L, vocab_size=V, seed=0):
    return build_decoder(
        vocab_size=vocab_size,
        d_model=8,
        n_heads=2,
        n_layers=n_layers,
        d_ff=12,
        seed=seed,
        spread=0.7,
    )


def text(words="abcab", n_layers=L, label="T", seed=0):
    return read_text(decoder(n_layers, seed=seed), [*words], VOCABULARY, label=label, model="m")


def unpacked(*texts):
    vocabulary, packed = pack_readings(texts)
    lengths = [len(each.words) for each in texts]
    return vocabulary, unpack_readings(packed, lengths, texts[0].n_layers)


class TestCases:
    def test_each_part_alone_and_all_of_a_kind(self):
        assert cases_of(2) == [
            ("nothing", ()),
            ("attention 1", (0,)),
            ("feed-forward 1", (1,)),
            ("attention 2", (2,)),
            ("feed-forward 2", (3,)),
            ("all attention", (0, 2)),
            ("all feed-forward", (1, 3)),
        ]

    def test_the_first_stage_that_can_differ(self):
        assert [first_stage(off) for _, off in cases_of(2)] == [0, 1, 2, 3, 4, 1, 2]


class TestReadings:
    @pytest.mark.parametrize("case", range(7))
    def test_they_are_what_the_decoder_computes(self, case):
        """Compare with hooks on the decoder's own forward pass, stage by stage."""
        model, words = decoder().double(), "abcab"
        off = cases_of(L)[case][1]
        given = read_text(model, [*words], VOCABULARY, label="T", model="m")
        vocabulary, (whole,) = unpacked(given)
        found, added = {}, {}
        for layer, block in enumerate(model.blocks):
            parts = (
                (block.attention_norm, block.attention),
                (block.feed_forward_norm, block.feed_forward),
            )
            for kind, (norm, module) in enumerate(parts):
                part = 2 * layer + kind

                def keep_input(_m, args, part=part):
                    found[part] = args[0][0]

                def keep_output(_m, _args, out, part=part):
                    out = out * (part not in off)
                    added[part] = out[0]
                    return out

                norm.register_forward_pre_hook(keep_input)
                module.to_out.register_forward_hook(keep_output)
        last = model.final_norm.register_forward_pre_hook(
            lambda _m, args: found.update({4: args[0][0]})
        )
        token_ids = torch.tensor([VOCABULARY.index(word) for word in words])
        with torch.no_grad():
            model(token_ids[None])
            last.remove()
            shares = [
                (model.final_norm(found[stage]) @ model.embedding.weight.T).softmax(-1)
                for stage in range(5)
            ]
        half_a_step = 0.5 + 1e-6
        for stage in range(5):
            records = whole[case, stage]
            want = 1000 * found[stage].norm(dim=-1).numpy()
            assert np.abs(records["length"] - want).max() <= half_a_step
            best = shares[stage].topk(N_READ)
            got = [[vocabulary[word] for word in row] for row in records["words"]]
            assert got == [[VOCABULARY[word] for word in row] for row in best.indices.tolist()]
            assert np.abs(records["shares"] - 10_000 * best.values.numpy()).max() <= half_a_step
            for place in range(4):
                of_next = shares[stage][place, token_ids[place + 1]]
                rank = 1 + int((shares[stage][place] > of_next).sum())
                assert records["next_rank"][place] == rank
                assert abs(records["next_share"][place] - 10_000 * of_next) <= half_a_step
            assert (records["next_rank"][4], records["next_share"][4]) == (0, 0)
            if stage:
                want = 1000 * added[stage - 1].norm(dim=-1).numpy()
                assert np.abs(records["added"] - want).max() <= half_a_step
                cosine = torch.cosine_similarity(added[stage - 1], found[stage - 1], dim=-1)
                want = 10_000 * (1 + cosine.numpy())
                assert np.abs(records["cosine"] - want).max() <= half_a_step

    def test_long_streams_fit(self):
        model = decoder()
        with torch.no_grad():
            model.blocks[0].feed_forward.to_out.bias.fill_(1e5)
        _, (whole,) = unpacked(read_text(model, ["a"], VOCABULARY, label="T", model="m"))
        want = round(1000 * 8**0.5 * 1e5)
        assert whole[0, 2, 0]["length"].item() == pytest.approx(want, rel=1e-3)


class TestPacking:
    def test_texts_come_one_after_the_other(self):
        one, two = text("abcab"), text("kj", label="U")
        both = unpacked(one, two)
        alone = unpacked(one), unpacked(two)
        for i in (0, 1):
            assert both[1][i].shape == (7, 5, len((one, two)[i].words))
            for name in ("length", "added", "cosine", "shares", "next_share", "next_rank"):
                assert (both[1][i][name] == alone[i][1][0][name]).all()
            for where in ((0, 0, 0), (3, 4, 1), (6, 2, 0)):
                got = [both[0][word] for word in both[1][i][where]["words"]]
                assert got == [alone[i][0][word] for word in alone[i][1][0][where]["words"]]

    def test_only_stages_that_differ_are_packed(self):
        _, packed = pack_readings([text("abcab")])
        assert len(packed) == (5 + 4 + 3 + 2 + 1 + 4 + 3) * 5 * READING.itemsize

    def test_only_words_that_are_read_are_kept_and_numbered_anew(self):
        words = [f"w{number}" for number in range(97)]
        model = decoder(vocab_size=len(words))
        vocabulary, (whole,) = unpacked(read_text(model, ["w90"], words, label="T", model="m"))
        assert set(np.unique(whole["words"])) == set(range(len(vocabulary)))
        assert len(vocabulary) < len(words)
        with torch.no_grad():
            best = model(torch.tensor([[90]])).logits[0, 0].topk(N_READ).indices
        got = [vocabulary[number] for number in whole[0, -1, 0]["words"]]
        assert got == [words[number] for number in best]


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"words": []}, "“T” has 0 words: give 1 to 40"),
            ({"words": ["a"] * 41}, "“T” has 41 words: give 1 to 40"),
            ({"words": ["a", "z"]}, "“T” has the word 'z', which is not in the vocabulary"),
            ({"decoder": decoder(7)}, "the decoder has 7 layers: give at most 6"),
            ({"vocabulary": [*"abc"]}, "3 words for a decoder of 11 tokens"),
            (
                {"vocabulary": [*"abc"], "decoder": decoder(vocab_size=3)},
                "3 words for a decoder of 3 tokens: give as many, and 4 or more",
            ),
        ],
    )
    def test_what_cannot_be_read(self, options, message):
        parts = {"decoder": decoder(), "words": ["a"], "vocabulary": VOCABULARY} | options
        with pytest.raises(ValueError, match=message):
            read_text(**parts, label="T", model="m")

    def test_texts_that_do_not_fit_together(self):
        one = text()
        with pytest.raises(ValueError, match="give 1 to 3 texts, got 0"):
            check_texts([])
        with pytest.raises(ValueError, match="give 1 to 3 texts, got 4"):
            check_texts([one] * 4)
        with pytest.raises(ValueError, match="“U” was read by 1 layers, the first text by 2"):
            check_texts([one, text(n_layers=1, label="U")])
        with pytest.raises(ValueError, match="“T” has another vocabulary than the first"):
            check_texts([one, replace(one, vocabulary=VOCABULARY[::-1])])
        check_texts([one, text("kj")])
