"""Links to entries of the reference, from any page of the site."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from docutils import nodes
from library_source import PACKAGE, Module, read_library
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.util.nodes import make_refnode


def modules_of(app: Sphinx) -> Mapping[str, Module]:
    """Return the library that this site describes."""
    return read_library(Path(app.config.library_root), PACKAGE)


def reference_to(
    app: Sphinx, name: str | None, docname: str, content: nodes.Node
) -> nodes.reference | None:
    """Return a link from a page to the entry of something, or None when it has no entry."""
    domain = cast(PythonDomain, app.env.get_domain("py"))
    target = domain.objects.get(name) if name else None
    if target is None:
        return None
    return make_refnode(app.builder, docname, target.docname, target.node_id, content, name)


def source_address(app: Sphinx, name: str, docname: str) -> str | None:
    """Return the way from a page to the source of a module, or None where the site has no such.

    A package that only passes names on has no page of source: it defines nothing to be shown.
    """
    if "sphinx.ext.viewcode" not in app.extensions or not modules_of(app)[name].entries:
        return None
    return app.builder.get_relative_uri(docname, f"_modules/{name.replace('.', '/')}")
