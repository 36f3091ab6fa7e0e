import ast
import random

from autograder.mutation.mutants import Mutant, make_mutants, shuffled_mutants

ANSWER = '''
def f(x, n=3):
    """Doc."""
    # A comment.
    for i in range(n):
        if x[i] == 0:
            break
        x = x - i
    return x.sum(dim=0)
'''


def test_every_mutant_is_python_and_differs_from_the_answer_and_the_others():
    mutants = make_mutants(ANSWER)
    forms = {ast.dump(ast.parse(mutant.source)) for mutant in mutants}
    assert len(forms) == len(mutants) > 20
    assert ast.dump(ast.parse(ANSWER)) not in forms
    assert {mutant.operator for mutant in mutants} >= {"arithmetic", "statements", "constants"}
    assert make_mutants(ANSWER) == mutants


def test_shuffled_they_are_the_same_in_an_order_by_chance():
    shuffled = list(shuffled_mutants(ANSWER, random.Random(1)))
    mutants = {mutant.source for mutant in make_mutants(ANSWER)}
    assert {mutant.source for mutant in shuffled} == mutants
    assert len(shuffled) == len(mutants)
    assert [*shuffled_mutants(ANSWER, random.Random(1))] == shuffled
    assert [*shuffled_mutants(ANSWER, random.Random(2))] != shuffled


def test_what_python_refuses_is_left_out():
    # A pattern with the same key twice is a syntax error.
    source = "match x:\n    case {0: a, 1: b}:\n        pass"
    made = [mutant.source for mutant in make_mutants(source)]
    assert any("{2: b" in text.replace("0: a, ", "") for text in made)
    assert not any("{1: a, 1: b}" in text or "{0: a, 0: b}" in text for text in made)


def test_a_suspicious_comparison_is_a_mutant_whatever_the_warnings():
    made = [mutant.source for mutant in make_mutants("y = x is None")]
    assert "y = x is 0" in made


def test_shows_the_change():
    reference = "def f(x):\n    y = x + 1\n    return y"
    mutant = Mutant("arithmetic", reference, reference.replace("+", "-"))
    assert mutant.before == "y = x + 1"
    assert mutant.after == "y = x - 1"
    assert (
        mutant.diff == "@@ -1,3 +1,3 @@\n def f(x):\n-    y = x + 1\n+    y = x - 1\n     return y"
    )


def test_shows_a_change_of_several_lines():
    mutant = Mutant("statements", "if x:\n    y = 1\nz = 2", "pass\nz = 2")
    assert (mutant.before, mutant.after) == ("if x:\ny = 1", "pass")
