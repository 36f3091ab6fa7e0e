"""Look token ids up in a table, as a product with one-hot rows."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="embed",
    points=6,
    exports=("embed",),
    not_allowed=(
        "torch.nn.functional.one_hot",
        "torch.nn.functional.embedding",
        "torch.nn.functional.embedding_bag",
        "torch.nn.Embedding",
        "torch.nn.EmbeddingBag",
        "torch.embedding",
    ),
    hints=(
        "A one-hot row holds a 1 in the column of its id and 0 elsewhere. Which comparison of ids "
        "with 0, 1, …, V−1 gives that?",
        "`token_ids[..., None] == torch.arange(V)` has a True in each row, at its id. Turn it into "
        "the table's dtype and multiply with the table from the left.",
    ),
    time_limit_s=5.0,
)


def _parts(result: object) -> tuple[object, object]:
    """Take the answer apart, saying what is wrong when it is not a pair."""
    if type(result) is not tuple or len(result) != 2:
        raise CheckError("give two things: `return one_hot, vectors`", result)
    return result


def _one_hot(token_ids: Tensor, table: Tensor) -> Tensor:
    return torch.eye(table.shape[0], dtype=table.dtype)[token_ids]


@exercise.item(
    "one row of zeros and a one for each id",
    points=2,
    sentence="`one_hot` has a row for each id and a column for each row of the table, with the 1 "
    "in the column of the id, in the table's dtype.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, vocab_size, d_model = draw.sizes(3)
    token_ids = draw.integers(0, vocab_size - 1, seq_len)
    table = draw.normal(vocab_size, d_model)
    one_hot, _ = _parts(learner.embed(token_ids, table))
    expect_close(one_hot, _one_hot(token_ids, table))


@exercise.item(
    "the product picks the rows of the table",
    points=2,
    sentence="`vectors` is the product of `one_hot` and the table: for each id its row.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, vocab_size, d_model = draw.sizes(3)
    token_ids = draw.integers(0, vocab_size - 1, seq_len)
    table = draw.normal(vocab_size, d_model)
    _, vectors = _parts(learner.embed(token_ids, table))
    expect_close(vectors, table[token_ids])


@exercise.item(
    "leading axes stay",
    points=1,
    sentence="Ids may come as one sequence or as a batch of them: every axis of `token_ids` stays, "
    "the new one comes last.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, seq_len, vocab_size, d_model = draw.sizes(4)
    table = draw.normal(vocab_size, d_model)
    for leading in ((batch_size,), (1, batch_size)):
        token_ids = draw.integers(0, vocab_size - 1, *leading, seq_len)
        one_hot, vectors = _parts(learner.embed(token_ids, table))
        expect_close(one_hot, _one_hot(token_ids, table))
        expect_close(vectors, table[token_ids])


@exercise.item(
    "the table learns",
    points=1,
    sentence="Gradients reach the table, float64 stays float64, and the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, vocab_size, d_model = draw.sizes(3)
    token_ids = draw.integers(0, vocab_size - 1, seq_len)
    table = draw.normal(vocab_size, d_model, dtype=torch.float64).requires_grad_()
    cotangent = draw.normal(seq_len, d_model, dtype=torch.float64)
    no_weight = torch.zeros(seq_len, vocab_size, dtype=torch.float64)
    result, gradients = learner.embed.vjp((no_weight, cotangent), token_ids, table)
    one_hot, vectors = _parts(result)
    expect_close(one_hot, _one_hot(token_ids, table))
    expect_close(vectors, table[token_ids])
    expect_gradient(gradients[0], _one_hot(token_ids, table).detach().T @ cotangent)
    expect_unchanged(learner)


@exercise.misconception(
    "Your one-hot matrix lies on its side: one row for each token, one column for each entry of "
    "the vocabulary, (T, V)."
)
def one_hot_transposed(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Put the vocabulary on the rows."""
    vocabulary = torch.arange(table.shape[0], device=table.device)
    one_hot = (vocabulary[:, None] == token_ids[..., None, :]).to(table.dtype)
    return one_hot, one_hot.mT @ table


@exercise.misconception(
    "You add the rows up, so that a sentence becomes one vector. Each token keeps its own: the "
    "result has an axis T."
)
def rows_summed(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Make a bag of words."""
    vocabulary = torch.arange(table.shape[0], device=table.device)
    one_hot = (token_ids[..., None] == vocabulary).to(table.dtype)
    return one_hot, (one_hot @ table).sum(-2)


@exercise.misconception(
    "A batch comes out as one long sequence. Keep the axes of `token_ids` and add the new one at "
    "the end; `@` works on the last two and carries the others along."
)
def leading_axes_dropped(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Flatten the ids first."""
    vocabulary = torch.arange(table.shape[0], device=table.device)
    one_hot = (token_ids.reshape(-1, 1) == vocabulary).to(table.dtype)
    return one_hot, one_hot @ table


@exercise.misconception(
    "Your one-hot rows are whole numbers or booleans, which torch does not multiply with a table "
    "of floats. Turn them into the table's dtype."
)
def whole_numbers(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Forget the dtype of the product."""
    vocabulary = torch.arange(table.shape[0], device=table.device)
    one_hot = (token_ids[..., None] == vocabulary).long()
    return one_hot, one_hot @ table


@exercise.misconception(
    "Your columns are shifted by one: ids count from 0, and id 0 is the table's first row."
)
def ids_from_one(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Count the vocabulary from 1."""
    vocabulary = torch.arange(1, table.shape[0] + 1, device=table.device)
    one_hot = (token_ids[..., None] == vocabulary).to(table.dtype)
    return one_hot, one_hot @ table


@exercise.misconception(
    "The vectors are cut off from the table (detach, .data, numpy or torch.tensor), so that the "
    "table could never learn. Multiply with the table itself."
)
def table_detached(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Multiply with a copy of the numbers."""
    vocabulary = torch.arange(table.shape[0], device=table.device)
    one_hot = (token_ids[..., None] == vocabulary).to(table.dtype)
    return one_hot, one_hot @ table.detach()


@exercise.alternative
def with_an_identity_matrix(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Take rows of the identity matrix; sum over the vocabulary with einsum."""
    one_hot = torch.eye(len(table), dtype=table.dtype, device=table.device)[token_ids]
    return one_hot, torch.einsum("...v,vd->...d", one_hot, table)


@exercise.alternative
def with_scatter(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Write the ones into zeros."""
    zeros = table.new_zeros(*token_ids.shape, len(table))
    one_hot = zeros.scatter_(-1, token_ids.unsqueeze(-1), 1.0)
    return one_hot, one_hot.matmul(table)


@exercise.alternative
def with_loops(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Place one number at a time."""
    flat = token_ids.reshape(-1).tolist()
    rows = [[1.0 if v == token_id else 0.0 for v in range(len(table))] for token_id in flat]
    one_hot = torch.tensor(rows, dtype=table.dtype, device=table.device)
    one_hot = one_hot.reshape(*token_ids.shape, len(table))
    return one_hot, (one_hot.unsqueeze(-1) * table).sum(-2)


@exercise.alternative
def with_indexing(token_ids: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Fill the ones by index; read the rows that the product would pick."""
    one_hot = torch.zeros(token_ids.numel(), len(table), dtype=table.dtype, device=table.device)
    one_hot[torch.arange(token_ids.numel()), token_ids.reshape(-1)] = 1
    return one_hot.reshape(*token_ids.shape, len(table)), table[token_ids]
