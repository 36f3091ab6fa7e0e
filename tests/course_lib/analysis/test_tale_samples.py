import pytest
import torch

from course_lib.analysis.tale_samples import quality, tell_tales
from course_lib.checkpoints.mini_gpt import CONFIG
from course_lib.data.tale_tokens import END, TOKENS, held_out_tales
from course_lib.decoder import Decoder
from course_lib.generation.sampling import SamplingConfig


@pytest.fixture(scope="module")
def model():
    return Decoder(CONFIG, torch.Generator().manual_seed(0), spread=0.1).eval()


class TestTelling:
    def test_tales_begin_with_the_opening_and_follow_the_seed(self, model):
        opening = "once sarah and"
        first = tell_tales(model, SamplingConfig(), 3, seed=1, opening=opening)
        again = tell_tales(model, SamplingConfig(), 3, seed=1, opening=opening)
        other = tell_tales(model, SamplingConfig(), 3, seed=2, opening=opening)
        assert first == again != other
        assert len(first) == 3
        assert all(words[:3] == opening.split() for words in first)
        assert all("<end>" not in words for words in first)

    def test_each_word_is_drawn_from_the_model(self, model):
        [words] = tell_tales(model, SamplingConfig(temperature=0.0), 1, seed=0)
        text = torch.tensor([[*map(_token, words)]])
        with torch.no_grad():
            best = model(text).logits[0].argmax(dim=-1).tolist()
        assert best[:-1] == text[0, 1:].tolist()
        assert best[-1] == END or len(words) == 131


class TestQuality:
    def test_real_tales_are_right(self):
        measured = quality([list(tale.words) for tale in held_out_tales(20)])
        assert (measured.stories, measured.sentences) == (1.0, 1.0)
        assert 0.5 < measured.variety < 1

    def test_hand_worked(self):
        tale = list(held_out_tales(1)[0].words)
        n_sentences, n_runs = tale.count("."), len(tale) - 3
        measured = quality([tale, tale, ["the"] * 5])
        assert measured.stories == 2 / 3
        assert measured.sentences == 2 * n_sentences / (2 * n_sentences + 1)
        # Two equal runs of four in the last text.
        assert measured.variety == (len(_runs(tale)) + 1) / (2 * n_runs + 2)

    def test_no_tales(self):
        with pytest.raises(ValueError, match="at least one"):
            quality([])


def _token(word):
    return TOKENS.index(word)


def _runs(words):
    return {tuple(words[i : i + 4]) for i in range(len(words) - 3)}
