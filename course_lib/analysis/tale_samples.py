"""Let a model tell many tales with some settings, and measure how right and how varied they are."""

from dataclasses import dataclass

import torch

from course_lib.analysis.grammaticality import grammaticality, judge
from course_lib.analysis.repetition import distinct_share
from course_lib.data.tale_tokens import END, START, decode, encode
from course_lib.decoder import Decoder
from course_lib.generation.decoding import DecodingConfig, Prompts
from course_lib.generation.decoding import decode as run_loop
from course_lib.generation.fast_sampling import FastSampler
from course_lib.generation.sampling import SamplingConfig
from course_lib.models.caching_decoder import CachingDecoder

# No tale of the grammar is longer; a model that goes on all the same is stopped here.
MAX_NEW_WORDS = 130
RUN_LENGTH = 4
"""How many words in a row count as one run when variety is measured."""


@dataclass(frozen=True)
class Quality:
    """What some tales are like.

    Attributes:
        stories: Share of whole tales without an error.
        sentences: Share of right sentences, up to the first wrong one of each tale.
        variety: Share of different runs of `RUN_LENGTH` words among all.
    """

    stories: float
    sentences: float
    variety: float


def tell_tales(
    model: Decoder, cfg: SamplingConfig, n_tales: int, seed: int, opening: str = START
) -> list[list[str]]:
    """Let a model tell tales side by side.

    Args:
        model: A decoder that has learned `tale_tokens`.
        cfg: How the next word is drawn.
        n_tales: How many tales.
        seed: Of the draws.
        opening: What every tale begins with.

    Returns:
        The words of each tale, the opening among them, without the end.
    """
    writer = CachingDecoder(model)
    prompts = Prompts(torch.tensor([encode(opening)] * n_tales))
    choose = FastSampler(cfg, torch.Generator().manual_seed(seed))
    caches = writer.reserve_caches(n_tales, prompts.token_ids.shape[1] + MAX_NEW_WORDS)
    stop = DecodingConfig(max_new_tokens=MAX_NEW_WORDS, end_token=END, padding_token=END)
    told = run_loop(writer, prompts, choose, stop, caches)
    return [[*opening.split(), *decode(row).split()] for row in told.rows]


def quality(tales: list[list[str]]) -> Quality:
    """Judge tales by the grammar, and count how often they say the same.

    Raises:
        ValueError: There is no tale, or none with a run of words.
    """
    share = grammaticality([judge(words) for words in tales])
    # Words that a tale cannot have would be refused, and a model says none.
    variety = distinct_share([encode(words) for words in tales], RUN_LENGTH)
    return Quality(share.tales, share.sentences, variety)
