"""An answer to an exercise written by the course: a misconception or another right way.

It is a plain function with the exercise's signature, and it can be turned into the text of a
notebook cell, so that a sample class can hand it in. Where an exercise exports several names, the
function takes nothing, defines them inside and returns them in the exercise's order:

    @exercise.misconception("the sentence that would help")
    def keys_forgotten():
        class Cache: …

        def attend(q, cache): …

        return Cache, attend
"""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An answer written by the course.

    Attributes:
        name: Name of the function.
        function: The answer, or for several exports what defines and returns them; it uses only
            its arguments, builtins and imports of its module.
        sentence: For a misconception, what would help; empty for a right answer.
    """

    name: str
    function: Callable[..., Any]
    sentence: str = ""

    def namespace(self, exports: Sequence[str]) -> dict[str, Any]:
        """Give what the exercise exports, by its names.

        Args:
            exports: Names of the exercise.

        Raises:
            ValueError: The function does not return one thing for each of several names.
        """
        if len(exports) == 1:
            answer = self.function
            if isinstance(answer, type):  # called as a learner's is: its name can show in a result
                answer = type(exports[0], (answer,), {})
            return {exports[0]: answer}
        defined = self.function()
        if not isinstance(defined, tuple) or len(defined) != len(exports):
            raise ValueError(f"{self.name} must return {', '.join(exports)}, in this order")
        return dict(zip(exports, defined, strict=True))

    def as_cell(self, exports: Sequence[str]) -> str:
        """Write the answer as the text of a submission's cell.

        Args:
            exports: Names of the exercise.

        Returns:
            The imports that it needs and its bare definitions: no decorator, docstring or comment.

        Raises:
            ValueError: The function uses a name of its module that is not an import, or does not
                define the names that are exported.
        """
        definition = self._definition()
        if len(exports) == 1:
            _rename(definition, exports[0])
            body: list[ast.stmt] = [definition]
        else:
            body = definition.body[:-1]
            defined = {one.name for one in body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
            missing = [name for name in exports if name not in defined]
            if missing:
                raise ValueError(f"{self.name} defines no {' and no '.join(missing)}")
        code = ast.Module(body, [])
        head = "\n".join(_needed_imports(self.function, code))
        return f"{head}\n\n\n{ast.unparse(code)}\n" if head else f"{ast.unparse(code)}\n"

    def _definition(self) -> ast.FunctionDef | ast.ClassDef:
        """Read the function's or class's definition, without decorator and docstring."""
        definition = ast.parse(textwrap.dedent(inspect.getsource(self.function))).body[0]
        if not isinstance(definition, ast.FunctionDef | ast.ClassDef):
            raise ValueError(f"{self.name} is neither a plain function nor a class")
        definition.decorator_list = []
        if ast.get_docstring(definition) is not None:
            del definition.body[0]
        return definition


def _rename(definition: ast.FunctionDef | ast.ClassDef, name: str) -> None:
    """Give a function or class another name, where it names itself too."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and node.id == definition.name:
            node.id = name
    definition.name = name


def _needed_imports(function: Callable[..., Any], code: ast.Module) -> list[str]:
    """Give the import lines of the function's module that a piece of code uses."""
    module = inspect.getmodule(function)
    if module is None:
        raise ValueError(f"{function.__qualname__} belongs to no module")
    offered = _imports(ast.parse(inspect.getsource(module)))
    needed = _free_names(code)
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


def _free_names(code: ast.Module) -> set[str]:
    """Give the names that a piece of code reads but neither it nor Python defines."""
    read, bound = set(), set()
    for node in ast.walk(code):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
    return {name for name in read - bound if not hasattr(builtins, name)}
