"""Answers to the exercise about encoding with merges: mistakes, and other right ways."""

from itertools import pairwise

from autograder.exercises.ch02_self_attention.bpe_encode_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You take the longest token that fits, from left to right. Byte-pair encoding goes by the "
    "order of the merges: an earlier merge is done everywhere before a later one, even where a "
    "longer token would have fitted."
)
def greedy_longest_match(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Match the vocabulary as a dictionary of strings."""
    spelled = [bytes([i]) for i in range(256)]
    for first, second in merges:
        spelled.append(spelled[first] + spelled[second])
    data = text.encode("utf-8")
    token_ids, position = [], 0
    while position < len(data):
        fitting = [i for i, word in enumerate(spelled) if data.startswith(word, position)]
        best = max(fitting, key=lambda i: len(spelled[i]))
        token_ids.append(best)
        position += len(spelled[best])
    return token_ids


@exercise.misconception(
    "You go over the text once, so that what a merge made is never merged again. Go over the ids "
    "once for each merge, in the order of the merges."
)
def one_scan_only(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Join any known pair of bytes on the way."""
    ranks: dict[tuple[int, ...], int] = {pair: i for i, pair in enumerate(merges)}
    data = list(text.encode("utf-8"))
    token_ids, position = [], 0
    while position < len(data):
        rank = ranks.get(tuple(data[position : position + 2]))
        if rank is None:
            token_ids.append(data[position])
            position += 1
        else:
            token_ids.append(256 + rank)
            position += 2
    return token_ids


@exercise.misconception(
    "You start from characters (`ord`). Ids 0–255 are bytes: `text.encode('utf-8')`, in which é "
    "takes two and 世 three."
)
def characters_for_bytes(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Number the characters by their code points."""
    token_ids = [ord(character) for character in text]
    for i, pair in enumerate(merges):
        merged, position = [], 0
        while position < len(token_ids):
            if tuple(token_ids[position : position + 2]) == pair:
                merged.append(256 + i)
                position += 2
            else:
                merged.append(token_ids[position])
                position += 1
        token_ids = merged
    return token_ids


@exercise.misconception(
    "An id that has been joined is used again: in 'aaa' with the merge (a, a) the middle a can "
    "belong to one token only. After a merge go on by two."
)
def overlapping_merges(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Go on by one after a merge, and leave out what was covered."""
    token_ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        merged, covered = [], False
        for position, token_id in enumerate(token_ids):
            if tuple(token_ids[position : position + 2]) == pair:
                merged.append(256 + i)
                covered = True
            else:
                if not covered:
                    merged.append(token_id)
                covered = False
        token_ids = merged
    return token_ids


@exercise.misconception(
    "The last id is lost where it is not joined: a walk over pairs ends one id early. Keep the id "
    "that no pair begins with."
)
def last_id_dropped(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Stop where the last pair begins."""
    token_ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        merged, position = [], 0
        while position < len(token_ids) - 1:
            if (token_ids[position], token_ids[position + 1]) == pair:
                merged.append(256 + i)
                position += 2
            else:
                merged.append(token_ids[position])
                position += 1
        token_ids = merged
    return token_ids


@exercise.misconception(
    "Merge i makes the id i, which already is a byte's. The bytes take 0 to 255: the first merge "
    "makes 256, merge i makes 256 + i."
)
def numbered_from_nought(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Forget that the bytes come first."""
    token_ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        merged, position = [], 0
        while position < len(token_ids):
            if tuple(token_ids[position : position + 2]) == pair:
                merged.append(i)
                position += 2
            else:
                merged.append(token_ids[position])
                position += 1
        token_ids = merged
    return token_ids


@exercise.misconception(
    "You apply the merges from the last to the first. The first one learned joins the most "
    "frequent pair, and later ones build on it: go from the first."
)
def merges_in_reverse(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Go through the merges from the end."""
    token_ids = list(text.encode("utf-8"))
    for i, pair in reversed(list(enumerate(merges))):
        merged, position = [], 0
        while position < len(token_ids):
            if tuple(token_ids[position : position + 2]) == pair:
                merged.append(256 + i)
                position += 2
            else:
                merged.append(token_ids[position])
                position += 1
        token_ids = merged
    return token_ids


@exercise.alternative
def by_lowest_rank(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Do the earliest merge that is possible until none is, as GPT-2's own encoder does."""
    ranks = {pair: i for i, pair in enumerate(merges)}
    token_ids = list(text.encode("utf-8"))
    while len(token_ids) > 1:
        rank = min(ranks.get(pair, len(merges)) for pair in pairwise(token_ids))
        if rank == len(merges):
            break
        merged = []
        for token_id in token_ids:
            if merged and (merged[-1], token_id) == merges[rank]:
                merged[-1] = 256 + rank
            else:
                merged.append(token_id)
        token_ids = merged
    return token_ids


@exercise.alternative
def one_place_at_a_time(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Do one merge at one place, the earliest merge leftmost, in the list itself."""
    token_ids = list(text.encode("utf-8"))
    while True:
        places = [
            (merges.index(pair), i) for i, pair in enumerate(pairwise(token_ids)) if pair in merges
        ]
        if not places:
            return token_ids
        rank, i = min(places)
        token_ids[i : i + 2] = [256 + rank]


@exercise.alternative
def recursively(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Join the first pair, split around it, and leave later merges to the recursion."""

    def join(token_ids: tuple[int, ...], rank: int) -> tuple[int, ...]:
        for i in range(len(token_ids) - 1):
            if token_ids[i : i + 2] == merges[rank]:
                return (*token_ids[:i], 256 + rank, *join(token_ids[i + 2 :], rank))
        return token_ids

    token_ids = tuple(text.encode("utf-8"))
    for rank in range(len(merges)):
        token_ids = join(token_ids, rank)
    return list(token_ids)
