"""How probable a model finds the answers in some texts."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    Model,
    draw_model,
    draw_texts,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_tensor, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.own_gpt.parameters import Params, nothing_yet

exercise = Exercise(
    name="answer_log_p",
    points=10,
    exports=("answer_log_p",),
    not_allowed=(
        "course_lib.own_gpt.reference_training.reference_answer_log_p",
        "course_lib.training.answer_log_probs.answer_log_probs",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
        "autograder.visible.given_model",
    ),
    hints=(
        "The scores at a position speak of the token *behind* it. So scores lose their last "
        "position, and tokens and mask their first.",
        "`log_softmax` over the vocabulary, then `gather` with the tokens that came: one number a "
        "position. What belongs to no answer becomes 0, and each text is added up by itself.",
    ),
    time_limit_s=5.0,
)

Drawn = tuple[Tensor, Tensor, Params, int]


def _texts(draw: Draw, model: Model) -> tuple[Tensor, Tensor]:
    """Draw texts, and answers of unequal lengths at their ends."""
    n_texts, seq_len = (2, 4) if draw.small else (4, 8)
    texts = draw_texts(draw, model, n_texts, seq_len)
    first = draw.integers(2, seq_len - 1, n_texts, 1)
    first[0], first[1] = 2, seq_len - 1
    return texts, torch.arange(seq_len) >= first


def _drawn(draw: Draw, dtype: torch.dtype = torch.float32) -> Drawn:
    model = draw_model(draw, dtype, n_layers=1)
    return (*_texts(draw, model), model.params, model.n_heads)


def _want(given: Drawn, altered: tuple[str, ...] = ()) -> Tensor:
    texts, is_answer, params, n_heads = given
    parts = own(parts_for("answer_log_p", altered))
    logits, _ = parts.gpt(texts, params, nothing_yet(params, len(texts), n_heads), n_heads, parts)
    totals = []
    for row, own_mask, scores in zip(texts, is_answer, logits.double(), strict=True):
        places = [t for t in range(1, len(row)) if own_mask[t]]
        terms = [scores[t - 1, row[t]] - scores[t - 1].logsumexp(0) for t in places]
        totals.append(torch.stack(terms).sum())
    return torch.stack(totals).to(params["embedding"].dtype)


@exercise.item(
    "the sum over an answer",
    points=5,
    sentence="For each text the logarithms of the probabilities of its answer's tokens are added "
    "up, each given all tokens before it.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    expect_close(learner.answer_log_p(*given, parts_for("answer_log_p")), _want(given))


@exercise.item(
    "a hole in an answer",
    points=2,
    sentence="Only the tokens count where the mask is True, wherever they stand; the first token "
    "of a text, which nothing foretells, never does.",
)
def _(learner: Learner, draw: Draw) -> None:
    texts, is_answer, params, n_heads = _drawn(draw)
    is_answer = is_answer.clone()
    is_answer[:, 0], is_answer[0, 2], is_answer[0, 1] = True, False, True
    given = (texts, is_answer, params, n_heads)
    expect_close(learner.answer_log_p(*given, parts_for("answer_log_p")), _want(given))


@exercise.item(
    "made of the parts",
    points=1,
    sentence="The model is taken from `parts`: where it does something else, the result does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    got = learner.answer_log_p(*given, parts_for("answer_log_p", ("gpt",)))
    expect_close(got, _want(given, ("gpt",)))


@exercise.item(
    "one text, float64, gradients, and nothing changed",
    points=2,
    sentence="One text gives one number, in a row of its own. The result has the dtype of the "
    "parameters and hangs on them, so that they can learn from it; the arguments stay.",
)
def _(learner: Learner, draw: Draw) -> None:
    texts, is_answer, params, n_heads = _drawn(draw, torch.float64)
    texts, is_answer = texts[:1], is_answer[:1]
    params = {name: one.requires_grad_() for name, one in params.items()}
    got = learner.answer_log_p(texts, is_answer, params, n_heads, parts_for("answer_log_p"))
    expect_tensor(got, (1,), torch.float64)
    expect_close(got, _want((texts, is_answer, params, n_heads)))
    expect_true(got.requires_grad, "the result does not hang on the parameters: something cut off")
    expect_unchanged(learner)
