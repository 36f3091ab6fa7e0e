"""Back-links: from an entry of the library to the chapters that use it, and the other way round.

Both are made from what the code cells of the chapters import, whenever the site is built. A chapter
ends with a folded list "From the library"; an entry ends with a line "Used in".
"""

from chapter_code import ChapterCode, read_chapter
from docutils import nodes
from library_entries import Entry, walk
from library_targets import modules_of, reference_to, source_address
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)
CHAPTERS = "chapters/"


def chapters(env: BuildEnvironment) -> dict[str, ChapterCode]:
    """Return what each chapter takes from the library, by the name of its page."""
    return vars(env).setdefault("library_uses", {})


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Read the code of a chapter when its page is read."""
    docname = app.env.docname
    if docname.startswith(CHAPTERS):
        try:
            chapters(app.env)[docname] = read_chapter(doctree, modules_of(app))
        except SyntaxError as error:
            logger.warning("a code cell is no Python: %s", error, location=docname)


def forget_page(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a chapter before it is read again."""
    chapters(env).pop(docname, None)


def take_over(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: object) -> None:
    """Take over what another process has read."""
    read = getattr(other, "library_uses", {})
    chapters(env).update({name: code for name, code in read.items() if name in docnames})


def number_of(docname: str) -> str:
    """Call a page in few words: `chapters/ch02_self_attention` is "chapter 2"."""
    slug = docname.removeprefix(CHAPTERS)
    if slug.startswith("capstone_"):
        return "the capstone"
    digits = slug[2:4]
    is_chapter = slug.startswith("ch") and digits.isdigit()
    return f"chapter {int(digits)}" if is_chapter else slug.replace("_", " ")


def add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the links of one page."""
    if docname in chapters(app.env):
        add_list(app, doctree, docname, chapters(app.env)[docname])
    for section in doctree.findall(nodes.section):
        if "library_module" in section:
            add_uses(app, section, docname)


def add_uses(app: Sphinx, section: nodes.section, docname: str) -> None:
    """Say below the head of a module, and of each of its entries, where chapters use it."""
    module = section["library_module"]
    if links := used_in(app, docname, module, whole_module=True):
        before = next(iter(section.findall(addnodes.desc)), None)
        place = section.index(before) if before is not None else len(section)
        section.insert(place, links)
    for entry in section.findall(addnodes.desc):
        (signature,) = (part for part in entry if isinstance(part, addnodes.desc_signature))
        content = entry.next_node(addnodes.desc_content)
        name = f"{signature['module']}.{signature['fullname']}"
        if content is not None and (links := used_in(app, docname, name)):
            members = (n for n, child in enumerate(content) if isinstance(child, addnodes.desc))
            content.insert(next(members, len(content)), links)


def used_in(
    app: Sphinx, docname: str, name: str, *, whole_module: bool = False
) -> nodes.paragraph | None:
    """Write the chapters, and their sections, that use something; nothing when there are none."""
    parts: list[nodes.Node] = []
    for chapter, code in sorted(chapters(app.env).items()):
        deeper = [each for each in code.places if each.startswith(f"{name}.")]
        places = code.places.get(name, [])
        if not places and not (whole_module and deeper):
            continue
        address = app.builder.get_relative_uri(docname, chapter)
        parts += [nodes.Text("; " if parts else "Used in "), link(number_of(chapter), address)]
        sections = [] if whole_module else [place for place in places if place[0]]
        for n, (anchor, title) in enumerate(sections):
            parts += [nodes.Text(", " if n else ": "), link(title, f"{address}#{anchor}")]
    return nodes.paragraph("", "", *parts, nodes.Text("."), classes=["used-in"]) if parts else None


def link(text: str, address: str) -> nodes.reference:
    """Return a link inside the site."""
    return nodes.reference("", text, refuri=address, internal=True)


def add_list(app: Sphinx, doctree: nodes.document, docname: str, code: ChapterCode) -> None:
    """End a chapter with what it takes from the library, module by module, folded."""
    items = []
    for module in sorted({owner for name in code.places if (owner := owner_of(app, name))}):
        names = [name for name in code.places if owner_of(app, name) == module and name != module]
        lines = [line for name in names if (line := line_for(app, docname, name, module))]
        head = link_to(app, module, docname, module)
        if head is not None:
            source = source_address(app, module, docname)
            more = [nodes.Text(" ("), link("source", source), nodes.Text(")")] if source else []
            item = nodes.list_item("", nodes.paragraph("", "", head, *more))
            if lines:
                item += nodes.bullet_list("", *lines)
            items.append(item)
    if not items:
        return
    place = next(iter(doctree.findall(nodes.section)), doctree)
    place += nodes.raw(
        "", '<details class="from-library"><summary>From the library</summary>', format="html"
    )
    place += nodes.bullet_list("", *items)
    place += nodes.raw("", "</details>", format="html")


def owner_of(app: Sphinx, name: str) -> str | None:
    """Return the module in which something is defined."""
    modules = modules_of(app)
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def link_to(app: Sphinx, name: str, docname: str, text: str) -> nodes.reference | None:
    """Return a link to an entry, its name in the look of code."""
    return reference_to(app, name, docname, nodes.literal(text, text))


def line_for(app: Sphinx, docname: str, name: str, module: str) -> nodes.list_item | None:
    """Write one entry: its name, and the first line of what it says of itself."""
    path = name.removeprefix(f"{module}.")
    head = link_to(app, name, docname, path)
    if head is None:
        return None
    entries = dict(walk(modules_of(app)[module].entries))
    said = entries.get(path, Entry("data", path)).docstring.partition("\n")[0]
    # What stands in backticks there becomes plain text: a list to look things up, not to read.
    words = nodes.Text(f": {said.replace('`', '')}") if said else nodes.Text("")
    return nodes.list_item("", nodes.paragraph("", "", head, words))


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.setup_extension("library_reference")
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", take_over)
    app.connect("doctree-resolved", add_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
