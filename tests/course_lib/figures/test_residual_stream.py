"""The residual stream's Python side: what it stores, reads and says."""

import json
import re

import pytest
import torch
import traitlets
from ipywidgets.embed import embed_data

from course_lib.analysis.stream_trace import trace_stream
from course_lib.figures.base import MAX_MODULE_BYTES
from course_lib.figures.residual_stream import Preset, ResidualStream
from tests.course_lib.figures.test_residual_data import VOCABULARY, decoder, text


def figure(**options):
    return ResidualStream(
        [text("abcab", label="Five"), text("kj", label="Two", seed=1)],
        title="T",
        description="D.",
        **options,
    )


class TestNumbers:
    def test_stages_are_those_of_the_decoder(self):
        shown = figure(place=3)
        token_ids = torch.tensor([VOCABULARY.index(word) for word in "abcab"])
        for case, off in ((0, ()), (3, (2,)), (6, (1, 3))):
            shown.off = case
            trace = trace_stream(decoder(), token_ids, off)
            for i, stage in enumerate(shown.stages()):
                assert stage.length == pytest.approx(trace.streams[i, 3].norm().item(), abs=6e-4)
                shares = trace.logits[i, 3].softmax(-1)
                assert stage.read[0][0] == VOCABULARY[shares.argmax()]
                assert stage.next_share == pytest.approx(shares[1].item(), abs=6e-5)  # then "b"
        assert shown.stages(place=1, off=0) != shown.stages()

    def test_what_comes_out_for_the_next_word_at_each_place(self):
        shown = figure()
        shares = shown.next_shares()
        assert shares == [shown.stages(place)[-1].next_share for place in range(5)]
        assert shares[-1] == 0.0
        assert shown.next_shares(off=2) != shares


class TestState:
    def test_a_shorter_text_keeps_the_place_inside(self):
        shown = figure(place=4)
        shown.text = 1
        assert shown.place == 1

    @pytest.mark.parametrize(
        ("name", "value", "last"),
        [("text", 2, 1), ("off", 7, 6), ("off", -1, 6), ("place", 5, 4)],
    )
    def test_a_state_that_is_not_there(self, name, value, last):
        shown = figure()
        with pytest.raises(
            traitlets.TraitError, match=f"{name} {value} points outside: choose 0 to {last}"
        ):
            setattr(shown, name, value)
        assert getattr(shown, name) == 0

    def test_presets_bring_everything_back(self):
        shown = figure(place=2, presets=[Preset("P", "Q", {"text": 1, "off": 5, "place": 0})])
        assert [each["values"] for each in shown.presets] == [
            {"text": 0, "off": 0, "place": 2},
            {"text": 1, "off": 5, "place": 0},
        ]
        assert (shown.text, shown.off, shown.place) == (0, 0, 2)

    def test_a_preset_that_points_outside(self):
        with pytest.raises(traitlets.TraitError, match="off 7 points outside"):
            figure(presets=[Preset("P", "Q", {"off": 7})])

    def test_texts_that_do_not_fit_together(self):
        with pytest.raises(ValueError, match="“U” was read by 1 layers"):
            ResidualStream([text(), text(n_layers=1, label="U")])


class TestWords:
    def test_the_text_alternative_has_the_texts_and_the_word(self):
        shown = figure(place=1)
        shown.off = 5
        lines = shown.text_alternative().splitlines()
        assert lines[:3] == ["T. D.", "Five (m): a b c a b", "Two (m): k j"]
        assert lines[3].startswith("Word 2 of 5, “b”, without all attention. Its stream begins")
        assert shown.in_words() == lines[3]
        shown.off = 0
        assert shown.in_words().startswith("Word 2 of 5, “b”. Its stream begins")


class TestModule:
    def test_it_stands_alone_and_is_small(self):
        assert len(ResidualStream._esm.encode()) < MAX_MODULE_BYTES
        assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(", ResidualStream._esm, re.M)
        assert not re.search(r"https?:|url\((?!#)", ResidualStream._css)

    def test_the_page_gets_little(self):
        shown = ResidualStream([text("ab" * 20, n_layers=3)])  # 40 words, three layers
        state = embed_data([shown], drop_defaults=False)["manager_state"]["state"]
        saved = state[shown.model_id]
        del saved["state"]["_esm"], saved["state"]["_css"]
        assert len(json.dumps(saved)) < 70_000
