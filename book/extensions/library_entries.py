"""What a module or a class defines: names, signatures and docstrings, read from the syntax tree.

A signature stays as its author wrote it, which for shapes is the form that is read best:
`Float[Tensor, "B H T Dh"]`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_VALUE = 72  # of a constant: what is longer is shown on the page of the source
# What jaxtyping puts before a shape, which is no quoted type although it stands in quotes.
SHAPED = re.compile(r"Shaped|Bool|Key|Num|Real|Inexact|Integer|(BFloat|Float|Complex|UInt|Int)\d*")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Entry:
    """Something that has a name in the library.

    Attributes:
        kind: As the directives of Sphinx's Python domain are called.
        name: Its own name.
        docstring: What it says of itself, cleaned of indentation.
        arguments: Arguments and result as in the source, or nothing where it is not called.
        annotation: Its type, where it has one.
        value: Its value or default, where it has one and that is short.
        traits: Words that go before it: "frozen dataclass", "class method".
        bases: What a class is derived from.
        parameters: Names of its arguments.
        members: What a class defines.
        lines: Its first and its last line, decorators included.
    """

    kind: str
    name: str
    docstring: str = ""
    arguments: str = ""
    annotation: str = ""
    value: str = ""
    traits: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    members: tuple["Entry", ...] = ()
    lines: tuple[int, int] = (0, 0)


def walk(entries: tuple[Entry, ...], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Give every entry with its path inside the module, members after their class."""
    for entry in entries:
        yield prefix + entry.name, entry
        yield from walk(entry.members, f"{prefix}{entry.name}.")


def names_bound(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module or a class gives a meaning."""
    if isinstance(node, DEFINITIONS):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = [
        part
        for target in targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    return [each.id for each in names if isinstance(each, ast.Name)]


def entries_of(body: list[ast.stmt], lines: list[bytes], *, inside_class: bool) -> Iterator[Entry]:
    """Give what a module or a class defines and does not hide."""
    for node, following in zip(body, [*body[1:], None], strict=True):
        names = [name for name in names_bound(node) if not name.startswith("_")]
        if isinstance(node, ast.ClassDef) and names:
            yield _class_entry(node, lines)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            spoken_of = node.name.startswith("__") and node.name != "__init__"
            if names or (inside_class and spoken_of and ast.get_docstring(node)):
                yield _function_entry(node, lines, inside_class=inside_class)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            kind = "attribute" if inside_class else "data"
            for name in names:
                yield _variable_entry(node, following, kind, name, lines)


def _variable_entry(
    node: ast.Assign | ast.AnnAssign,
    following: ast.stmt | None,
    kind: str,
    name: str,
    lines: list[bytes],
) -> Entry:
    alone = isinstance(node, ast.AnnAssign) or isinstance(node.targets[0], ast.Name)
    value = _short(node.value, lines) if alone and node.value is not None else ""
    said = ""  # a string on its own below a variable is its docstring
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        said = following.value.value if isinstance(following.value.value, str) else ""
    annotation = _annotation(node.annotation) if isinstance(node, ast.AnnAssign) else ""
    return Entry(
        kind,
        name,
        docstring=said.strip(),
        annotation=annotation,
        value=value,
        lines=_extent(node),
    )


def _function_entry(
    node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[bytes], *, inside_class: bool
) -> Entry:
    decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
    result = _annotation(node.returns) if node.returns else ""
    docstring = ast.get_docstring(node) or ""
    if inside_class and decorators & {"property", "cached_property", "functools.cached_property"}:
        return Entry(
            "property", node.name, docstring=docstring, annotation=result, lines=_extent(node)
        )
    bound = inside_class and "staticmethod" not in decorators
    kind = next((each for each in ("classmethod", "staticmethod") if each in decorators), "method")
    names, arguments = _arguments(node.args, lines, bound=bound)
    return Entry(
        kind if inside_class else "function",
        node.name,
        docstring=docstring,
        arguments=f"{arguments} -> {result}" if result else arguments,
        traits=("Triton kernel",) if "triton.jit" in decorators else (),
        parameters=names,
        lines=_extent(node),
    )


def _class_entry(node: ast.ClassDef, lines: list[bytes]) -> Entry:
    bases = tuple(ast.unparse(each) for each in node.bases)
    decorators = " ".join(ast.unparse(each) for each in node.decorator_list)
    members = tuple(entries_of(node.body, lines, inside_class=True))
    traits, parameters, arguments, docstring = [], (), "", ast.get_docstring(node) or ""
    init = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    init = [each for each in init if each.name == "__init__"]
    if "dataclass" in decorators:
        traits.append("frozen dataclass" if "frozen=True" in decorators else "dataclass")
        fields = [each.name for each in members if each.kind == "attribute" and each.annotation]
        star = ["*"] if "kw_only=True" in decorators and fields else []
        arguments = f"({', '.join([*star, *fields])})"
        parameters = tuple(fields)
    elif init:
        parameters, arguments = _arguments(init[0].args, lines, bound=True)
        docstring = "\n\n".join(filter(None, [docstring, ast.get_docstring(init[0])]))
    if "Protocol" in bases:
        traits.append("protocol")
    is_error = any(base.endswith(("Error", "Exception")) for base in bases)
    return Entry(
        "exception" if is_error else "class",
        node.name,
        docstring=docstring,
        arguments=arguments,
        traits=tuple(traits),
        bases=bases,
        parameters=parameters,
        members=members,
        lines=_extent(node),
    )


def _extent(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)]), node.end_lineno or 0


def _arguments(
    node: ast.arguments, lines: list[bytes], *, bound: bool
) -> tuple[tuple[str, ...], str]:
    """Return the names of the arguments and how they are written, without `self`."""
    positional = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(positional) - len(node.defaults)) + list(node.defaults)
    pairs = list(zip(positional, defaults, strict=True))[1 if bound else 0 :]
    n_only = max(len(node.posonlyargs) - (1 if bound else 0), 0)
    parts = [_argument(each, default, lines) for each, default in pairs]
    if n_only:
        parts.insert(n_only, "/")
    if node.vararg or node.kwonlyargs:
        parts.append(f"*{_argument(node.vararg, None, lines)}" if node.vararg else "*")
    parts += [
        _argument(each, default, lines)
        for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
    ]
    if node.kwarg:
        parts.append(f"**{_argument(node.kwarg, None, lines)}")
    every = [*(each for each, _ in pairs), node.vararg, *node.kwonlyargs, node.kwarg]
    return tuple(each.arg for each in every if each), f"({', '.join(parts)})"


def _argument(node: ast.arg, default: ast.expr | None, lines: list[bytes]) -> str:
    text = node.arg
    if node.annotation is not None:
        text += f": {_annotation(node.annotation)}"
    if default is not None:
        equals = " = " if node.annotation is not None else "="
        text += equals + (_short(default, lines) or "…")
    return text


class _Unquoted(ast.NodeTransformer):
    """Types that are quoted because they are defined further below lose their quotes."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave a shape in its quotes, without the space that keeps linters quiet."""
        name = ast.unparse(node.value).rpartition(".")[2]
        if name == "Literal" or SHAPED.fullmatch(name):
            for part in ast.walk(node.slice):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    part.value = part.value.strip()
            return node
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Take the quotes off the name of a type."""
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


def _annotation(node: ast.expr) -> str:
    return ast.unparse(_Unquoted().visit(node))


def _short(node: ast.expr, lines: list[bytes]) -> str:
    """Return the text of an expression, or nothing where it is too long to be read in passing."""
    if node.lineno == node.end_lineno:  # as written: 20_000 stays 20_000
        text = lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
    else:
        text = ast.unparse(node)
    return text if len(text) <= LONGEST_VALUE else ""
