"""What the cache calculator computes: bytes of a cache, where it outgrows the weights, what fits.

A gigabyte is 10⁹ bytes here, for caches, cards and bandwidths alike.
"""

from dataclasses import dataclass, replace

from course_lib.kernels.memory import cache_bytes, tokens_as_large_as

Number = int | float  # half a byte makes a float of what is whole otherwise

GIGA = 10**9
# The contexts of the chart and the table, one an octave.
CONTEXTS = tuple(2**power for power in range(7, 21))


@dataclass(frozen=True, kw_only=True)
class CacheSetting:
    """What the reader has chosen.

    Attributes:
        n_layers: Layers, each with a cache of its own.
        n_heads: Query heads of a layer.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        window: Positions that a layer with a window keeps; 0 if none has one.
        window_pattern: Which layers have it, as "of how many / in how many".
        cache_bytes_each: Bytes of one number of the cache: 4, 2, 1 or ½.
        weight_bytes_each: Bytes of one parameter.
        n_parameters: Parameters of the model.
        n_unread: Those that a step of one token need not read.
        batch_size: Sequences.
        seq_len: Tokens of each.
        card_gb: Memory of the card.
        bandwidth_gb_per_s: How much it reads a second, at best.
    """

    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    window: int
    window_pattern: str
    cache_bytes_each: Number
    weight_bytes_each: Number
    n_parameters: int
    n_unread: int
    batch_size: int
    seq_len: int
    card_gb: int
    bandwidth_gb_per_s: int

    def __post_init__(self) -> None:
        if self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"{self.n_heads} query heads cannot share {self.n_kv_heads} key/value heads evenly"
            )

    @property
    def n_windowed(self) -> int:
        """How many layers keep a window of positions only."""
        if not self.window:
            return 0
        n_of, n_in = map(int, self.window_pattern.split("/"))
        rounds, rest = divmod(self.n_layers, n_in)
        return rounds * n_of + min(rest, n_of)

    @property
    def n_full(self) -> int:
        """How many layers keep all positions."""
        return self.n_layers - self.n_windowed

    def bytes_in(self, n_layers: int, seq_len: int, batch_size: int | None = None) -> Number:
        """Return the cache of so many layers that keep so many positions."""
        return cache_bytes(
            n_layers=n_layers,
            n_kv_heads=self.n_kv_heads,
            d_head=self.d_head,
            batch_size=self.batch_size if batch_size is None else batch_size,
            seq_len=seq_len,
            bytes_each=self.cache_bytes_each,
        )

    def bytes_at(self, seq_len: int, batch_size: int | None = None) -> Number:
        """Return the whole cache at a context: a window keeps no more than its width."""
        kept = min(seq_len, self.window)
        full = self.bytes_in(self.n_full, seq_len, batch_size)
        return full + self.bytes_in(self.n_windowed, kept, batch_size)


@dataclass(frozen=True)
class CacheNumbers:
    """All that the figure shows; bytes unless a name says otherwise.

    Attributes:
        token: What a token adds to the cache of its sequence, until windows are full.
        sequence: The cache of one sequence.
        batch: The cache of all.
        weights: The weights.
        ratio: How many times the weights the cache is.
        crossing: The context from which the cache is as large as the weights, or more. None:
            windows in all layers keep it smaller.
        card_share: Weights and cache as a part of the card.
        n_fit: How many such sequences fit the card beside the weights. None: the weights do not.
        weights_read: What a step reads of the weights, at least.
        read: What a step reads, at least, to write one token of each sequence.
        tokens_per_s: Tokens a second that the bandwidth allows at most, all sequences together.
        curves: The cache at each of `CONTEXTS`, by what is changed.
    """

    token: Number
    sequence: Number
    batch: Number
    weights: Number
    ratio: Number
    crossing: int | None
    card_share: Number
    n_fit: int | None
    weights_read: Number
    read: Number
    tokens_per_s: Number
    curves: dict[str, list[Number]]


def numbers_of(setting: CacheSetting) -> CacheNumbers:
    """Compute what the figure shows."""
    weights = setting.n_parameters * setting.weight_bytes_each
    read_of_weights = (setting.n_parameters - setting.n_unread) * setting.weight_bytes_each
    sequence = setting.bytes_at(setting.seq_len, batch_size=1)
    batch = setting.bytes_at(setting.seq_len)
    room = setting.card_gb * GIGA - weights
    read = read_of_weights + batch
    return CacheNumbers(
        token=setting.bytes_at(1, batch_size=1),
        sequence=sequence,
        batch=batch,
        weights=weights,
        ratio=batch / weights,
        crossing=crossing_of(setting, weights),
        card_share=(weights + batch) / (setting.card_gb * GIGA),
        n_fit=None if room < 0 else int(room // sequence),
        weights_read=read_of_weights,
        read=read,
        tokens_per_s=setting.batch_size * setting.bandwidth_gb_per_s * GIGA / read,
        curves={
            name: [each.bytes_at(seq_len) for seq_len in CONTEXTS]
            for name, each in variants_of(setting).items()
        },
    )


def crossing_of(setting: CacheSetting, weights: Number) -> int | None:
    """Return the shortest context at which the batch's cache is as large as the weights."""
    while_filling = tokens_as_large_as(weights, setting.bytes_at(1))
    if not setting.n_windowed or while_filling <= setting.window:
        return while_filling
    if not setting.n_full:
        return None
    in_windows = setting.bytes_in(setting.n_windowed, setting.window)
    return tokens_as_large_as(weights - in_windows, setting.bytes_in(setting.n_full, 1))


def variants_of(setting: CacheSetting) -> dict[str, CacheSetting]:
    """Return the setting and, where they differ from it, what else it could be."""
    variants = {"as it is": setting}
    if setting.n_kv_heads < setting.n_heads:
        variants["MHA"] = replace(setting, n_kv_heads=setting.n_heads)
    if setting.n_kv_heads > 1:
        variants["MQA"] = replace(setting, n_kv_heads=1)
    if setting.n_windowed:
        variants["no window"] = replace(setting, window=0)
    return variants
