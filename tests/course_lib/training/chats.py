"""Small conversations and models that tests of alignment share."""

import torch
from torch import nn

from course_lib.decoder import build_decoder
from course_lib.training.answer_log_probs import AnswerLogProbs
from course_lib.training.chat_template import ChatBatch, Turn, template_after

TIGHT = {"rtol": 1e-12, "atol": 1e-12}
TEMPLATE = template_after(10)  # system 10, user 11, assistant 12, end 13, padding 14
V = 10 + TEMPLATE.n_special


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def conversations():
    """Three of different lengths; the second has two answers, the third one that was cut off."""
    return [
        [Turn("user", (1, 2)), Turn("assistant", (3, 4, 5))],
        [
            Turn("system", (9,)),
            Turn("user", (6,)),
            Turn("assistant", (7,)),
            Turn("user", (8, 1, 0)),
            Turn("assistant", (2, 3)),
        ],
        [Turn("user", (5,)), Turn("assistant", (4, 9), is_ended=False)],
    ]


def chat_batch() -> ChatBatch:
    return TEMPLATE.batch(conversations())


def other_answers() -> ChatBatch:
    """The same questions with other last answers."""
    ends = [(9, 9), (0, 1, 2, 3), (6,)]
    return TEMPLATE.batch(
        [
            [*turns[:-1], Turn("assistant", end)]
            for turns, end in zip(conversations(), ends, strict=True)
        ]
    )


def decoder(seed=0) -> nn.Module:
    sizes = {"vocab_size": V, "d_model": 12, "n_heads": 3, "n_layers": 2, "d_ff": 20}
    return build_decoder(**sizes, seed=seed, spread=0.3).double()


def log_probs(seed=0, near=None, by=0.3) -> AnswerLogProbs:
    """Made-up log-probabilities of the answers of `chat_batch`, near others if they are given."""
    is_answer = chat_batch().is_answer
    noise = rand(*is_answer.shape, seed=seed)
    values = -1.0 - noise.abs() if near is None else near.values + by * noise
    return AnswerLogProbs(values.where(is_answer, 0.0), is_answer)
