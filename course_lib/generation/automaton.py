"""Grammars of texts, and the automaton that reads a text byte by byte and says whether it fits.

Axes: S states. Texts are bytes, as tokens are: a character outside ASCII is several of them.

A state is what the rest of the text has to fit: reading a byte leads from a grammar to the grammar
of what may follow that byte, its derivative (Brzozowski 1964, "Derivatives of Regular Expressions",
Journal of the ACM). Only finitely many come up that way, as long as equal ones are recognised.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Bool, Int
from torch import Tensor

N_BYTES = 256


@dataclass(frozen=True)
class OneByte:
    """Fits one byte out of some; out of none, it fits nothing at all."""

    allowed: frozenset[int]


@dataclass(frozen=True)
class InTurn:
    """Fits texts that fit each part, one behind the other; of no parts, the empty text."""

    parts: tuple["Grammar", ...]


@dataclass(frozen=True)
class EitherOf:
    """Fits texts that fit one of the options."""

    options: frozenset["Grammar"]


@dataclass(frozen=True)
class Repeated:
    """Fits a number of texts, each fitting the part, one behind the other; None is no limit."""

    part: "Grammar"
    at_least: int
    at_most: int | None


Grammar = OneByte | InTurn | EitherOf | Repeated

NOTHING = OneByte(frozenset())
EMPTY = InTurn(())


def literal(text: str) -> Grammar:
    """Fit this text and no other."""
    return in_turn(*(OneByte(frozenset([byte])) for byte in text.encode()))


def one_of(characters: str) -> Grammar:
    """Fit one of these characters."""
    return either_of(*map(literal, characters))


def any_character(but: str = "") -> Grammar:
    """Fit one character of Unicode in well-formed UTF-8 (RFC 3629, section 4).

    Args:
        but: Characters that do not fit, all in ASCII.

    Raises:
        ValueError: One of them is not in ASCII.
    """
    if not but.isascii():
        raise ValueError(f"only characters in ASCII can be left out, unlike some of {but!r}")
    tail = _bytes(0x80, 0xBF)
    return either_of(
        OneByte(frozenset(range(0x80)) - frozenset(but.encode())),
        in_turn(_bytes(0xC2, 0xDF), tail),
        in_turn(_bytes(0xE0, 0xE0), _bytes(0xA0, 0xBF), tail),
        in_turn(either_of(_bytes(0xE1, 0xEC), _bytes(0xEE, 0xEF)), tail, tail),
        in_turn(_bytes(0xED, 0xED), _bytes(0x80, 0x9F), tail),
        in_turn(_bytes(0xF0, 0xF0), _bytes(0x90, 0xBF), tail, tail),
        in_turn(_bytes(0xF1, 0xF3), tail, tail, tail),
        in_turn(_bytes(0xF4, 0xF4), _bytes(0x80, 0x8F), tail, tail),
    )


def in_turn(*parts: Grammar) -> Grammar:
    """Fit texts that fit each part, one behind the other."""
    flat: list[Grammar] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, InTurn) else [part])
    if NOTHING in flat:
        return NOTHING
    return flat[0] if len(flat) == 1 else InTurn(tuple(flat))


def either_of(*options: Grammar) -> Grammar:
    """Fit texts that fit one of the options; of no options, nothing."""
    others: set[Grammar] = set()
    allowed: frozenset[int] = frozenset()
    for option in options:
        for flat in option.options if isinstance(option, EitherOf) else [option]:
            if isinstance(flat, OneByte):
                allowed |= flat.allowed
            else:
                others.add(flat)
    if allowed or not others:
        others.add(OneByte(allowed))
    return others.pop() if len(others) == 1 else EitherOf(frozenset(others))


def repeated(part: Grammar, at_least: int = 0, at_most: int | None = None) -> Grammar:
    """Fit a number of texts, each fitting the part, one behind the other.

    Args:
        part: What each fits.
        at_least: How many there are at least.
        at_most: How many there are at most. None: no limit.

    Returns:
        The grammar.

    Raises:
        ValueError: The limits cannot be kept.
    """
    if at_least < 0 or (at_most is not None and at_most < at_least):
        raise ValueError(f"no number is at least {at_least} and at most {at_most}")
    if at_most == 0 or part == EMPTY:
        return EMPTY
    if part == NOTHING:
        return NOTHING if at_least else EMPTY
    return part if at_least == at_most == 1 else Repeated(part, at_least, at_most)


def fits_empty(grammar: Grammar) -> bool:
    """Whether the empty text fits."""
    match grammar:
        case OneByte():
            return False
        case InTurn(parts):
            return all(map(fits_empty, parts))
        case EitherOf(options):
            return any(map(fits_empty, options))
        case Repeated(part, at_least):
            return at_least == 0 or fits_empty(part)


def derivative(grammar: Grammar, byte: int) -> Grammar:
    """Return what a text has to fit behind a byte, for both together to fit the grammar."""
    match grammar:
        case OneByte(allowed):
            return EMPTY if byte in allowed else NOTHING
        case InTurn(parts):
            if not parts:
                return NOTHING
            first, *rest = parts
            behind = in_turn(derivative(first, byte), *rest)
            if not fits_empty(first):
                return behind
            return either_of(behind, derivative(in_turn(*rest), byte))
        case EitherOf(options):
            return either_of(*(derivative(option, byte) for option in options))
        case Repeated(part, at_least, at_most):
            more = None if at_most is None else at_most - 1
            return in_turn(derivative(part, byte), repeated(part, max(at_least - 1, 0), more))


@dataclass(frozen=True)
class Automaton:
    """Reads a text byte by byte; it is always in one of its states, and begins in state 0.

    Attributes:
        next_state: The state behind each state and byte.
        accepts: Whether a text that ends in a state fits.
    """

    next_state: Int[Tensor, "S 256"]
    accepts: Bool[Tensor, " S"]

    def fits(self, text: bytes) -> bool:
        """Whether a text fits the grammar."""
        state = reduce(lambda state, byte: int(self.next_state[state, byte]), text, 0)
        return bool(self.accepts[state])


def compile_grammar(grammar: Grammar, max_states: int = 10_000) -> Automaton:
    """Build the automaton that reads texts of a grammar, as its derivatives come up.

    Args:
        grammar: What texts have to fit.
        max_states: How large it may get. Grammars that leave open for long which of their parts a
            byte belongs to have automata that grow exponentially.

    Returns:
        The automaton.

    Raises:
        ValueError: It would be larger.
    """
    groups = list(_bytes_told_apart(grammar))
    states, rows = {grammar: 0}, []
    for state in (order := [grammar]):  # it grows as states are found
        row = torch.empty(N_BYTES, dtype=torch.long)
        for group in groups:
            behind = derivative(state, group[0])
            if behind not in states:
                states[behind] = len(states)
                order.append(behind)
            row[group] = states[behind]
        rows.append(row)
        if len(states) > max_states:
            raise ValueError(f"the automaton of this grammar has more than {max_states} states")
    return Automaton(torch.stack(rows), torch.tensor([fits_empty(state) for state in order]))


def _bytes(first: int, last: int) -> Grammar:
    return OneByte(frozenset(range(first, last + 1)))


def _bytes_told_apart(grammar: Grammar) -> Iterator[list[int]]:
    """Yield the bytes in groups that no part of a grammar tells apart: one stands for all."""
    groups: dict[tuple[bool, ...], list[int]] = {}
    sets = set(_byte_sets(grammar))
    for byte in range(N_BYTES):
        groups.setdefault(tuple(byte in allowed for allowed in sets), []).append(byte)
    yield from groups.values()


def _byte_sets(grammar: Grammar) -> Iterator[frozenset[int]]:
    match grammar:
        case OneByte(allowed):
            yield allowed
        case InTurn(parts):
            for part in parts:
                yield from _byte_sets(part)
        case EitherOf(options):
            for option in options:
                yield from _byte_sets(option)
        case Repeated(part):
            yield from _byte_sets(part)
