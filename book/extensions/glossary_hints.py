"""What a term means, shown where it is used: on hover, on keyboard focus and on a first tap.

Every page gets the definitions of the terms that it links to, as data for `glossary-hints.js`, so
that nothing is fetched and pages opened from a file have them too. Without scripts the terms stay
what they are: links into the glossary.
"""

import json
from functools import cache

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.osutil import relative_uri

SCRIPT = "glossary-hints.js"


@cache
def definitions(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Map the place of each term, as `page#anchor`, to the term and its meaning in plain text."""
    objects = env.get_domain("std").get_objects()
    pages = {page for _, _, kind, page, _, _ in objects if kind == "term"}
    return {
        f"{page}#{anchor}": (term.astext(), " ".join(meaning.astext().split()))
        for page in pages
        for item in env.get_doctree(page).findall(nodes.definition_list_item)
        for meaning in item.findall(nodes.definition)
        for term in item.findall(nodes.term)
        for anchor in term["ids"]
    }


def add_hints(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the definitions of the terms that a page links to at the end of its body."""
    if doctree is None:
        return
    here = app.builder.get_target_uri(pagename)
    hints = {}
    for place, (term, meaning) in definitions(app.env).items():
        page, _, anchor = place.partition("#")
        address = f"{relative_uri(here, app.builder.get_target_uri(page))}#{anchor}"
        if page != pagename and f'href="{address}"' in context["body"]:
            hints[address] = [term, meaning]
    if hints:
        data = json.dumps(hints, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
        context["body"] += (
            f'\n<script type="application/json" id="glossary-hints">{data}</script>\n'
        )
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_hints, priority=890)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
