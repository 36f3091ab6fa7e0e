"""When a chapter must be executed again: a hash of all that its outputs depend on.

Outputs follow from the code cells, from the modules of this repository that they import, directly
or through others, from the data beside those modules, and from the versions of everything else.
Prose is not part of it: a chapter whose words changed keeps its outputs.
"""

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbformat import NotebookNode

PACKAGES = ("course_lib", "autograder")


def fingerprint(notebook: NotebookNode, root: Path) -> str:
    """Hash what a chapter's outputs depend on.

    Args:
        notebook: The notebook as it would be executed.
        root: The repository.

    Returns:
        A hexadecimal SHA-256.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        tags = ",".join(cell.metadata.get("tags", []))  # `raises-exception` changes what may run
        _add(digest, f"cell {tags}", cell.source.encode())
    pins = root / "constraints.txt"
    for path in [*([pins] if pins.is_file() else []), *imported_files(_sources(code), root)]:
        _add(digest, path.relative_to(root).as_posix(), path.read_bytes())
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", name: str, content: bytes) -> None:
    # The length keeps two neighbours from being mistaken for one.
    digest.update(f"\n{name} {len(content)}\n".encode())
    digest.update(content)


def _sources(code: Iterable[NotebookNode]) -> list[str]:
    from IPython.core.inputtransformer2 import TransformerManager

    return [TransformerManager().transform_cell(cell.source) for cell in code]


def imported_files(sources: Iterable[str], root: Path) -> list[Path]:
    """List the files of this repository that some code depends on, in a fixed order.

    Args:
        sources: Pieces of Python.
        root: The repository.

    Returns:
        Modules that are imported, directly or through others, and the data files beside them.
    """
    found: set[Path] = set()
    waiting = [module for source in sources for module in _imports(source, package="")]
    while waiting:
        name = waiting.pop()
        path = _file_of(name, root)
        if path is None or path in found:
            continue
        found.add(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += _imports(path.read_text(encoding="utf-8"), package)
    folders = {path.parent for path in found}
    data = {file for folder in folders for file in _data_in(folder)}
    return sorted(found | data)


def _data_in(folder: Path) -> Iterator[Path]:
    """List the data files of a folder and of those below it that are no packages of their own."""
    for path in folder.iterdir():
        if path.is_dir() and not (path / "__init__.py").is_file():
            yield from _data_in(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc"):
            yield path


def _imports(source: str, package: str) -> Iterator[str]:
    """Give the names of this repository's modules that a piece of code may import."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            steps = name.split(".")
            if steps[0] in PACKAGES:
                yield from (".".join(steps[:end]) for end in range(1, len(steps) + 1))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Give the full name of the module that a `from … import` names."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _file_of(module: str, root: Path) -> Path | None:
    base = root.joinpath(*module.split("."))
    for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None  # a function or class of the module before
