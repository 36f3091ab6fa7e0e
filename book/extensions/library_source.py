"""The library read as text: its modules, what each binds, and where a name is defined.

Nothing of it is imported: the site is built in no time, and on a machine that has neither a GPU nor
what the kernels need.
"""

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from library_entries import Entry, entries_of, names_bound, walk

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "course_lib"


@dataclass(frozen=True)
class Module:
    """One file of the library.

    Attributes:
        name: Dotted name.
        path: The file.
        code: Its text.
        docstring: What it says of itself.
        entries: What it defines and does not hide, in order.
        bindings: Every name that it binds, with the dotted name that this stands for.
        exported: Whether `__all__` passes on what it imports.
    """

    name: str
    path: Path
    code: str
    docstring: str
    entries: tuple[Entry, ...]
    bindings: Mapping[str, str] = field(repr=False)
    exported: bool = False

    @property
    def summary(self) -> str:
        """The first line of what it says of itself."""
        return self.docstring.partition("\n")[0]


def imported_names(tree: ast.AST, package: str = "") -> dict[str, str]:
    """Return what the imports of some code bind, each name with the dotted name behind it.

    Args:
        tree: The code.
        package: Name of the package that relative imports start from.
    """
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                bound[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            bound |= {alias.asname or alias.name: f"{start}.{alias.name}" for alias in node.names}
    return bound


def read_module(path: Path, name: str) -> Module:
    """Read one file.

    Args:
        path: The file.
        name: Dotted name of the module.
    """
    code = path.read_text(encoding="utf-8")
    tree = ast.parse(code, str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    own = {target for node in tree.body for target in names_bound(node)}
    bindings = imported_names(tree, package) | {each: f"{name}.{each}" for each in own}
    return Module(
        name=name,
        path=path,
        code=code,
        docstring=ast.get_docstring(tree) or "",
        entries=tuple(entries_of(tree.body, code.encode().splitlines(), inside_class=False)),
        bindings=bindings,
        exported=path.name == "__init__.py" and "__all__" in own,
    )


@functools.cache
def read_library(root: Path = ROOT, package: str = PACKAGE) -> Mapping[str, Module]:
    """Read every module below a folder, in the order of their names."""
    modules = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        modules[name] = read_module(path, name)
    return dict(sorted(modules.items()))


def canonical(dotted: str, modules: Mapping[str, Module]) -> str | None:
    """Return the name of something where it is defined, or None when the library lacks it.

    A package may pass on what its modules define: `tinytales.Story` is `tinytales.tale.Story`.
    """
    if dotted in modules:
        return dotted
    owner, _, rest = dotted.rpartition(".")
    while owner and owner not in modules:
        owner, _, first = owner.rpartition(".")
        rest = f"{first}.{rest}"
    if not owner:
        return None
    first, _, deeper = rest.partition(".")
    target = modules[owner].bindings.get(first, "")
    if target == f"{owner}.{first}":
        known = {f"{owner}.{path}" for path, _ in walk(modules[owner].entries)}
        return dotted if dotted in known else None
    further = f"{target}.{deeper}" if deeper else target
    return canonical(further, modules) if target.split(".")[0] == owner.split(".")[0] else None
