"""An answer to an exercise written by the course: a misconception or another right way.

It is a plain function with the exercise's signature, and it can be turned into the text of a
notebook cell, so that a sample class can hand it in.
"""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An answer written by the course.

    Attributes:
        name: Name of the function.
        function: The answer; it uses only its arguments, builtins and imports of its module.
        sentence: For a misconception, what would help; empty for a right answer.
    """

    name: str
    function: Callable[..., Any]
    sentence: str = ""

    def as_cell(self, exports: Iterable[str]) -> str:
        """Write the answer as the text of a submission's cell.

        Args:
            exports: Names of the exercise; the function takes the first.

        Returns:
            The imports that it needs and its bare definition: no decorator, docstring or comment.

        Raises:
            ValueError: The function uses a name of its module that is not an import.
        """
        exported = next(iter(exports))
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        definition = tree.body[0]
        if not isinstance(definition, ast.FunctionDef):
            raise ValueError(f"{self.name} is not a plain function")
        definition.decorator_list = []
        if ast.get_docstring(definition) is not None:
            del definition.body[0]
        for node in ast.walk(definition):
            if isinstance(node, ast.Name) and node.id == self.name:
                node.id = exported
        definition.name = exported
        imports = _needed_imports(self.function, definition)
        head = "\n".join(imports)
        return (
            f"{head}\n\n\n{ast.unparse(definition)}\n" if head else f"{ast.unparse(definition)}\n"
        )


def _needed_imports(function: Callable[..., Any], definition: ast.FunctionDef) -> list[str]:
    """Give the import lines of the function's module that its definition uses."""
    module = inspect.getmodule(function)
    if module is None:
        raise ValueError(f"{function.__qualname__} belongs to no module")
    offered = _imports(ast.parse(inspect.getsource(module)))
    needed = _free_names(definition)
    missing = sorted(name for name in needed if name not in offered)
    if missing:
        raise ValueError(
            f"{function.__qualname__} uses {', '.join(missing)} of its module; an answer must "
            "stand alone: move it into the function"
        )
    return sorted({offered[name] for name in needed})


def _imports(tree: ast.Module) -> dict[str, str]:
    """Map each imported name of a module to a line that imports it."""
    lines = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                renamed = f" as {alias.asname}" if alias.asname else ""
                source = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
                lines[bound] = f"{source}import {alias.name}{renamed}"
    return lines


def _free_names(definition: ast.FunctionDef) -> set[str]:
    """Give the names that a function reads but neither it nor Python defines."""
    read, bound = set(), {definition.name}
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
    return {name for name in read - bound if not hasattr(builtins, name)}
