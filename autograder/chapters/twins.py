"""Find functions that are the library's in other words: same syntax tree, other names.

`course_lib` is open book, so an exercise must ask for something that the library does not hold
verbatim, and a submission that does hold it is shown to the instructor.
"""

import ast
from pathlib import Path


class _Normalise(ast.NodeTransformer):
    """Rename every name by the order in which it is met; drop docstrings and annotations."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def _renamed(self, name: str) -> str:
        return self.names.setdefault(name, f"name_{len(self.names)}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self._renamed(node.name)
        node.returns, node.decorator_list = None, []
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._renamed(node.arg))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._renamed(node.id), node.ctx)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value, lineno=node.lineno))


def normal_form(function: ast.FunctionDef) -> str:
    """Write a function's syntax tree without names, docstrings, annotations and decorators.

    Two functions have the same normal form when one can be had from the other by renaming.
    """
    return ast.dump(_Normalise().visit(ast.parse(ast.unparse(function))))


def functions_of(source: str) -> list[ast.FunctionDef]:
    """List the functions and methods that a piece of Python defines, stubs left out.

    Raises:
        SyntaxError: The source is not Python.
    """
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [function for function in found if not _is_stub(function)]


def _is_stub(function: ast.FunctionDef) -> bool:
    """Tell whether a function does nothing: a docstring, `pass`, `...` or a bare raise."""
    return all(
        isinstance(node, ast.Pass | ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def library_forms(library: Path) -> dict[str, str]:
    """Map the normal form of each function of the library to where it stands.

    Args:
        library: Folder of the library.
    """
    forms: dict[str, str] = {}
    for path in sorted(library.rglob("*.py")):
        for function in functions_of(path.read_text(encoding="utf-8")):
            where = f"{path.relative_to(library.parent).as_posix()}: {function.name}"
            forms.setdefault(normal_form(function), where)
    return forms


def library_twins(source: str, forms: dict[str, str]) -> list[tuple[str, str]]:
    """Find the functions of a piece of Python that equal one of the library.

    Args:
        source: Python, such as the text of a solution cell or of a submission.
        forms: What `library_forms` gave.

    Returns:
        Name of each such function and where its twin stands.

    Raises:
        SyntaxError: The source is not Python.
    """
    found = [(function.name, forms.get(normal_form(function))) for function in functions_of(source)]
    return [(name, where) for name, where in found if where is not None]
