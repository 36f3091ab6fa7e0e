"""Which module reads a file that lies beside the library's code, and what makes it.

Nothing is run: a module owns a file whose name it writes out, as a text or as an f-string whose
braces may hold anything.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

CODE = {".py", ".pyc", ".js", ".css"}
COMMAND = re.compile(r"python -m ([\w.]+)")


@cache
def _patterns_of(module: Path) -> frozenset[str]:
    return frozenset(patterns(module.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Owner:
    """A module that reads a file: where it stands, and the pattern that it names the file by."""

    module: Path
    pattern: str


def kept_files(library: Path) -> list[Path]:
    """List what lies beside the code of the library and is none."""
    return sorted(p for p in library.rglob("*") if p.is_file() and p.suffix not in CODE)


def owners(file: Path, library: Path) -> list[Owner]:
    """List the modules that name a file; a description beside weights is read by their name.

    Args:
        file: One of `kept_files`.
        library: Folder of the library.
    """
    weights = file.with_suffix(".safetensors")
    names = {file.name, weights.name if weights.is_file() else file.name}
    return [
        Owner(module, pattern)
        for module in sorted(library.rglob("*.py"))
        for pattern in sorted(_patterns_of(module))
        if any(fnmatchcase(name, pattern) for name in names)
    ]


def patterns(source: str) -> Iterator[str]:
    """Walk the names of files that a module writes out, with `*` for what an f-string fills in."""
    for node in ast.walk(ast.parse(source)):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            pieces = [p.value if isinstance(p, ast.Constant) else "*" for p in node.values]
            text = "".join(map(str, pieces))
        # `*.json` alone would own every file.
        if re.fullmatch(r"\w[\w*.-]*\.(json|safetensors|npz)", text):
            yield text


def fillings(file: Path, pattern: str) -> tuple[str, ...]:
    """Return what stands in a file's name where a pattern has a star: `tool` in `sums_tool`."""
    found = re.fullmatch(re.escape(Path(pattern).stem).replace(r"\*", "(.*)"), file.stem)
    return found.groups() if found else ()


def texts_in(sources: Iterable[str]) -> set[str]:
    """Collect every text that stands in some pieces of Python."""
    return {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def maker(file: Path) -> str | None:
    """Return the module that a file, or the description beside it, says it was made by."""
    told = file.with_suffix(".json")
    if not told.is_file():
        return None
    content = json.loads(told.read_text(encoding="utf-8"))
    command = content.get("made_by", "") if isinstance(content, dict) else ""
    found = COMMAND.fullmatch(command)
    return found[1] if found else None


def commands(makefile: str, target: str) -> list[str]:
    """List the modules that a target of the Makefile runs, in its order."""
    recipe = re.search(rf"^{target}:[^\n]*\n((?:\t[^\n]*\n)*)", makefile, re.MULTILINE)
    return COMMAND.findall(recipe[1]) if recipe else []
