"""Only tokens with which a right text can still come about."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_equal,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner
from course_lib.generation.character_automaton import CharacterAutomaton

exercise = Exercise(
    name="constrain",
    points=14,
    exports=("constrain",),
    not_allowed=(
        "course_lib.generation.constrained.constrain",
        "course_lib.generation.constrained.TokenConstraint",
        "course_lib.generation.constrained.ConstrainedChoice",
    ),
    hints=(
        "Two questions for each token. Where does it lead: begin in `state` and follow its "
        "characters one by one; if one of them has no transition, the token is out. Can a text "
        "still end from there: find the states that can, once, before you look at any token.",
        "A state is good if it is accepting or a character leads from it to a good one. Begin with "
        "the accepting states and add to them until a whole round adds nothing: a loop that never "
        "gets out is then left over. `eos` is asked for itself: is `state` accepting?",
    ),
    time_limit_s=5.0,
)

LETTERS = "abc"


def _reads(automaton: CharacterAutomaton, state: int, text: str) -> int | None:
    """Give the state behind a text, None where it cannot be read."""
    place: int | None = state
    for letter in text:
        place = None if place is None else automaton.transitions[place].get(letter)
    return place


def _good(automaton: CharacterAutomaton, state: int) -> bool:
    """Whether a text can end from a state, found by walking forwards."""
    seen, todo = set(), [state]
    while todo:
        here = todo.pop()
        if here in automaton.accepting:
            return True
        if here not in seen:
            seen.add(here)
            todo += automaton.transitions[here].values()
    return False


def _allowed(automaton: CharacterAutomaton, state: int) -> Tensor:
    """Compute which tokens may come, token by token."""
    allowed = []
    for token, text in enumerate(automaton.vocabulary):
        place = _reads(automaton, state, text)
        follows = place is not None and _good(automaton, place)
        allowed.append(state in automaton.accepting if token == automaton.eos else follows)
    return torch.tensor(allowed)


def _expect_constrained(
    learner: Learner, logits: Tensor, state: int, automaton: CharacterAutomaton
) -> None:
    want = logits.masked_fill(~_allowed(automaton, state), -torch.inf)
    expect_equal(learner.constrain(logits, state, automaton), want)


def _automaton(
    draw: Draw, transitions: dict[int, dict[str, int]], accepting: list[int], texts: list[str]
) -> CharacterAutomaton:
    """Number states anew, shuffle tokens, and put the end among them."""
    names = draw.order(len(transitions)).tolist()
    renamed = {
        names[state]: {letter: names[to] for letter, to in moves.items()}
        for state, moves in transitions.items()
    }
    tokens = [texts[i] for i in draw.order(len(texts)).tolist()]
    eos = draw.integer(0, len(tokens))
    # No character of it can be read: who reads it as a text too loses "the end of the text" alone.
    tokens.insert(eos, draw.choice(["<end>", ".", "</s>"]))
    return CharacterAutomaton(
        eos=eos,
        accepting=[names[state] for state in accepting],
        vocabulary=tokens,
        transitions=renamed,
    )


def _texts(draw: Draw, longest: int) -> list[str]:
    """Draw different texts of one character and more."""
    # In the first state of an automaton that is drawn, "a" is right, "c", "ac" and "ca" are not.
    texts = [*LETTERS, "ac", "ca"]
    while len(texts) < (6 if draw.small else 16):
        text = "".join(draw.choice(LETTERS) for _ in range(draw.integer(2, longest)))
        if text not in texts:
            texts.append(text)
    return texts


def _drawn(draw: Draw) -> CharacterAutomaton:
    """Draw an automaton with good states, a trap of two states, and a dead end."""
    n_good = 3 if draw.small else 5
    trap, trapped, dead = n_good, n_good + 1, n_good + 2
    transitions: dict[int, dict[str, int]] = {}
    for state in range(n_good):
        moves = {letter: draw.integer(0, n_good - 1) for letter in LETTERS[:2]}
        moves[LETTERS[0]] = (state + 1) % n_good  # so that each of them gets to all others
        if draw.integer(0, 2):
            moves[LETTERS[2]] = draw.choice([trap, dead, draw.integer(0, n_good - 1)])
        transitions[state] = moves
    transitions[0][LETTERS[2]] = trap
    transitions[1] |= {LETTERS[1]: 0, LETTERS[2]: dead}  # from here the end is some steps away
    transitions[trap] = {"a": trapped, "b": dead}
    transitions[trapped] = {"b": trap, "c": trapped}
    transitions[dead] = {}
    return _automaton(draw, transitions, [n_good - 1], _texts(draw, 4))


@exercise.item(
    "every character can be read",
    points=4,
    sentence="A token is allowed only if *all* of its characters can be read one after the other, "
    "beginning in `state`; where it ends need not be accepting.",
)
def _(learner: Learner, draw: Draw) -> None:
    # Nothing is a dead end here: from every state a text can end.
    chain = {0: {"a": 1}, 1: {"b": 2, "a": 3}, 2: {"c": 3}, 3: {"a": 0, "b": 4}, 4: {}}
    texts = [*LETTERS, "ab", "aba", "abc", "aa", "aab", "aac", "bc", "bca", "ca", "cb", "abcbc"]
    automaton = _automaton(draw, chain, [4], texts)
    logits = draw.normal(len(automaton.vocabulary))
    for state in sorted(automaton.transitions):
        _expect_constrained(learner, logits, state, automaton)


@exercise.item(
    "no dead ends",
    points=4,
    sentence="From the state behind an allowed token an accepting state can still be reached, "
    "however many characters it takes: a state with no way on is none, and neither is a loop that "
    "nothing leads out of.",
)
def _(learner: Learner, draw: Draw) -> None:
    # a leads far on to the end, b into a loop of two, c to where nothing goes on.
    ways = {0: {"a": 1, "b": 6, "c": 5}, 1: {"a": 2}, 2: {"b": 3}, 3: {"c": 4}, 4: {}, 5: {}}
    ways |= {6: {"a": 7, "c": 6}, 7: {"b": 6}}
    far = _automaton(draw, ways, [4], [*LETTERS, "aa", "ba", "bab", "bc", "aab", "aabc"])
    # First from where a leads on, b into the loop and c to the dead end: these two differ there.
    for state in sorted(far.transitions, key=lambda state: -len(far.transitions[state])):
        _expect_constrained(learner, draw.normal(len(far.vocabulary)), state, far)
    for _ in range(1 if draw.small else 3):
        automaton = _drawn(draw)
        logits = draw.normal(len(automaton.vocabulary))
        for state in sorted(automaton.transitions):
            _expect_constrained(learner, logits, state, automaton)


@exercise.item(
    "the end of the text",
    points=3,
    sentence="`eos` is allowed in an accepting state and nowhere else; its own text in the "
    "vocabulary does not matter, and other tokens may go on from an accepting state.",
)
def _(learner: Learner, draw: Draw) -> None:
    loop = {0: {"a": 1}, 1: {"a": 0, "b": 2}, 2: {"c": 2}}
    for end in ("a", "", "c", "<end>"):
        tokens = ["a", "c", "ab", "b"]
        eos = draw.integer(0, 4)
        tokens.insert(eos, end)
        automaton = CharacterAutomaton(
            eos=eos, accepting=[0, 2], vocabulary=tokens, transitions=loop
        )
        logits = draw.normal(5)
        for state in (0, 1, 2):
            got = expect_tensor(learner.constrain(logits, state, automaton), (5,), torch.float32)
            may_end = bool(got[eos] > -torch.inf)
            expect_true(may_end == (state in (0, 2)), "eos is wrongly allowed, or missing", got)
            _expect_constrained(learner, logits, state, automaton)


@exercise.item(
    "all else stays",
    points=3,
    sentence="Allowed logits stay as they are, the others become −inf; dtype, gradient and the "
    "given logits are kept. In a state from which no text can end, everything is −inf.",
)
def _(learner: Learner, draw: Draw) -> None:
    automaton = _drawn(draw)
    good, *_, dead = sorted(automaton.transitions, key=lambda state: not _good(automaton, state))
    n_tokens = len(automaton.vocabulary)
    logits = draw.normal(n_tokens, scale=30.0, dtype=torch.float64)
    _expect_constrained(learner, logits, good, automaton)
    _expect_constrained(learner, logits, dead, automaton)
    # What flows to a forbidden logit is left open: softmax makes nothing of it anyway.
    cotangent = draw.normal(n_tokens, dtype=torch.float64) * _allowed(automaton, good)
    differentiable = logits.clone().requires_grad_()
    _, gradients = learner.constrain.vjp(cotangent, differentiable, good, automaton)
    expect_gradient(gradients[0], cotangent)
    expect_unchanged(learner)
