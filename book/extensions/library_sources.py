"""The source of the library as pages of the site, by Sphinx's own `viewcode`.

Every entry has a link to its lines, and the lines have a link back. Where a code host is named
(`repository: url:` in `_config.yml`), the head of a module leads there too.
"""

import re

from docutils import nodes
from library_entries import walk
from library_targets import modules_of, source_address
from sphinx.application import Sphinx

PAGES = "_modules/"
OPENING = re.compile(r'(<div class="viewcode-block"[^>]*>)\n(<a class="viewcode-back".*?</a>)\n')


def find_source(app: Sphinx, name: str) -> tuple[str, dict[str, tuple[str, int, int]]] | None:
    """Give viewcode the text of a module, so that it need not import it."""
    module = modules_of(app).get(name)
    if module is None:
        return None
    return module.code, {
        path: (entry.kind, *entry.lines)
        for path, entry in walk(module.entries)
        if entry.kind != "attribute"  # they stand with their class
    }


def add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lead from the head of each module to its source."""
    for section in doctree.findall(nodes.section):
        if "library_module" in section and (line := source_line(app, section, docname)):
            section.insert(1, line)


def source_line(app: Sphinx, section: nodes.section, docname: str) -> nodes.paragraph | None:
    """Write the links to the source of a module."""
    name = section["library_module"]
    if not (page := source_address(app, name, docname)):
        return None
    links: list[nodes.Node] = [nodes.reference("", "Source", refuri=page, internal=True)]
    if address := on_the_host(app, name):
        links += [nodes.Text(" · "), nodes.reference("", "at the code host", refuri=address)]
    return nodes.paragraph("", "", *links, classes=["module-source"])


def on_the_host(app: Sphinx, name: str) -> str | None:
    """Return the address of a module at the code host, where one is named."""
    options = app.config.html_theme_options
    if not (repository := options.get("repository_url")):
        return None
    path = modules_of(app)[name].path.relative_to(app.config.library_root).as_posix()
    return f"{repository.rstrip('/')}/blob/{options.get('repository_branch') or 'main'}/{path}"


def mend_page(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Make a page of source readable for all: a description, and code that the keyboard scrolls."""
    if not pagename.startswith(PAGES):
        return
    name = context["title"]
    context["metatags"] = context.get("metatags", "") + (
        f'<meta name="description" content="Source of {name}" />\n'
    )
    body = context["body"].replace("<pre>", '<pre tabindex="0">', 1)
    # Two line breaks that viewcode writes would be seen as empty lines.
    context["body"] = OPENING.sub(r"\1\2", body)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.setup_extension("library_reference")
    app.setup_extension("sphinx.ext.viewcode")
    app.connect("viewcode-find-source", find_source)
    app.connect("doctree-resolved", add_links)
    app.connect("html-page-context", mend_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
