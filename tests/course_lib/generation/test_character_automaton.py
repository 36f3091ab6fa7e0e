import pytest

from course_lib.generation.character_automaton import CharacterAutomaton

TRANSITIONS = {0: {"n": 1}, 1: {"o": 2}, 2: {}}


def test_holds_what_it_is_given():
    automaton = CharacterAutomaton(
        eos=2, accepting=[2], vocabulary=["n", "no", ""], transitions=TRANSITIONS
    )
    assert automaton.transitions[automaton.transitions[0]["n"]]["o"] in automaton.accepting


@pytest.mark.parametrize("eos", [-1, 2])
def test_a_token_that_there_is_not_is_refused(eos):
    with pytest.raises(ValueError, match=f"there is no token {eos}, only 2 of them"):
        CharacterAutomaton(eos=eos, accepting=[2], vocabulary=["n", "no"], transitions=TRANSITIONS)


@pytest.mark.parametrize(
    ("transitions", "accepting", "missing"),
    [({0: {"n": 3, "m": 1}, 1: {}}, [1], 3), (TRANSITIONS, [2, 7], 7)],
)
def test_a_state_without_a_row_is_refused(transitions, accepting, missing):
    with pytest.raises(ValueError, match=rf"the states \[{missing}\] have no row"):
        CharacterAutomaton(eos=0, accepting=accepting, vocabulary=["n"], transitions=transitions)


def test_what_is_short_is_written_first():
    automaton = CharacterAutomaton(eos=0, accepting=[2], vocabulary=["n"], transitions=TRANSITIONS)
    assert repr(automaton).startswith("CharacterAutomaton(eos=0, accepting=[2], vocabulary=['n'],")
