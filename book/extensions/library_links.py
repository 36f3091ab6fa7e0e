"""Code in a sentence is a link where it names something in the library.

In a chapter that is what the chapter imports: `scaled_dot_product_attention` after
`from course_lib.attention import …`. In the reference it is what the module knows by that name. A
full name, `course_lib.attention` or `course_lib/attention.py`, is a link on every page.
"""

import re
from collections.abc import Mapping

from docutils import nodes
from library_entries import Entry, walk
from library_reference import rooms
from library_source import PACKAGE, Module, canonical
from library_targets import modules_of, reference_to
from library_uses import chapters
from sphinx import addnodes
from sphinx.application import Sphinx

NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(?=(\(\))?$)")
FILE = re.compile(rf"{PACKAGE}/([\w/]+)\.py")
NO_PLACE_FOR_A_LINK = (nodes.reference, nodes.title, addnodes.desc_signature)


def link_names(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the names of a page into links."""
    for literal in list(doctree.findall(nodes.literal)):
        above = ancestors(literal)
        if any(isinstance(each, NO_PLACE_FOR_A_LINK) for each in above):
            continue
        name = meant(app, literal.astext(), above, docname)
        link = reference_to(app, name, docname, literal.deepcopy()) if name else None
        if link is not None:
            literal.replace_self(link)


def ancestors(node: nodes.Node) -> list[nodes.Element]:
    """Return the elements around a node, from the inside."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def meant(app: Sphinx, text: str, above: list[nodes.Element], docname: str) -> str | None:
    """Return the dotted name of what some code names, or None when it names nothing here."""
    modules = modules_of(app)
    if match := FILE.fullmatch(text):
        return canonical(f"{PACKAGE}.{match[1].replace('/', '.')}", modules)
    if not (match := NAME.match(text)):
        return None
    dotted = match[0]
    if dotted.startswith(f"{PACKAGE}."):
        return canonical(dotted, modules)
    if docname in chapters(app.env):
        first, _, rest = dotted.partition(".")
        start = chapters(app.env)[docname].names.get(first)
        return canonical(f"{start}.{rest}" if rest else start, modules) if start else None
    for each in above:
        if "library_module" in each:
            module = modules[each["library_module"]]
            return meant_by_module(dotted, module, entries_around(above), modules)
    return meant_by_page(dotted, docname, app)


def meant_by_page(dotted: str, docname: str, app: Sphinx) -> str | None:
    """Return what the words above the modules of a page mean by a name: a module or an entry."""
    modules = modules_of(app)
    here = [name for name, pages in rooms(app.env).items() if docname in pages]
    for name in here:
        if name.endswith(f".{dotted}"):
            return name
    found = (canonical(f"{name}.{dotted}", modules) for name in here)
    return next(filter(None, found), None)


def entries_around(above: list[nodes.Element]) -> list[str]:
    """Return the paths of the entries around a place, from the inside: `Cache.append`, `Cache`."""
    return [
        part["fullname"]
        for each in above
        if isinstance(each, addnodes.desc)
        for part in each
        if isinstance(part, addnodes.desc_signature)
    ]


def meant_by_module(
    dotted: str, module: Module, around: list[str], modules: Mapping[str, Module]
) -> str | None:
    """Return what a docstring means by a name: first what is nearest, last what is far.

    Args:
        dotted: The name as it stands there.
        module: Where it stands.
        around: The entries that it stands in, from the inside.
        modules: The library.
    """
    entries = dict(walk(module.entries))
    first = dotted.partition(".")[0]
    here = [entries[path] for path in around if path in entries]
    if any(first in entry.parameters or entry.name == first for entry in here):
        return None  # an argument, or the entry itself: no need to go anywhere
    for path in around:
        member = entries.get(f"{path}.{dotted}")
        if member is not None:
            return None if member.kind == "attribute" else f"{module.name}.{path}.{dotted}"
    if first in module.bindings:
        return canonical(module.bindings[first] + dotted.removeprefix(first), modules)
    if first in words_of(module):
        return None
    package = module.name.rpartition(".")[0]
    for start in (package, PACKAGE):
        if found := canonical(f"{start}.{dotted}", modules):
            return found
    return only_one_called(dotted, modules)


def words_of(module: Module) -> set[str]:
    """Return the arguments and attributes of a module: words that mean a thing of its own there."""
    entries: list[Entry] = [entry for _, entry in walk(module.entries)]
    words = {name for entry in entries for name in entry.parameters}
    return words | {entry.name for entry in entries if entry.kind == "attribute"}


def only_one_called(dotted: str, modules: Mapping[str, Module]) -> str | None:
    """Return the one function or class of the library that has a name not to be confused."""
    first = dotted.partition(".")[0]
    if first.islower() and "_" not in first:
        return None  # a word such as `floor` or `parse`
    owners = [
        module.name
        for module in modules.values()
        if any(entry.name == first and entry.kind != "data" for entry in module.entries)
    ]
    return canonical(f"{owners[0]}.{dotted}", modules) if len(owners) == 1 else None


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.setup_extension("library_uses")
    app.connect("doctree-resolved", link_names)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
