"""A tree of elements, and the few things that one does to it.

Elements have plain names here; those of SVG and MathML say their namespace in an attribute.
"""

import re
from collections.abc import Callable
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

XHTML = "http://www.w3.org/1999/xhtml"
EMBEDDED = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}
# The elements of HTML that pages have, those included that a book leaves out.
HTML = {
    *("a", "abbr", "article", "aside", "b", "blockquote", "body", "br", "button", "caption"),
    *("cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em"),
    *("figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header"),
    *("hr", "html", "i", "img", "input", "ins", "kbd", "label", "li", "link", "mark", "meta"),
    *("nav", "noscript", "ol", "p", "pre", "q", "s", "samp", "script", "section", "small"),
    *("span", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "template"),
    *("tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "var", "wbr"),
}

Piece: TypeAlias = Element | str
Rule: TypeAlias = Callable[[Element], list[Piece]]

# What XML allows to be written short and HTML does not: some e-readers read pages as HTML.
_SHORT = re.compile(r"<(?!(?:br|col|hr|img|link|meta|wbr)\b)([a-zA-Z][\w:-]*)((?: [^<>]*)?) />")


def parse(xml: str) -> Element:
    """Read a document; the names of its elements lose their namespace.

    What HTML does not know keeps it: `<task>` in a text, where somebody forgot that `<` is special.
    """
    root = ElementTree.fromstring(xml)
    for element in root.iter():
        namespace, _, name = element.tag.rpartition("}")
        if namespace != f"{{{XHTML}" or name in HTML:
            element.tag = name
        if element.tag in EMBEDDED:
            element.set("xmlns", EMBEDDED[element.tag])
    return root


def write(element: Element) -> str:
    """Write an element, without what stands behind it."""
    tail, element.tail = element.tail, None
    text = _SHORT.sub(r"<\1\2></\1>", ElementTree.tostring(element, encoding="unicode"))
    element.tail = tail
    return text


def make(tag: str, *pieces: Piece, **attributes: str) -> Element:
    """Make an element; a name that Python keeps for itself is written with `_` behind it."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return fill(Element(tag, named), list(pieces))


def fill(element: Element, pieces: list[Piece]) -> Element:
    """Give an element new content."""
    for child in list(element):
        element.remove(child)
    element.text = None
    for piece in pieces:
        if isinstance(piece, Element):
            piece.tail = None
            element.append(piece)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + piece
        else:
            element.text = (element.text or "") + piece
    return element


def pieces_of(element: Element) -> list[Piece]:
    """Return the content of an element: text and elements, in order."""
    pieces: list[Piece] = [element.text] if element.text else []
    for child in element:
        pieces.append(child)
        if child.tail:
            pieces.append(child.tail)
    return pieces


def rewrite(element: Element, rule: Rule) -> list[Piece]:
    """Put in the place of each element what a rule says, from the innermost outwards.

    Args:
        element: The root of the tree; it is changed.
        rule: Returns what stands in the place of an element whose content is rewritten already:
            itself, its content, something else, or nothing.

    Returns:
        What stands in the place of the root.
    """
    content: list[Piece] = []
    for piece in pieces_of(element):
        content += [piece] if isinstance(piece, str) else rewrite(piece, rule)
    return rule(fill(element, content))


def classes(element: Element) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", "").split())


def words(element: Element) -> str:
    """Return the text of an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())
