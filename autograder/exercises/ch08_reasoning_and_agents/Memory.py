"""Answers to the exercise about a memory: mistakes, and other right ways."""  # noqa: N999

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch08_reasoning_and_agents.Memory_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Recency is inverted: the older a memory, the larger your number. 0.99 to the power of the "
    "age is 1 for what was just written, and falls from there."
)
class RecencyInverted:
    """Prefer the old."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (one[3] - time) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "The three are added as they are. Importance goes up to 10, and the others to 1: it would "
    "decide alone. Normalise each one over all memories first."
)
class NotNormalised:
    """Add what there is."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []
        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(relevance, recency, importance, strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "Age is taken from the order in which memories were added. It is the difference of times, "
    "in hours: two memories may be a minute apart, or a year."
)
class OrderForTime:
    """Count the calls."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (len(self.kept) - 1 - i) for i in range(len(self.kept))]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "A memory that was given back counts as new from then on. Here its age is counted from when "
    "it was written; asking changes nothing."
)
class ReadingRefreshes:
    """Take reading for writing."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        best = order[:k]
        found = [self.kept[i][0] for i in best]
        for i in best:
            self.kept[i] = (*self.kept[i][:3], time)
        return found


@exercise.misconception(
    "All memories keep theirs in one list: a default argument, like an attribute of the class, is "
    "made once for all of them. Make the list in `__init__`, anew for each."
)
class OneListForAll:
    """Keep the list with the class, where a default argument's would be as well."""

    shared: list

    def __init__(self) -> None:
        kind = type(self)
        kind.shared = kind.__dict__.get("shared", [])
        self.kept = kind.shared

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "Recency falls in proportion to the age. It falls by a hundredth of what is left each hour: "
    "0.99 to the power of the age."
)
class LinearRecency:
    """Let age count in proportion."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [one[3] - time for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "Relevance is the product of the vectors, in which a long vector wins by its length. Divide "
    "by both lengths: the cosine."
)
class DotForCosine:
    """Multiply only."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [(one[1] @ vector).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "Where all values are equal you divide by 0: by highest − lowest. Equal values say nothing "
    "about who comes first: all become 0."
)
class DividesByNothing:
    """Normalise whatever comes."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "Of equal sums the older comes first. The newer should: sort by the sum, then by the time, "
    "both falling."
)
class OlderOnTies:
    """Keep the order."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "The list begins with the *worst* memory. Sort falling: `reverse=True`, or the negative of "
    "the sum."
)
class WorstFirst:
    """Sort upwards."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (sums[i], self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "The three are multiplied. One 0 then wipes the others out, and every list has one: its "
    "lowest value. Add them."
)
class ProductForSum:
    """Multiply the three."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [math.prod(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception("The importance is left out. All three count, each from 0 to 1.")
class ImportanceForgotten:
    """Leave one out."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if not self.kept:
            return []

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.misconception(
    "An empty memory makes `retrieve` fail: the lowest of nothing. It has nothing to give, and "
    "gives an empty list."
)
class FailsWhenEmpty:
    """Take for granted that there is something."""

    def __init__(self) -> None:
        self.kept = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.kept.append((text, vector, importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:

        def normalised(values: list) -> list:
            low, high = min(values), max(values)
            return [(value - low) / (high - low) if high > low else 0.0 for value in values]

        relevance = [F.cosine_similarity(one[1], vector, dim=0).item() for one in self.kept]
        recency = [0.99 ** (time - one[3]) for one in self.kept]
        importance = [one[2] for one in self.kept]
        parts = zip(*map(normalised, (relevance, recency, importance)), strict=True)
        sums = [sum(part) for part in parts]
        order = sorted(range(len(sums)), key=lambda i: (-sums[i], -self.kept[i][3]))
        return [self.kept[i][0] for i in order[:k]]


@exercise.alternative
class WithTensors:
    """Keep columns, and compute with all memories at once."""

    def __init__(self) -> None:
        self.texts, self.vectors, self.numbers = [], [], []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.texts.append(text)
        self.vectors.append(vector.double())
        self.numbers.append((importance, time))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        if len(self.texts) == 0:
            return []
        rows = torch.stack(self.vectors)
        importance, times = torch.tensor(self.numbers, dtype=torch.float64).T
        cosine = F.normalize(rows, dim=1) @ F.normalize(vector.double(), dim=0)
        table = torch.stack([cosine, 0.99 ** (time - times), importance])
        low, high = table.aminmax(dim=1, keepdim=True)
        spread = torch.where(high > low, high - low, 1.0)
        sums = ((table - low) / spread).sum(dim=0)
        newest_first = times.argsort(descending=True, stable=True)
        best = newest_first[sums[newest_first].argsort(descending=True, stable=True)]
        return [self.texts[i] for i in best[:k].tolist()]


@exercise.alternative
class OneAfterTheOther:
    """Take the best, then the best of the rest."""

    def __init__(self) -> None:
        self.notes = {}

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        self.notes[len(self.notes)] = {
            "text": text,
            "vector": vector.tolist(),
            "importance": importance,
            "time": time,
        }

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        question = vector.tolist()
        values = {}
        for key, note in self.notes.items():
            dot = sum(a * b for a, b in zip(note["vector"], question, strict=True))
            cosine = dot / math.hypot(*note["vector"]) / math.hypot(*question)
            recency = math.exp((time - note["time"]) * math.log(0.99))
            values[key] = (cosine, recency, note["importance"])
        sums = dict.fromkeys(values, 0.0)
        for part in range(3):
            column = [value[part] for value in values.values()]
            for key in values:
                if max(column) != min(column):
                    share = (values[key][part] - min(column)) / (max(column) - min(column))
                    sums[key] += share
        found = []
        while sums and len(found) < k:
            best = max(sums, key=lambda key: (sums[key], self.notes[key]["time"]))
            found.append(self.notes[best]["text"])
            del sums[best]
        return found


@exercise.alternative
class KeptInOrderOfTime:
    """Keep the newest in front; sorting leaves equals in their order."""

    def __init__(self) -> None:
        self._memories: list = []

    def add(self, text: str, vector: Tensor, importance: float, time: float) -> None:
        place = 0
        while place < len(self._memories) and self._memories[place][0] > time:
            place += 1
        self._memories.insert(place, (time, text, vector.clone(), importance))

    def retrieve(self, vector: Tensor, time: float, k: int) -> list:
        columns = [
            [torch.cosine_similarity(m[2], vector, dim=-1).item() for m in self._memories],
            [pow(0.99, time - m[0]) for m in self._memories],
            [m[3] for m in self._memories],
        ]
        scored = []
        for place, memory in enumerate(self._memories):
            total = 0.0
            for column in columns:
                width = max(column) - min(column)
                total += (column[place] - min(column)) / width if width else 0
            scored.append((total, memory[1]))
        scored.sort(key=lambda pair: pair[0], reverse=True)
        return [text for _, text in scored][:k]
