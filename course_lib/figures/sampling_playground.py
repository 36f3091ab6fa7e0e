"""The sampling playground: what a temperature and four filters do to the next token's distribution.

Axes: V tokens of one prompt's vocabulary. The figure holds the logits; its module scales, cuts and
draws in the reader's browser, and `SamplingPlayground.numbers` computes the same with
`course_lib.generation.sampling`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

import numpy as np
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.formats import fixed, plain
from course_lib.figures.playground_numbers import PlaygroundNumbers, playground_numbers
from course_lib.figures.playground_prompts import MAX_TOKENS, NextTokens, pack_prompt
from course_lib.generation.sampling import SamplingConfig

# What a chapter's cell needs.
__all__ = ["NextTokens", "PlaygroundNumbers", "SamplingPlayground"]

# More rows than this are a list that nobody reads; what lies below them is shown as a sum.
N_SHOWN = 60
# How far the reader may move each setting.
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "temperature": (0.0, 3.0),
        "top_p": (0.01, 1.0),
        "min_p": (0.0, 1.0),
        "repetition_penalty": (0.5, 2.0),
        "n_draws": (0, 10_000),
        "seed": (0, 2**32 - 1),
    }
)
START = (
    "“Raw” is what the model says, “now” what the settings leave of it. Draw some tokens, then "
    "move a slider."
)


def _preset(label: str, see: str, settings: SamplingConfig) -> Preset:
    """Take every setting along, so that a filter of the start does not stay."""
    return Preset(label, see, asdict(settings))


NO_FILTER = _preset(
    "No filter", "Every token can come, as often as its probability has it.", SamplingConfig()
)
PRESETS = (
    _preset(
        "Greedy",
        "Temperature 0 leaves one token. Draw a hundred: always the same.",
        SamplingConfig(temperature=0.0),
    ),
    _preset(
        "Careful",
        "Sharpened, and the tail cut off by top-p: few tokens, seldom a strange one.",
        SamplingConfig(temperature=0.7, top_p=0.9),
    ),
    _preset(
        "Creative",
        "Flattened a little, while min-p cuts what is far less probable than the first.",
        SamplingConfig(temperature=1.2, min_p=0.1),
    ),
    _preset(
        "Broken",
        "Flattened, and nothing cut: improbable tokens come up far too often.",
        SamplingConfig(temperature=3.0),
    ),
)


class SamplingPlayground(Figure):
    """Bars of raw and filtered probabilities, sliders for the filters, and tokens drawn.

    Attributes:
        prompts: The texts so far.
        tokens: The tokens that can come after each prompt, by falling logit.
        logits: Their logits, one prompt after another, as little-endian float64.
        prompt: Index of the prompt shown.
        seen: Indices of the tokens seen so far, for each prompt.
        temperature: See `SamplingConfig`, here and below.
        top_k: None keeps all.
        top_p: 1 keeps all.
        min_p: 0 keeps all.
        repetition_penalty: 1 changes nothing.
        seed: What the drawn tokens depend on, besides the settings.
        n_draws: How many tokens are drawn.
        ranges: How far the reader may move each setting.
        n_shown: How many tokens have rows of their own.
    """

    prompts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    tokens = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    logits = traitlets.Bytes().tag(sync=True)
    prompt = traitlets.Int().tag(sync=True)
    seen = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(None, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)
    min_p = traitlets.Float(0.0).tag(sync=True)
    repetition_penalty = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    n_draws = traitlets.Int(0).tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)
    n_shown = traitlets.Int(N_SHOWN).tag(sync=True)

    def __init__(
        self,
        prompts: Sequence[NextTokens],
        *,
        settings: SamplingConfig | None = None,
        prompt: int = 0,
        seed: int = 1,
        n_draws: int = 0,
        see: str = START,
        title: str = "Sampling playground",
        description: str = "Bars show how probable each next token is, before and after the "
        "filters that the sliders set.",
    ) -> None:
        """Check the distributions and pack them for the page.

        Args:
            prompts: At least one prompt with the tokens that can follow it.
            settings: What the sliders show first. None: temperature 1 and no filter.
            prompt: Index of the prompt shown first.
            seed: Seed of the draws shown first.
            n_draws: How many tokens are drawn at first.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: There is no prompt, a prompt's tokens and logits do not fit, or a setting is
                out of the sliders' reach.
        """
        if not prompts:
            raise ValueError("the sampling playground needs at least one prompt")
        packed = [pack_prompt(each) for each in prompts]
        settings = settings or SamplingConfig()
        if not 0 <= prompt < len(prompts):
            raise ValueError(f"prompt {prompt} points outside: choose 0 to {len(prompts) - 1}")
        super().__init__(
            prompts=[each.prompt for each in prompts],
            tokens=[each.tokens for each in packed],
            logits=b"".join(each.logits for each in packed),
            seen=[each.seen for each in packed],
            prompt=prompt,
            seed=seed,
            n_draws=n_draws,
            ranges={name: list(ends) for name, ends in RANGES.items()},
            title=title,
            description=description,
            **asdict(settings),
        )
        starts_unfiltered = settings == SamplingConfig()
        self.offer(see, PRESETS if starts_unfiltered else (NO_FILTER, *PRESETS))

    def numbers(self, prompt: int | None = None) -> PlaygroundNumbers:
        """Compute what the figure shows now, the reader's settings included.

        Args:
            prompt: Index of a prompt. None takes the one shown.

        Returns:
            Probabilities in float64, and which rule cut which token.
        """
        prompt = self.prompt if prompt is None else prompt
        cfg = SamplingConfig(
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
        )
        logits = self._logits(prompt)
        return playground_numbers(self.tokens[prompt], logits, self.seen[prompt], cfg)

    def text_alternative(self) -> str:
        """Say for each prompt which tokens are most probable, and how many may be drawn."""
        lines = [
            super().text_alternative(),
            f"At temperature {plain(self.temperature)}, top-k {self.top_k or 'off'}, "
            f"top-p {plain(self.top_p)}, min-p {plain(self.min_p)}, "
            f"repetition penalty {plain(self.repetition_penalty)}:",
        ]
        for prompt, text in enumerate(self.prompts):
            numbers = self.numbers(prompt)
            best = ", ".join(
                f"“{token}” {fixed(p)}"
                for token, p in zip(numbers.tokens[:3], numbers.raw[:3].tolist(), strict=True)
            )
            lines.append(
                f"After “{text}”: {best}; {numbers.n_kept} of {len(numbers.tokens)} tokens may be "
                "drawn"
            )
        return "\n".join(lines)

    @traitlets.validate("top_k", *RANGES)
    def _check_range(self, proposal: traitlets.Bunch) -> int | float | None:
        name, value = proposal.trait.name, proposal.value
        low, high = RANGES.get(name, (1, MAX_TOKENS))
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} {value} is out of the figure's reach: choose {low} to {high}")
        return value

    def _logits(self, prompt: int) -> Float[Tensor, " V"]:
        sizes = [len(tokens) for tokens in self.tokens]
        numbers = torch.from_numpy(np.frombuffer(self.logits, dtype="<f8").astype(np.float64))
        return numbers.split(sizes)[prompt]
