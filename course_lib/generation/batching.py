"""Who is served when: a batch of requests until all are done, or in and out at each step.

No model is run. A step of the model gives one token to each request in the batch; how long it takes
is told by a function that is passed in, so that schedules can be compared for any machine.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Request:
    """A text asked for.

    Attributes:
        arrival_s: When it is asked for.
        n_prompt: How many tokens the prompt has.
        n_new: How many new tokens it takes until the end token, which only shows when it comes.
    """

    arrival_s: float
    n_prompt: int
    n_new: int

    def __post_init__(self) -> None:
        if self.arrival_s < 0 or min(self.n_prompt, self.n_new) < 1:
            raise ValueError(f"a request comes at 0 or later, with tokens, unlike {self}")


@dataclass(frozen=True)
class Load:
    """What the model works on in one step.

    Attributes:
        n_sequences: How many rows the batch has.
        n_tokens: How many positions are computed in all: whole prompts, and else one a row.
    """

    n_sequences: int
    n_tokens: int


StepCost = Callable[[Load], float]  # seconds


@dataclass(frozen=True, kw_only=True)
class RooflineCost:
    """A step takes as long as reading the weights or as the arithmetic, whichever is longer.

    Attributes:
        weights_s: How long it takes to read all weights once, which every step does.
        token_s: How long the arithmetic for one position takes.
    """

    weights_s: float
    token_s: float

    def __call__(self, load: Load) -> float:
        """Return the seconds that a step takes."""
        return max(self.weights_s, load.n_tokens * self.token_s)


@dataclass(frozen=True)
class Step:
    """One step of the model.

    Attributes:
        start_s: When it begins.
        end_s: When it ends.
        load: What it works on, padding too.
        served: Which requests get a token.
        seq_lens: How long their texts are then, prompts too: what has to be remembered of them.
    """

    start_s: float
    end_s: float
    load: Load
    served: tuple[int, ...]
    seq_lens: tuple[int, ...]


@dataclass(frozen=True)
class Timeline:
    """What became of some requests.

    Attributes:
        requests: The requests.
        steps: The model's steps, in their order.
        done_s: When the answer to each request is handed over.
    """

    requests: tuple[Request, ...]
    steps: tuple[Step, ...]
    done_s: tuple[float, ...]

    @property
    def latencies_s(self) -> tuple[float, ...]:
        """How long each request took from its arrival until the answer is handed over."""
        pairs = zip(self.requests, self.done_s, strict=True)
        return tuple(done_s - request.arrival_s for request, done_s in pairs)

    @property
    def tokens_per_s(self) -> float:
        """Throughput: all new tokens over the time from the first arrival to the last answer."""
        begin_s = min(request.arrival_s for request in self.requests)
        return sum(request.n_new for request in self.requests) / (max(self.done_s) - begin_s)

    @property
    def idle_share(self) -> float:
        """The share of rows, over all steps, that were computed for nobody."""
        n_rows = sum(step.load.n_sequences for step in self.steps)
        return 1 - sum(len(step.served) for step in self.steps) / n_rows


def simulate_static(
    requests: Sequence[Request], max_sequences: int, step_cost: StepCost
) -> Timeline:
    """Serve batch by batch: nobody joins or leaves until the longest text of a batch is done.

    Whoever has arrived when the machine is free makes up a batch, in the order of arrival. Its
    prompts are padded to the longest, and rows that are done are computed all the same.

    Args:
        requests: What is asked for.
        max_sequences: How many rows a batch may have.
        step_cost: How long a step takes.

    Returns:
        The steps. Answers are handed over when their batch is done.

    Raises:
        ValueError: There is no request, or no room for one.
    """
    waiting = _queue(requests, max_sequences)
    clock_s, steps, done_s = 0.0, list[Step](), [0.0] * len(requests)
    while waiting:
        clock_s = max(clock_s, requests[waiting[0]].arrival_s)
        batch = _admit(waiting, requests, clock_s, max_sequences)
        longest_prompt = max(requests[i].n_prompt for i in batch)
        for n_made in range(1, max(requests[i].n_new for i in batch) + 1):
            load = Load(len(batch), len(batch) * (longest_prompt if n_made == 1 else 1))
            made = {i: n_made for i in batch if requests[i].n_new >= n_made}
            steps.append(_step(requests, made, load, clock_s, step_cost))
            clock_s = steps[-1].end_s
        for i in batch:
            done_s[i] = clock_s
    return Timeline(tuple(requests), tuple(steps), tuple(done_s))


def simulate_continuous(
    requests: Sequence[Request], max_sequences: int, step_cost: StepCost
) -> Timeline:
    """Serve step by step: whoever is done leaves, and whoever waits takes the place at once.

    Implements the iteration-level scheduling of Yu et al. 2022 ("Orca: A Distributed Serving System
    for Transformer-Based Generative Models", OSDI), where prompts are read in the same step in
    which others get their next token. Rows are counted here, not memory.

    Args:
        requests: What is asked for.
        max_sequences: How many rows a step may have.
        step_cost: How long a step takes.

    Returns:
        The steps. An answer is handed over when it is done.

    Raises:
        ValueError: There is no request, or no room for one.
    """
    waiting = _queue(requests, max_sequences)
    clock_s, steps, done_s = 0.0, list[Step](), [0.0] * len(requests)
    made: dict[int, int] = {}  # how many tokens each request in the batch has got
    while waiting or made:
        if not made:
            clock_s = max(clock_s, requests[waiting[0]].arrival_s)
        joining = _admit(waiting, requests, clock_s, max_sequences - len(made))
        n_tokens = len(made) + sum(requests[i].n_prompt for i in joining)
        load = Load(len(made) + len(joining), n_tokens)
        made = {i: n_made + 1 for i, n_made in made.items()} | dict.fromkeys(joining, 1)
        steps.append(_step(requests, made, load, clock_s, step_cost))
        clock_s = steps[-1].end_s
        for i in [i for i, n_made in made.items() if n_made == requests[i].n_new]:
            done_s[i] = clock_s
            del made[i]
    return Timeline(tuple(requests), tuple(steps), tuple(done_s))


def _queue(requests: Sequence[Request], max_sequences: int) -> deque[int]:
    """Return the requests in the order of arrival, of those that come together in their own."""
    if not requests or max_sequences < 1:
        raise ValueError(f"{len(requests)} requests and room for {max_sequences} make no schedule")
    return deque(sorted(range(len(requests)), key=lambda i: requests[i].arrival_s))


def _admit(
    waiting: deque[int], requests: Sequence[Request], clock_s: float, n_free: int
) -> list[int]:
    """Take those out of the queue who have arrived, as many as there are places."""
    admitted = []
    while waiting and len(admitted) < n_free and requests[waiting[0]].arrival_s <= clock_s:
        admitted.append(waiting.popleft())
    return admitted


def _step(
    requests: Sequence[Request],
    made: dict[int, int],
    load: Load,
    start_s: float,
    step_cost: StepCost,
) -> Step:
    """Return the step in which each request gets the token that its count says."""
    seq_lens = tuple(requests[i].n_prompt + n_made for i, n_made in made.items())
    return Step(start_s, start_s + step_cost(load), load, tuple(made), seq_lens)
