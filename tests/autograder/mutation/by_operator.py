"""Apply one operator to a small source."""

import ast

from autograder.mutation.edits import with_edit


def made_by(operator, source):
    """Every text that an operator makes of a source, in its order."""
    tree = ast.parse(source)
    return [ast.unparse(with_edit(tree, edit)) for edit in operator(tree)]


def function(line, parameters="x, y"):
    """A function of one line."""
    return f"def f({parameters}):\n    {line}"


def bodies(operator, line, parameters="x, y"):
    """What an operator makes of one line inside a function."""
    made = made_by(operator, function(line, parameters))
    return ["\n".join(text.split("\n    ")[1:]) for text in made]
