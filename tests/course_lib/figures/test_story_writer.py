"""The story writer's Python side: what it stores, writes, says and refuses."""

import json

import pytest
import torch
from ipywidgets.embed import dependency_state, embed_data

from course_lib.figures.base import MAX_MODULE_BYTES, Preset
from course_lib.figures.story_writer import StoryWriter
from course_lib.figures.writer_model import pack_model
from course_lib.generation.sampling import SamplingConfig
from course_lib.kernels.decoder_file import unpack_decoder
from tests.course_lib.figures.test_seeded_draws import random_numbers
from tests.course_lib.kernels.test_decoder_file import H, L, T, decoder

WORDS = ["anna", "ben", "cat", "dog", "ran", "sat", "saw", "the", "a", "to", "and", ".", "<end>"]
END = 12


def writer(**options):
    settings = {"beginning": "the cat"} | options
    return StoryWriter(decoder(settings.pop("positions", "rotary")), WORDS, **settings)


def next_by_hand(model, words, temperature, share):
    """Draw the next word without the figure's own arithmetic: shares in a row, a place on it."""
    with torch.no_grad():
        logits = model(torch.tensor([[WORDS.index(word) for word in words]])).logits[0, -1]
    probs = (logits.double() / temperature).softmax(-1).sort(descending=True)
    mass = 0.0
    for p, token in zip(probs.values.tolist(), probs.indices.tolist(), strict=True):
        mass += p
        if share < mass:
            return WORDS[token]
    raise AssertionError(f"{share} lies behind all shares")


class TestWrite:
    def test_it_draws_as_the_seed_and_the_rounded_model_say(self):
        figure = writer(seed=5, settings=SamplingConfig(temperature=1.4))
        model, shares = unpack_decoder(figure.file_content), random_numbers(5)
        text = ["the", "cat"]
        for _ in range(6):
            text.append(next_by_hand(model, text, 1.4, next(shares)))
            figure.write(1)
            if text[-1] == "<end>":
                break
            assert figure.text == text

    def test_in_steps_or_at_once_the_words_are_the_same(self):
        steps, once = writer(seed=8), writer(seed=8)
        while not steps.is_over:
            steps.write(1)
        once.write()
        assert steps.written == once.written
        assert once.is_over

    def test_a_word_taken_back_is_drawn_again(self):
        figure = writer(seed=2)
        figure.write(4)
        before = figure.written
        figure.written = before[:2]
        figure.write(2)
        assert figure.written == before

    def test_it_stops_where_the_model_reads_no_further(self):
        figure = writer()
        figure.written = ["ran"] * (T - 2)
        assert figure.is_over
        figure.write(3)
        assert figure.written == ["ran"] * (T - 2)

    def test_the_end_is_no_word_of_the_text(self):
        figure = writer()
        figure.written = ["ran", "<end>"]
        assert figure.is_over
        assert figure.text == ["the", "cat", "ran"]
        assert figure.numbers().weights.shape == (L, H, 3, 3)


class TestNumbers:
    def test_they_follow_what_the_reader_sets(self):
        figure = writer()
        figure.top_k = 3
        assert figure.numbers().next.n_kept == 3
        figure.temperature = 0.0
        assert figure.numbers().next.n_kept == 1
        figure.written = ["sat"]
        figure.beginning = "a dog"
        model = unpack_decoder(figure.file_content)
        want = model(torch.tensor([[8, 3, 5]])).logits[0, -1]
        torch.testing.assert_close(figure.numbers().logits, want, rtol=1e-5, atol=1e-6)

    def test_too_long_a_text_is_refused(self):
        figure = writer()
        figure.written = ["ran"] * T
        with pytest.raises(ValueError, match=f"reads {T} words, not {T + 2}"):
            figure.numbers()


class TestPage:
    def test_the_page_gets_no_model_but_its_name(self):
        figure = writer()
        assert figure.file == pack_model(decoder(), WORDS, "<end>").name
        assert figure.file_bytes == len(figure.file_content)
        state = embed_data([figure], state=dependency_state([figure], drop_defaults=False))
        (saved,) = [s for s in state["manager_state"]["state"].values() if "buffers" in s]
        assert [each["path"] for each in saved["buffers"]] == [["start"]]
        assert "file_content" not in saved["state"]
        shared = figure.get_state(["_esm", "_css", "layout"])
        rest = {k: v for k, v in saved["state"].items() if k not in shared}
        assert len(json.dumps(rest)) < 20_000

    def test_the_worker_stands_alone_and_is_small(self):
        worker = writer().worker
        assert len(worker.encode()) < MAX_MODULE_BYTES
        assert "import " not in worker
        assert "document" not in worker

    def test_python_sends_the_file_when_the_page_asks(self, monkeypatch):
        figure, sent = writer(), []
        monkeypatch.setattr(figure, "send", lambda *message: sent.append(message))
        figure._handle_custom_msg({"wanted": "model"}, [])
        figure._handle_custom_msg({"wanted": "else"}, [])
        assert sent == [({"file": figure.file}, [figure.file_content])]

    def test_buttons_bring_the_text_back(self):
        figure = writer(presets=[Preset("Hot", "Noise.", {"temperature": 2.0})])
        assert figure.presets[1]["values"] == {
            "beginning": "the cat",
            "written": [],
            "looking": None,
            "head": 0,
            "seed": 1,
            "temperature": 2.0,
        }


class TestWords:
    def test_the_text_alternative_tells_the_story_and_changes_nothing(self):
        figure = writer(seed=3)
        figure.written = ["ran"]
        said = figure.text_alternative()
        assert figure.written == ["ran"]
        raw = figure.numbers().next.raw
        best = WORDS[raw.argmax()]
        assert f"After “the cat ran” the model expects “{best}” {raw.max():.2f}," in said
        figure.write()
        assert said.endswith(f"With seed 3 it goes on: “{' '.join(figure.text[3:])}”")


class TestRefusals:
    @pytest.mark.parametrize(
        ("beginning", "why"),
        [
            ("", "from 1 to 8 words, not 0"),
            ("the " * T, f"from 1 to 8 words, not {T}"),
            ("the dragon", "'dragon' cannot stand"),
            ("the <end>", "'<end>' cannot stand"),
        ],
    )
    def test_a_beginning_that_is_none(self, beginning, why):
        with pytest.raises(ValueError, match=why):
            writer(beginning=beginning)

    @pytest.mark.parametrize("written", [["dragon"], ["<end>", "the"], ["the", "dragon"]])
    def test_words_that_cannot_have_been_written(self, written):
        with pytest.raises(ValueError, match="cannot stand in a text"):
            writer().written = written

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("head", L * H),
            ("head", -1),
            ("looking", T),
            ("top_k", 0),
            ("temperature", 2.1),
            ("top_p", 0.0),
            ("min_p", -0.1),
            ("seed", 2**32),
        ],
    )
    def test_what_is_out_of_reach(self, name, value):
        with pytest.raises(ValueError, match=f"{name} {value} is out of the figure's reach"):
            setattr(writer(), name, value)

    def test_a_repetition_penalty(self):
        with pytest.raises(ValueError, match=r"cannot be 1\.5"):
            writer(settings=SamplingConfig(repetition_penalty=1.5))
