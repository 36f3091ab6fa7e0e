"""Answers to the exercise about constrained decoding: mistakes, and other right ways."""

# A dictionary is asked for None too, and has nothing there.
# pyright: reportArgumentType=false, reportCallIssue=false

import torch
from torch import Tensor

from autograder.exercises.ch08_reasoning_and_agents.constrain_checks import exercise
from course_lib.generation.character_automaton import CharacterAutomaton

__all__ = ["exercise"]


@exercise.misconception(
    "Tokens are allowed after which no text can end any more. Being readable is not enough: an "
    "accepting state must still be within reach, or the text is begun and can never be "
    "finished."
)
def dead_ends_allowed(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Look at the token alone."""
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place is not None)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "`eos` is allowed in every state. A text that ends in a state that is not accepting is a "
    "broken one: half a number, an open bracket."
)
def eos_too_early(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Let the text end whenever."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(True)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception("`eos` is never allowed, so no text ends. In an accepting state it is.")
def never_an_end(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Forbid the end."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(False)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "`eos` is read like a text. It stands for the end, whatever the vocabulary writes for it: "
    "ask only whether `state` is accepting."
)
def eos_read_as_text(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Treat all tokens alike."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for text in automaton.vocabulary:
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "`eos` is also allowed where its own text could be read. It stands for the end alone: whether "
    "`state` is accepting decides, and what the vocabulary writes for it is never read."
)
def eos_read_as_text_too(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Let the end come in accepting states, and wherever its text fits."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        may_end = token == automaton.eos and state in automaton.accepting
        allowed.append(place in good or may_end)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "Only the first character of a token is read. All of them become part of the text: follow "
    "every one."
)
def first_character_decides(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Look at one character."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = automaton.transitions[state].get(text[:1])
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "Every character is looked up in `state` itself. Each one leads on: the next is read in the "
    "state behind it."
)
def last_character_decides(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Look every character up in the same state."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions[state].get(letter) if place is not None else None
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "A token is allowed only if it ends in an accepting state. The text may go on after it: it "
    "is enough that an accepting state can still be reached."
)
def must_end_right_away(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Want a whole text."""
    good = set(automaton.accepting)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "You look for an accepting state one character ahead at most. It may be many characters "
    "away: go on until nothing new is found."
)
def one_character_ahead(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Look one step further."""
    good = set(automaton.accepting)
    for here, moves in automaton.transitions.items():
        if set(automaton.accepting) & set(moves.values()):
            good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "A state counts as good as soon as some character can be read in it. In a loop that nothing "
    "leads out of there is always a next character, and never an end."
)
def any_way_on_will_do(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Take a way on for a way out."""
    good = {here for here, moves in automaton.transitions.items() if moves}
    good |= set(automaton.accepting)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "You begin in state 0 whatever has been written. `state` is where the text so far has led: "
    "begin there."
)
def from_the_beginning(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Begin in state 0."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = 0
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.masked_fill(~torch.tensor(allowed), -torch.inf)


@exercise.misconception(
    "What is forbidden gets the logit 0, which after softmax is a probability like others. Only "
    "−inf becomes 0."
)
def zero_for_forbidden(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Multiply."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits * torch.tensor(allowed)


@exercise.misconception(
    "The logits that you were given are changed. Whoever called needs them as they were: make "
    "new ones (`masked_fill` without the underscore)."
)
def input_overwritten(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Fill in place."""
    good = set(automaton.accepting)
    for _ in automaton.transitions:
        for here, moves in automaton.transitions.items():
            if good & set(moves.values()):
                good.add(here)
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            allowed.append(state in automaton.accepting)
            continue
        place = state
        for letter in text:
            place = automaton.transitions.get(place, {}).get(letter)
        allowed.append(place in good)
    return logits.detach().masked_fill_(~torch.tensor(allowed), -torch.inf)


@exercise.alternative
def walking_forwards(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Ask each token's end for itself whether a text can end from it."""

    def can_end(start: int) -> bool:
        found = [start]
        for here in found:
            if here in automaton.accepting:
                return True
            found += [to for to in automaton.transitions[here].values() if to not in found]
        return False

    constrained = torch.full_like(logits, float("-inf"))
    for token, text in enumerate(automaton.vocabulary):
        if token == automaton.eos:
            fits = state in automaton.accepting
        else:
            here, left = state, text
            while left and left[0] in automaton.transitions[here]:
                here, left = automaton.transitions[here][left[0]], left[1:]
            fits = left == "" and can_end(here)
        if fits:
            constrained[token] = logits[token]
    return constrained


@exercise.alternative
def with_a_matrix(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Square the table of which state leads to which until it says which state reaches which."""
    states = sorted(automaton.transitions)
    row = {name: i for i, name in enumerate(states)}
    reaches = torch.eye(len(states))
    for name in states:
        for to in automaton.transitions[name].values():
            reaches[row[name], row[to]] = 1.0
    for _ in states:
        reaches = (reaches @ reaches).clamp(max=1.0)
    ends = torch.zeros(len(states))
    ends[[row[name] for name in automaton.accepting]] = 1.0
    can_end = (reaches @ ends > 0).tolist()

    def bias(token: int) -> float:
        here = state
        if token == automaton.eos:
            return 0.0 if here in automaton.accepting else -torch.inf
        for letter in automaton.vocabulary[token]:
            if letter not in automaton.transitions[here]:
                return -torch.inf
            here = automaton.transitions[here][letter]
        return 0.0 if can_end[row[here]] else -torch.inf

    biases = [bias(token) for token in range(len(automaton.vocabulary))]
    return logits + torch.tensor(biases, dtype=logits.dtype)


@exercise.alternative
def pruned_first(logits: Tensor, state: int, automaton: CharacterAutomaton) -> Tensor:
    """Take all transitions away that lead to where no text can end; the rest is reading."""
    moves = {here: dict(there) for here, there in automaton.transitions.items()}
    dead = {here for here in moves if here not in automaton.accepting}
    while saved := {here for here in dead if any(to not in dead for to in moves[here].values())}:
        dead -= saved
    for here in moves:
        moves[here] = {letter: to for letter, to in moves[here].items() if to not in dead}

    def readable(text: str, here: int) -> bool:
        if not text:
            return True
        return text[0] in moves[here] and readable(text[1:], moves[here][text[0]])

    keep = torch.zeros(logits.shape, dtype=torch.bool)
    for token, text in enumerate(automaton.vocabulary):
        keep[token] = readable(text, state)
    keep[automaton.eos] = state in automaton.accepting
    return torch.where(keep, logits, -torch.inf)
