"""Answers to the exercise about packing: mistakes, and other right ways."""

import itertools

import numpy as np
import torch

from autograder.exercises.ch06_training.pack_documents_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "What does not fill a whole row is dropped at the end. No token is thrown away here: fill the "
    "last row up with `pad`."
)
def tail_dropped(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Keep whole rows only."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = len(tokens) // seq_len * seq_len
    token_ids = torch.tensor(tokens[:n]).reshape(-1, seq_len)
    segments = torch.tensor(owners[:n]).reshape(-1, seq_len)
    return token_ids, segments, (segments[:, :, None] == segments[:, None, :]).tril()


@exercise.misconception(
    "A token looks into the documents before its own. They only happen to stand in the same row: "
    "let a query look at keys of its own segment alone."
)
def attention_across_documents(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Take the plain causal mask, padding left out."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    is_token = segments != -1
    return token_ids, segments, (is_token[:, :, None] & is_token[:, None, :]).tril()


@exercise.misconception(
    "`eos` is missing. Without it nothing says where a document ends, and the model never learns "
    "to stop: put it after every document, the last one too."
)
def eos_lost(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Join the documents as they are."""
    tokens = [token for doc in docs for token in doc]
    owners = [i for i, doc in enumerate(docs) for _ in doc]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "`eos` stands only *between* documents. The last one ends too: put `eos` behind every document."
)
def no_eos_at_the_end(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Join with a separator."""
    tokens = [token for doc in docs for token in [*doc, eos]][:-1]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]][:-1]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "`eos` stands before each document. It ends a document: put it behind the last token."
)
def eos_in_front(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Take `eos` for a beginning."""
    tokens = [token for doc in docs for token in [eos, *doc]]
    owners = [i for i, doc in enumerate(docs) for _ in [eos, *doc]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "The segments are counted anew in each row. They are numbers of documents: one that runs on in "
    "the next row keeps its number there."
)
def segments_counted_by_row(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Begin each row at 0."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    segments = torch.where(segments == -1, -1, segments - segments[:, :1])
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception("The segments count from 1. The first document has the number 0.")
def segments_from_one(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Number documents as people do."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs, start=1) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "`eos` counts as part of the next document. It ends its own: the number goes up behind it."
)
def eos_belongs_to_the_next(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Let the number go up at `eos`."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i + (j == len(doc)) for i, doc in enumerate(docs) for j in range(len(doc) + 1)]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "Padding looks at padding: −1 equals −1. A row of padding may look at nothing: ask too whether "
    "the query is a token."
)
def padding_sees_padding(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Compare segments and ask nothing else."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    return token_ids, segments, (segments[:, :, None] == segments[:, None, :]).tril()


@exercise.misconception(
    "Padding counts as one more document. It belongs to none: its segment is −1."
)
def padding_is_a_document(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Give the padding the next number."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [len(docs)] * n).reshape(-1, seq_len)
    same = segments[:, :, None] == segments[:, None, :]
    return token_ids, segments, (same & (segments[:, :, None] < len(docs))).tril()


@exercise.misconception(
    "Padding is recognised by its token. But `pad` may be the token `eos`, or stand in a document: "
    "padding is what stands behind the last document, whatever the token."
)
def padding_known_by_its_token(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Look for `pad`."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    segments = torch.where(token_ids == pad, -1, segments)
    same = (segments[:, :, None] == segments[:, None, :]) & (token_ids != pad)[:, :, None]
    return token_ids, segments, same.tril()


@exercise.misconception(
    "The documents are found by counting `eos` in the row of all tokens. A document may hold that "
    "token itself, and padding may be it: number the documents while you put them there."
)
def documents_known_by_eos(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Count how many `eos` stand before."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    n = -len(tokens) % seq_len
    row = torch.tensor(tokens)
    ends = (row == eos).long()
    owners = torch.cat([ends.cumsum(0) - ends, torch.full((n,), -1)])
    token_ids = torch.cat([row, torch.full((n,), pad)]).reshape(-1, seq_len)
    segments = owners.reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "Queries look ahead at keys that stand behind them. Without a causal mask the answer to every "
    "prediction can be looked up: keep keys at or before the query (`tril`)."
)
def not_causal(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Let a document see itself whole."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = segments[:, :, None] == segments[:, None, :]
    return token_ids, segments, same & (segments[:, :, None] != -1)


@exercise.misconception(
    "Queries and keys are exchanged: position (query, key) is True where the *key* stands behind. "
    "Rows of the mask are queries; keep what lies at or below the diagonal."
)
def mask_transposed(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Keep the other triangle."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.triu()


@exercise.misconception(
    "A token does not look at itself. It may: it is what the next one is predicted from. Keep the "
    "diagonal of the mask."
)
def blind_to_itself(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Leave the diagonal out."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril(-1)


@exercise.misconception(
    "Every document begins a row of its own, and the rest of the row is padding. That is what "
    "packing is there to avoid: the next document follows at once."
)
def a_row_for_each(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Pad after each document."""
    tokens, owners = [], []
    for i, doc in enumerate(docs):
        n = -(len(doc) + 1) % seq_len
        tokens += [*doc, eos] + [pad] * n
        owners += [i] * (len(doc) + 1) + [-1] * n
    token_ids = torch.tensor(tokens).reshape(-1, seq_len)
    segments = torch.tensor(owners).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "Documents longer than a row are cut off. They run on in the next row, and lose nothing."
)
def long_ones_cut_off(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Keep what fits into one row."""
    kept = [[*doc, eos][:seq_len] for doc in docs]
    tokens = [token for doc in kept for token in doc]
    owners = [i for i, doc in enumerate(kept) for _ in doc]
    n = -len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.misconception(
    "When the tokens just fill the rows, a row of nothing but padding comes on top. Add what is "
    "missing to the next multiple of seq_len, which may be nothing."
)
def one_row_too_many(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Take a whole row for none."""
    tokens = [token for doc in docs for token in [*doc, eos]]
    owners = [i for i, doc in enumerate(docs) for _ in [*doc, eos]]
    n = seq_len - len(tokens) % seq_len
    token_ids = torch.tensor(tokens + [pad] * n).reshape(-1, seq_len)
    segments = torch.tensor(owners + [-1] * n).reshape(-1, seq_len)
    same = (segments[:, :, None] == segments[:, None, :]) & (segments[:, :, None] != -1)
    return token_ids, segments, same.tril()


@exercise.alternative
def row_by_row(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Fill one row after the other, token by token."""
    rows, owners = [[]], [[]]
    for number, doc in enumerate(docs):
        for token in [*doc, eos]:
            if len(rows[-1]) == seq_len:
                rows.append([])
                owners.append([])
            rows[-1].append(token)
            owners[-1].append(number)
    while len(rows[-1]) < seq_len:
        rows[-1].append(pad)
        owners[-1].append(-1)
    mask = [
        [[j <= i and own[i] == own[j] != -1 for j in range(seq_len)] for i in range(seq_len)]
        for own in owners
    ]
    return torch.tensor(rows), torch.tensor(owners), torch.tensor(mask)


@exercise.alternative
def with_repeat_interleave(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Repeat each number as often as its document has tokens."""
    row = torch.cat([torch.tensor([*doc, eos]) for doc in docs])
    lengths = torch.tensor([len(doc) + 1 for doc in docs])
    numbers = torch.arange(len(docs)).repeat_interleave(lengths)
    missing = (seq_len - len(row) % seq_len) % seq_len
    token_ids = torch.nn.functional.pad(row, (0, missing), value=pad).view(-1, seq_len)
    segment_ids = torch.nn.functional.pad(numbers, (0, missing), value=-1).view(-1, seq_len)
    place = torch.arange(seq_len)
    may = place[:, None] >= place
    may = may & segment_ids.unsqueeze(-1).eq(segment_ids.unsqueeze(-2))
    return token_ids, segment_ids, may & segment_ids.ge(0).unsqueeze(-1)


@exercise.alternative
def with_numpy(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Find each place's document by where documents end."""
    ends = np.cumsum([len(doc) + 1 for doc in docs])
    n_rows = -(-int(ends[-1]) // seq_len)
    row = np.full(n_rows * seq_len, pad, dtype=np.int64)
    row[: ends[-1]] = np.fromiter(
        itertools.chain.from_iterable([*doc, eos] for doc in docs), dtype=np.int64
    )
    place = np.arange(len(row))
    owner = np.where(place < ends[-1], np.searchsorted(ends, place, side="right"), -1)
    tokens, owners = row.reshape(n_rows, seq_len), owner.reshape(n_rows, seq_len)
    mask = np.tril(owners[:, :, None] == owners[:, None, :])
    mask[owners < 0] = False
    return torch.from_numpy(tokens), torch.from_numpy(owners), torch.from_numpy(mask)


@exercise.alternative
def block_by_block(docs: list, seq_len: int, eos: int, pad: int) -> tuple:
    """Put a triangle into the mask for each piece of a document in a row."""
    n_tokens = sum(map(len, docs)) + len(docs)
    n_rows = (n_tokens + seq_len - 1) // seq_len
    token_ids = torch.full((n_rows, seq_len), pad, dtype=torch.int64)
    segment_ids = torch.full_like(token_ids, -1)
    mask = torch.zeros(n_rows, seq_len, seq_len, dtype=torch.bool)
    place = 0
    for number, doc in enumerate(docs):
        left = [*doc, eos]
        while left:
            row, column = divmod(place, seq_len)
            piece = left[: seq_len - column]
            here = slice(column, column + len(piece))
            token_ids[row, here] = torch.tensor(piece)
            segment_ids[row, here] = number
            mask[row, here, here] = torch.ones(len(piece), len(piece), dtype=torch.bool).tril()
            place, left = place + len(piece), left[len(piece) :]
    return token_ids, segment_ids, mask
