"""The story writer: a small GPT that runs in the reader's browser, one word after the other.

The page holds what the model says of the text at the start. With the reader's first press the
figure fetches the model, from the site or from the kernel, as the file that `decoder_file` writes;
a Web Worker then computes from it what `StoryWriter.numbers` computes in Python. Axes: L layers, H
heads, T tokens of the text, V vocabulary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import traitlets

from course_lib.decoder import Decoder
from course_lib.figures.base import Figure, Preset, compose_module
from course_lib.figures.formats import fixed
from course_lib.figures.sampling_playground import RANGES as PLAYGROUND_RANGES
from course_lib.figures.seeded_draws import pick, random_share
from course_lib.figures.writer_model import head_labels, pack_model
from course_lib.figures.writer_numbers import WriterNumbers, pack_start, writer_numbers
from course_lib.generation.sampling import SamplingConfig

# What a chapter's cell needs.
__all__ = ["Preset", "StoryWriter"]

# How far the reader may move each setting. Hotter than 2, every story is noise.
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "temperature": (0.0, 2.0),
        **{name: PLAYGROUND_RANGES[name] for name in ("top_p", "min_p", "seed")},
    }
)
PACES = (0, 2, 8)
"""Words a second that the page offers; 0 waits for nothing."""
WORKER = Path(__file__).with_name("writer") / "worker.js"
START = "Press “One word”, and see what was expected and where the last word looked."


class StoryWriter(Figure):
    """A text that a GPT goes on with, the next words it expects, and where its words look.

    Attributes:
        words: What each token says.
        end: Index of the token that ends a story.
        file: Name of the model's file in the site's `_static` folder.
        file_bytes: Its size.
        worker: The module that reads the file and computes.
        max_seq_len: Most words that the model reads.
        head_labels: Names of the heads, first layer first.
        start: What the model says of the text at the start, as `pack_start` writes it.
        start_text: The words of that text.
        beginning: The words that the reader gives, with spaces between them.
        written: The words that the model has added.
        looking: Index of the word whose weights are shown. None: the last of the text.
        head: Index of the head whose weights are shown.
        temperature: See `SamplingConfig`, here and below.
        top_k: None keeps all.
        top_p: 1 keeps all.
        min_p: 0 keeps all.
        seed: What the drawn words depend on, besides the settings.
        pace: Words a second while a story is written, one of `PACES`.
        ranges: How far the reader may move each setting.
    """

    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    end = traitlets.Int().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)
    file_bytes = traitlets.Int().tag(sync=True)
    worker = traitlets.Unicode().tag(sync=True)
    max_seq_len = traitlets.Int().tag(sync=True)
    head_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    start = traitlets.Bytes().tag(sync=True)
    start_text = traitlets.List(traitlets.Unicode()).tag(sync=True)
    beginning = traitlets.Unicode().tag(sync=True)
    written = traitlets.List(traitlets.Unicode()).tag(sync=True)
    looking = traitlets.Int(None, allow_none=True).tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(None, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)
    min_p = traitlets.Float(0.0).tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    pace = traitlets.Enum(PACES, default_value=8).tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        model: Decoder,
        words: Sequence[str],
        *,
        beginning: str,
        end: str = "<end>",
        head: int = 0,
        settings: SamplingConfig | None = None,
        seed: int = 1,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "A small GPT that writes stories",
        description: str = "A small language model goes on with a text in your browser, word by "
        "word; bars show the words that it expects, shades where each word looks.",
    ) -> None:
        """Round the model to 8 bits and let it read the beginning.

        Args:
            model: The decoder.
            words: What each of its tokens says.
            beginning: The text that stands there first, with spaces between its words.
            end: The token that ends a story.
            head: Index of the head whose weights are shown first; those of the first layer come
                first.
            settings: What the sliders show first. None: temperature 1 and no filter.
            seed: What the drawn words depend on.
            see: What there is to see and to try at the start.
            presets: Further states behind buttons.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: `pack_model` refuses the model, or a setting is out of reach.
        """
        packed = pack_model(model, words, end)
        chosen = asdict(settings or SamplingConfig())
        if (penalty := chosen.pop("repetition_penalty")) != 1:
            raise ValueError(f"the figure has no repetition penalty, so it cannot be {penalty}")
        self._packed = packed
        super().__init__(
            words=list(words),
            end=list(words).index(end),
            file=packed.name,
            file_bytes=len(packed.content),
            worker=compose_module(WORKER),
            max_seq_len=model.cfg.max_seq_len,
            head_labels=head_labels(model.cfg),
            ranges={name: list(ends) for name, ends in RANGES.items()},
            title=title,
            description=description,
        )
        for name, value in {"beginning": beginning, "head": head, "seed": seed, **chosen}.items():
            setattr(self, name, value)  # after the words: they decide what fits
        self.start_text = self.beginning.split()
        self.start = pack_start(self.numbers())
        self.on_msg(self._send_file)
        self.offer(see, presets, restored=("beginning", "written", "looking", "head", "seed"))

    @property
    def file_content(self) -> bytes:
        """The model's file, which the site serves under the name `file`."""
        return self._packed.content

    @property
    def text(self) -> list[str]:
        """The words so far, without the token that ends a story."""
        words = [*self.beginning.split(), *self.written]
        return words[:-1] if words[-1] == self.words[self.end] else words

    @property
    def is_over(self) -> bool:
        """Whether the story has ended, or there is no room for another word."""
        ended = self.written[-1:] == [self.words[self.end]]
        return ended or len(self.text) >= self.max_seq_len

    def numbers(self) -> WriterNumbers:
        """Compute what the figure shows now, the reader's words and settings included.

        Returns:
            Scores, probabilities and weights of the model as 8 bits have left it.

        Raises:
            ValueError: Beginning and written words together are more than the model reads.
        """
        text = self.text
        if len(text) > self.max_seq_len:
            raise ValueError(f"the model reads {self.max_seq_len} words, not {len(text)}")
        token_ids = [self.words.index(word) for word in text]
        cfg = SamplingConfig(
            temperature=self.temperature, top_k=self.top_k, top_p=self.top_p, min_p=self.min_p
        )
        return writer_numbers(self._packed.model, self.words, token_ids, cfg)

    def write(self, n_words: int | None = None) -> None:
        """Write as the buttons do: the same words for the same seed, text and settings.

        Args:
            n_words: How many words. None goes on until the story is over.
        """
        while not self.is_over and n_words != 0:
            token = pick(self.numbers().next, random_share(self.seed, len(self.written)))
            self.written = [*self.written, self.words[token]]
            n_words = None if n_words is None else n_words - 1

    def text_alternative(self) -> str:
        """Say which words are expected next, and how the story goes on."""
        numbers = self.numbers().next
        best = numbers.raw.argsort(descending=True, stable=True)[:3].tolist()
        named = ", ".join(f"“{self.words[i]}” {fixed(numbers.raw[i].item())}" for i in best)
        return (
            f"{super().text_alternative()}\nAfter “{' '.join(self.text)}” the model expects "
            f"{named}. With seed {self.seed} it goes on: “{' '.join(self._continuation())}”"
        )

    def _continuation(self) -> list[str]:
        """Return the words that would end the story, and leave the figure as it is."""
        before, n_before = self.written, len(self.text)
        with self.hold_sync():
            self.write()
            after = self.text[n_before:]
            self.written = before
        return after

    def _send_file(self, _: Any, content: Any, buffers: Any) -> None:  # noqa: ANN401
        if content == {"wanted": "model"}:
            self.send({"file": self.file}, [self._packed.content])

    @traitlets.validate("beginning")
    def _check_beginning(self, proposal: traitlets.Bunch) -> str:
        words = str(proposal.value).split()
        if not 1 <= len(words) < self.max_seq_len:
            raise ValueError(
                f"a beginning has from 1 to {self.max_seq_len - 1} words, not {len(words)}"
            )
        self._check_known(words, self.words[self.end])
        return " ".join(words)

    @traitlets.validate("written")
    def _check_written(self, proposal: traitlets.Bunch) -> list[str]:
        words = list(proposal.value)
        self._check_known(words[:-1], self.words[self.end])
        self._check_known(words[-1:])
        return words

    def _check_known(self, words: Sequence[str], refused: str = "") -> None:
        for word in words:
            if word not in self.words or word == refused:
                raise ValueError(f"{word!r} cannot stand in a text: the model has no such word")

    @traitlets.validate("head", "looking", "top_k", *RANGES)
    def _check_range(self, proposal: traitlets.Bunch) -> int | float | None:
        name, value = proposal.trait.name, proposal.value
        ends = {
            "head": (0, len(self.head_labels) - 1),
            "looking": (0, self.max_seq_len - 1),
            "top_k": (1, len(self.words)),
        }
        low, high = {**ends, **RANGES}[name]
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} {value} is out of the figure's reach: choose {low} to {high}")
        return value
