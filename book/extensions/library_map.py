"""All modules of the library at a glance: what each is for, under the page that describes it.

The directive `{library-map}` writes it, with the pages in the order of the table of contents.
"""

from docutils import nodes
from library_reference import rooms
from library_targets import modules_of, reference_to
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class LibraryMap(nodes.General, nodes.Element):
    """Where the list will stand, when all pages have been read."""


class LibraryMapDirective(SphinxDirective):
    """Keep a place for the list."""

    def run(self) -> list[nodes.Node]:
        """Return the place."""
        return [LibraryMap()]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the list in its place."""
    for place in list(doctree.findall(LibraryMap)):
        place.replace_self(written(app, docname))


def written(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Write the pages, each with its modules and the first line of what they say."""
    by_page: dict[str, list[str]] = {}
    for name, pages in rooms(app.env).items():
        for page in pages:
            by_page.setdefault(page, []).append(name)
    terms = nodes.definition_list(classes=["library-map"])
    for page in in_order(app, set(by_page)):
        address = app.builder.get_relative_uri(docname, page)
        title = app.env.titles[page].astext().removeprefix("Library: ")
        term = nodes.reference("", title[:1].upper() + title[1:], refuri=address, internal=True)
        lines = [line for name in by_page[page] if (line := line_for(app, name, docname))]
        terms += nodes.definition_list_item(
            "", nodes.term("", "", term), nodes.definition("", nodes.bullet_list("", *lines))
        )
    return [terms]


def in_order(app: Sphinx, pages: set[str]) -> list[str]:
    """Return pages in the order in which one reads them."""
    reading = list(app.env.collect_relations())
    return sorted(
        pages,
        key=lambda page: (page not in reading, reading.index(page) if page in reading else 0, page),
    )


def line_for(app: Sphinx, name: str, docname: str) -> nodes.list_item | None:
    """Write one module: its name, and what it is for."""
    short = name.partition(".")[2]
    link = reference_to(app, name, docname, nodes.literal(short, short))
    said = modules_of(app)[name].summary.replace("`", "")
    return (
        nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(f": {said}")))
        if link
        else None
    )


def skip(translator: nodes.NodeVisitor, node: nodes.Node) -> None:
    """Leave the place out where it was not filled."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.setup_extension("library_reference")
    app.add_node(LibraryMap, html=(skip, None))
    app.add_directive("library-map", LibraryMapDirective)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
