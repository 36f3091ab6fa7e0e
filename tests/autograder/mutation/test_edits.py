import ast

from autograder.mutation.edits import (
    bound_names,
    changed,
    exchanged,
    nodes,
    number,
    with_edit,
    without,
)

SOURCE = '''
def f(x: "B T", *, eps=1e-5) -> "T":
    """Says 0."""
    y: int = x + 2
    for i in range(3):
        y = y + i
    return y
'''


def test_nodes_leave_out_annotations_and_docstrings():
    constants = [node.value for node in nodes(ast.parse(SOURCE), ast.Constant)]
    assert sorted(constants) == [1e-5, 2, 3]
    assert [node.id for node in nodes(ast.parse("y: int = x"), ast.Name)] == ["y", "x"]


def test_an_edit_changes_one_place_and_leaves_the_tree():
    tree = ast.parse(SOURCE)
    before = ast.dump(tree)
    (loop,) = nodes(tree, ast.For)
    (call,) = nodes(tree, ast.Call)
    assert "range(i)" in ast.unparse(with_edit(tree, (call.args[0], ast.Name("i"))))
    without_loop = ast.unparse(with_edit(tree, (loop, ast.Pass())))
    assert "pass" in without_loop
    assert "range" not in without_loop
    assert ast.dump(tree) == before


def test_changed_copies():
    node = ast.Constant(1)
    assert changed(node, value=2).value == 2
    assert node.value == 1


def test_bound_names_are_the_code_s_own():
    assert bound_names(ast.parse(SOURCE)) == {"f", "x", "eps", "y", "i"}


def test_a_negative_number_keeps_its_minus_apart():
    power = ast.BinOp(number(-2), ast.Pow(), number(3))
    assert eval(ast.unparse(power)) == (-2) ** 3
    assert ast.unparse(power).startswith("(-2)")


def test_lists_are_copied():
    letters = ["a", "b", "c"]
    assert without(letters, 1) == ["a", "c"]
    assert exchanged(letters, 1) == ["a", "c", "b"]
    assert letters == ["a", "b", "c"]
