"""What the code cells of a chapter take from the library, and in which sections.

Read are the cells that the chapter gives: not the exercises, which hold a stub, nor their tests.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from docutils import nodes
from library_source import PACKAGE, Module, canonical, imported_names

NOT_GIVEN = {"tag_exercise", "tag_tests"}
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass
class ChapterCode:
    """What one chapter takes from the library.

    Attributes:
        title: Its title.
        names: What it imports: the name in the chapter, and the dotted name in the library.
        places: For each dotted name the sections that use it, as (anchor, title), in order; a name
            that is only imported has the section where that is done. The anchor of the chapter
            itself is empty.
    """

    title: str
    names: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def read_chapter(doctree: nodes.document, modules: Mapping[str, Module]) -> ChapterCode:
    """Read the given cells of a chapter's page.

    Args:
        doctree: The page.
        modules: The library.

    Raises:
        SyntaxError: A cell is no Python.
    """
    title = next(iter(doctree.findall(nodes.title)), nodes.title("", "")).astext()
    chapter, bound, imported_in = ChapterCode(title), {}, {}
    for code, section in given_cells(doctree):
        tree = ast.parse(MAGIC.sub("", code))
        imported = {
            local: name
            for local, dotted in imported_names(tree).items()
            if dotted.split(".")[0] == PACKAGE and (name := canonical(dotted, modules))
        }
        own = rebound(tree)
        active = {local: name for local, name in bound.items() if local not in own} | imported
        bound = {local: name for local, name in active.items() if local not in own}
        chapter.names |= imported
        for name in imported.values():
            imported_in.setdefault(name, section)
        for name in used_names(tree, active, modules):
            sections = chapter.places.setdefault(name, [])
            if section not in sections:
                sections.append(section)
    # In the prose a name that the chapter defines itself is the chapter's.
    chapter.names = {local: name for local, name in chapter.names.items() if local in bound}
    for name, section in imported_in.items():
        is_used = any(each == name or each.startswith(f"{name}.") for each in chapter.places)
        if not is_used:
            chapter.places[name] = [section]
    return chapter


def given_cells(doctree: nodes.document) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give the code of each given cell, with the anchor and the title of its section."""
    for cell in doctree.findall(nodes.container):
        if "cell" not in cell["classes"] or NOT_GIVEN & set(cell["classes"]):
            continue
        section = cell.parent
        while not isinstance(section, (nodes.section, nodes.document)):
            section = section.parent
        title = next(iter(section.findall(nodes.title)), nodes.title("", "")).astext()
        top = isinstance(section, nodes.document) or isinstance(section.parent, nodes.document)
        anchor = "" if top else section["ids"][0]
        for part in cell.findall(nodes.container):
            if "cell_input" in part["classes"]:
                for block in part.findall(nodes.literal_block):
                    yield block.astext(), (anchor, title)


def used_names(
    tree: ast.AST, bound: Mapping[str, str], modules: Mapping[str, Module]
) -> Iterator[str]:
    """Give the dotted names of what a cell uses, in order: `tinytales.Story` as far as it goes."""
    inner = set()
    nodes_in_order = sorted(
        (node for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.Attribute))),
        key=lambda node: (node.lineno, node.col_offset, -(node.end_col_offset or 0)),
    )
    for node in nodes_in_order:
        if node in inner:
            continue
        parts, root = [], node
        while isinstance(root, ast.Attribute):
            parts.insert(0, root.attr)
            root = root.value
            inner.add(root)
        if isinstance(root, ast.Name) and root.id in bound:
            name = bound[root.id]
            for part in parts:
                if not (deeper := canonical(f"{name}.{part}", modules)):
                    break
                name = deeper
            yield name


def rebound(tree: ast.AST) -> set[str]:
    """Return the names that a cell gives a new meaning at its top level."""
    names = set()
    for node in getattr(tree, "body", []):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
    return names
