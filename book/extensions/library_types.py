"""Types in the signatures of the reference: quoted as in the source, linked to their entries."""

from docutils import nodes
from library_source import canonical
from library_targets import modules_of, reference_to
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def find_type(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Link a type to where the library defines it; leave a type of another package as it is.

    A name that the module does not bind stays without an answer, and the build stops.
    """
    module = modules_of(app).get(node.get("py:module", ""))
    if node["refdomain"] != "py" or module is None:
        return None
    first, _, rest = node["reftarget"].partition(".")
    if first not in module.bindings:
        return None
    dotted = ".".join(filter(None, [module.bindings[first], rest]))
    name = canonical(dotted, modules_of(app))
    return reference_to(app, name, node["refdoc"], contnode) or contnode


def quote_as_the_source_does(app: Sphinx, doctree: nodes.document) -> None:
    """Write shapes and defaults in the quotation marks that the library uses."""
    for signature in doctree.findall(addnodes.desc_signature):
        for node in signature.findall(nodes.inline):
            is_text = isinstance(node, addnodes.desc_sig_literal_string)
            if not is_text and "default_value" not in node["classes"]:
                continue
            plain = node.astext()
            if plain[:1] == plain[-1:] == "'" and '"' not in plain:
                node.children = [nodes.Text(f'"{plain[1:-1]}"')]


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("missing-reference", find_type)
    app.connect("doctree-read", quote_as_the_source_does)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
