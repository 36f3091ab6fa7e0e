"""The reference of the library: on a page of the site, the modules that the page asks for.

The directive `{library}` names them, one a line, as `attention` or as `kernels.flash_*`. Each
becomes a section with everything that it defines and does not hide. What is said comes from the
docstrings, which are Markdown with Google's sections; how a thing is called comes from its
signature, as `library_source` reads it. A module that no page asks for stops the build.
"""

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from library_entries import Entry
from library_source import PACKAGE, ROOT, Module
from library_targets import modules_of
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
SECTIONS = Config(napoleon_use_rtype=False)


class HouseDocstring(GoogleDocstring):
    """Google's sections as this library writes them: types stand in the signature alone."""

    def __init__(self, docstring: str | list[str], config: Config = SECTIONS) -> None:
        self.attributes: dict[str, list[str]] = {}
        super().__init__(docstring, config)  # pyright: ignore[reportArgumentType] - napoleon's own

    def _parse_attributes_section(self, section: str) -> list[str]:
        """Keep what is said of attributes for their own entries."""
        self.attributes |= {name: lines for name, _, lines in self._consume_fields()}
        return []

    def _consume_returns_section(
        self, preprocess_types: bool = False
    ) -> list[tuple[str, str, list[str]]]:
        """Take what is returned as words: what stands before a colon is no type."""
        return [("", "", self._dedent(self._consume_to_next_section()))]


class LibraryDirective(SphinxDirective):
    """Write the sections of some modules."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Find the modules that each line names, and describe them in that order."""
        modules = modules_of(self.env.app)
        described = []
        for pattern in self.content:
            if not (found := fnmatch.filter(modules, f"{PACKAGE}.{pattern.strip()}")):
                raise self.error(f"the library has no module {PACKAGE}.{pattern.strip()}")
            described += [self.section(modules[name]) for name in found if is_shown(modules[name])]
        return described

    def section(self, module: Module) -> nodes.section:
        """Describe one module."""
        pages = rooms(self.env).setdefault(module.name, [])
        if pages:
            raise self.error(f"{module.name} has its place already, in {pages[0]}")
        pages.append(self.env.docname)
        anchor = f"module-{module.name}"
        # The first anchor is the one that search results have, and their script knows no dots.
        section = nodes.section(
            ids=[module.name.replace(".", "-"), anchor],
            names=[module.name],
            classes=["library-module"],
            library_module=module.name,
        )
        section += nodes.title("", "", nodes.literal(module.name, module.name))
        self.set_source_info(section)
        domain = cast(PythonDomain, self.env.get_domain("py"))
        domain.note_module(module.name, anchor, module.summary, "", False)
        domain.note_object(module.name, "module", anchor, location=section)
        with self.context(**{"py:module": module.name}):
            section += self.markdown(HouseDocstring(module.docstring).lines())
            if module.exported:
                names = [name for name in sorted(module.bindings) if name != "__all__"]
                section += self.names("Passes on", names)
            if len(module.entries) > 1:
                section += self.names("Defines", [entry.name for entry in module.entries])
            for entry in module.entries:
                section += self.describe(entry)
        return section

    def names(self, words: str, names: list[str]) -> nodes.paragraph:
        """List names in a line; `library_links` makes links of them."""
        parts: list[nodes.Node] = [nodes.Text(f"{words} ")]
        for n, name in enumerate(names):
            parts += [nodes.Text(", " if n else ""), nodes.literal(name, name)]
        return nodes.paragraph("", "", *parts, nodes.Text("."), classes=["module-contents"])

    def describe(self, entry: Entry, said: list[str] | None = None) -> list[nodes.Node]:
        """Write one entry, and for a class what it defines.

        Args:
            entry: The entry.
            said: Of an attribute, what the class says of it.
        """
        docstring = HouseDocstring(entry.docstring)
        written = self.directive(entry, said if said else docstring.lines()).run()
        (content,) = (part for node in written for part in node.findall(addnodes.desc_content))
        if kind := kind_of(entry):
            content.insert(0, kind)
        known = {member.name for member in entry.members}
        unbound = [
            Entry("attribute", name) for name in docstring.attributes if name not in known
        ]  # set in `__init__`
        members = sorted([*unbound, *entry.members], key=lambda each: each.kind != "attribute")
        with self.context(**{"py:class": entry.name, "py:classes": [entry.name]}):
            for member in members:
                content += self.describe(member, docstring.attributes.get(member.name))
        return list(written)

    def directive(self, entry: Entry, lines: list[str]) -> Directive:
        """Return the directive of Sphinx's Python domain that writes an entry."""
        options: dict[str, str | None] = {}
        if entry.kind in ("attribute", "data", "property"):
            options |= {"type": entry.annotation} if entry.annotation else {}
            options |= {"value": entry.value} if entry.value else {}
        if entry.kind == "attribute":  # too many for the index
            options |= {"no-index-entry": None}
        if any(trait.endswith("dataclass") for trait in entry.traits):  # its fields follow
            options |= {"single-line-parameter-list": None}
        kind = self.env.get_domain("py").directives[entry.kind]
        return kind(
            name=f"py:{entry.kind}",
            arguments=[entry.name + entry.arguments],
            options=options,
            content=StringList(lines, source=self.get_source_info()[0]),
            lineno=self.lineno,
            content_offset=self.content_offset,
            block_text="",
            state=self.state,
            state_machine=self.state_machine,
        )

    def markdown(self, lines: list[str]) -> list[nodes.Node]:
        """Read lines of Markdown."""
        parent = nodes.Element()
        self.state.nested_parse(StringList(lines, source=""), self.content_offset, parent)
        return list(parent.children)

    @contextmanager
    def context(self, **settings: object) -> Iterator[None]:
        """Tell the Python domain for a while in which module or class it is."""
        before = dict(self.env.ref_context)
        self.env.ref_context.update(settings)
        yield
        self.env.ref_context.clear()
        self.env.ref_context.update(before)


def is_shown(module: Module) -> bool:
    """Say whether a module has more to show than one line: most packages have no more."""
    return bool(module.entries) or module.exported


def kind_of(entry: Entry) -> nodes.paragraph | None:
    """Write in a line what sort of thing an entry is, where the signature does not tell."""
    words: list[nodes.Node] = [nodes.Text(", ".join(entry.traits))] if entry.traits else []
    bases = [base for base in entry.bases if base != "Protocol"]
    if bases:
        words.append(nodes.Text(", based on " if words else "based on "))
        words += [nodes.literal(base, base) for base in bases[:1]]
        words += [n for base in bases[1:] for n in (nodes.Text(", "), nodes.literal(base, base))]
    return nodes.paragraph("", "", *words, classes=["entry-kind"]) if words else None


def rooms(env: BuildEnvironment) -> dict[str, list[str]]:
    """Return the pages on which each module is described."""
    return vars(env).setdefault("library_rooms", {})


def forget_page(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page described before it is read again."""
    for pages in rooms(env).values():
        pages[:] = [page for page in pages if page != docname]


def take_over(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: object) -> None:
    """Take over what another process has read."""
    for name, pages in getattr(other, "library_rooms", {}).items():
        rooms(env).setdefault(name, []).extend(page for page in pages if page in docnames)


def check_rooms(app: Sphinx, env: BuildEnvironment) -> None:
    """Say which modules stand on no page; where no page describes any, no library is described."""
    if not any(rooms(env).values()):
        return
    for name, module in modules_of(app).items():
        if is_shown(module) and not rooms(env).get(name):
            logger.warning("%s is on no page: add it to one in book/library", name)


def add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Load the style sheet of the reference on its pages alone."""
    if pagename.startswith(("library/", "_modules/")) or pagename == "genindex":
        app.add_css_file("library.css")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.add_config_value("library_root", str(ROOT), "env")
    app.setup_extension("library_types")
    app.add_directive("library", LibraryDirective)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", take_over)
    app.connect("env-check-consistency", check_rooms)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
