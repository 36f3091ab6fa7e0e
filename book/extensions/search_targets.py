"""Names that the search leads to: exercises, drills and the symbols of the notation.

Sphinx's search knows words of pages, titles and *objects*; an object is found by its whole name or
a part of it, and leads to its place on the page. The Python domain makes the library's names
objects. The domain here does the same for `stable_softmax`, an exercise, and for `n_kv_heads`,
`Hkv` and H_kv, a row in the table of notation.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.config import Config
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment

KINDS = {"Exercise: ": "exercise", "Drill: ": "drill"}  # by how a heading begins
CHAPTERS = "chapters/"
NOTATION = "notation"
IN_FRONT = 0  # Sphinx's priority of objects that come before others of the same name
Target = tuple[str, str, str, str]  # name, type, page, anchor


class CourseDomain(Domain):
    """Exercises, drills and symbols, as objects of the search."""

    name = "course"
    label = "Course"
    object_types = {kind: ObjType(kind) for kind in (*KINDS.values(), "symbol")}  # noqa: RUF012
    initial_data = {"targets": []}  # noqa: RUF012

    def clear_doc(self, docname: str) -> None:
        """Forget a page before it is read again."""
        self.data["targets"] = [each for each in self.data["targets"] if each[2] != docname]

    def merge_domaindata(self, docnames: list[str], otherdata: dict) -> None:
        """Take over what another process has read."""
        self.data["targets"] += [each for each in otherdata["targets"] if each[2] in docnames]

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """Give the search what it asks of every domain."""
        for name, kind, docname, anchor in self.data["targets"]:
            yield name, name, kind, docname, anchor, IN_FRONT

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.Element]]:
        """Answer no references: these names are for the search."""
        return []

    def get_type_name(self, type: ObjType, primary: bool = False) -> str:
        """Call a thing what it is: "exercise", not "Course exercise"."""
        return type.lname


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the targets of a page when it is read."""
    docname = app.env.docname
    found: list[Target] = []
    if docname.startswith(CHAPTERS):
        found = [(name, kind, docname, anchor) for name, kind, anchor in tasks(doctree)]
    elif docname == NOTATION:
        found = [(name, "symbol", docname, anchor) for name, anchor in symbols(doctree)]
    app.env.get_domain("course").data["targets"] += found


def tasks(doctree: nodes.document) -> Iterable[tuple[str, str, str]]:
    """Give the name of each exercise and drill, which it is, and the anchor of its statement."""
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        words = title.astext() if title is not None else ""
        for beginning, kind in KINDS.items():
            if words.startswith(beginning):
                yield words.removeprefix(beginning), kind, section["ids"][0]


def symbols(doctree: nodes.document) -> Iterable[tuple[str, str]]:
    """Give every name in the tables of notation, and give its row an anchor.

    The letter of an axis is explained in the first row that has it; further rows only use it.
    """
    anchors, letters = set(), set()
    for row in (row for body in doctree.findall(nodes.tbody) for row in body.findall(nodes.row)):
        code, shapes, formulas = (list(names_in(cell)) for cell in row.children[1:4])
        new = [letter for letter in shapes if letter not in letters]
        letters.update(new)
        names = dict.fromkeys([*code, *new, *formulas])
        if names:
            anchor = "symbol-" + re.sub(r"\W", "", next(iter(names)))
            while anchor in anchors:
                anchor += "-also"
            anchors.add(anchor)
            row["ids"].append(anchor)
            yield from ((name, anchor) for name in names)


def names_in(cell: nodes.Node) -> Iterable[str]:
    """Give the names in a cell; a shape of several axes, `B T D`, is none."""
    for node in cell.findall():
        if isinstance(node, (nodes.literal, nodes.math)):
            name = plain(node.astext())
            if name and " " not in name:
                yield name


def plain(formula: str) -> str:
    r"""Write a symbol as one types it: `d_{\text{model}}` is `d_model`, `T_{\max}` is `T_max`."""
    return re.sub(r"\\text|\\mathbb|[\\{}]", "", formula).strip()


def use_own_scores(app: Sphinx, config: Config) -> None:
    """Put our script before Sphinx's own, from wherever the site is built."""
    config.html_search_scorer = str(Path(__file__).with_name("search_scorer.js"))


def add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Load the style sheet of the search page there alone."""
    if pagename == "search":
        app.add_css_file("search.css")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.add_domain(CourseDomain)
    app.connect("config-inited", use_own_scores)
    app.connect("html-page-context", add_style)
    app.connect("doctree-read", collect)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
