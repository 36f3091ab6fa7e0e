"""The text of a page as an e-reader can use it.

Left out is what only a script or a mouse has a use for. A formula becomes MathML alone, with its
TeX as the words for readers that do not know MathML. What is folded stays folded: an e-reader that
cannot fold shows it open, so no answer is lost.
"""

from xml.etree.ElementTree import Element

from book.epub.trees import Piece, classes, make, pieces_of, rewrite, words

UNUSABLE = {"script", "button", "style", "template", "link", "input"}
UNUSABLE_CLASSES = {"headerlink", "copybtn", "online-only", "katex-html", "sd-summary-state-marker"}
# Elements around what they hold that show nothing of their own here.
TRANSPARENT_CLASSES = {"katex", "katex-mathml", "katex-display"}
PLAIN_TOKENS = {"pre", "n", "p", "w", "o"}

KEPT = {"id", "class", "href", "src", "alt", "title", "lang", "dir", "colspan", "rowspan", "scope"}
KEPT_OF = {
    "img": {"width", "height"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "col": {"style", "span"},
    "td": {"style"},
    "th": {"style"},
    "details": {"open"},
}
# Elements of SVG and MathML keep all that they say.
HTML = {
    *("a", "abbr", "article", "aside", "b", "blockquote", "br", "caption", "cite", "code", "col"),
    *("colgroup", "dd", "details", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1"),
    *("h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s"),
    *("samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody"),
    *("td", "tfoot", "th", "thead", "tr", "u", "ul", "var", "wbr"),
}

FOLDED_CODE = {"Show code cell source": "Code", "Show code cell output": "Output"}


def tidy(article: Element) -> Element:
    """Return the text of a page with all that an e-reader needs, and no more."""
    return make("article", *(piece for piece in rewrite(article, tidied)))[0]


def tidied(element: Element) -> list[Piece]:
    """Return what stands in the place of one element."""
    kind = classes(element)
    if is_unusable(element, kind):
        return []
    if kind & TRANSPARENT_CLASSES or is_plain(element, kind):
        return pieces_of(element)
    if element.tag == "math":
        return [formula(element)]
    if element.tag == "summary":
        return [summary(element)]
    if element.tag in HTML:
        kept = KEPT | KEPT_OF.get(element.tag, set())
        for name in [name for name in element.keys() if name not in kept]:  # noqa: SIM118
            del element.attrib[name]
    return [element]


def is_unusable(element: Element, kind: set[str]) -> bool:
    """Say whether an element is for scripts, a mouse or decoration alone."""
    is_icon = element.tag == "svg" and element.get("aria-hidden") == "true"
    return element.tag in UNUSABLE or bool(kind & UNUSABLE_CLASSES) or is_icon


def is_plain(element: Element, kind: set[str]) -> bool:
    """Say whether an element is a highlighter's, for a piece of text that looks like any other."""
    if element.tag != "span" or element.get("id"):
        return False
    return kind <= PLAIN_TOKENS if kind else not words(element)


def formula(math: Element) -> Element:
    """Return a formula without its second form: the TeX goes into what is read out for it."""
    semantics = math.find("semantics")
    if semantics is None:
        return math
    tex = semantics.findtext("annotation", default="")
    math.set("alttext", " ".join(tex.split()))
    for child in list(math):
        math.remove(child)
    math.append(semantics[0])
    math[0].tail = None
    return math


def summary(element: Element) -> Element:
    """Return the line that folds and unfolds something, as one line of text."""
    folded = element.find("p")
    if folded is None:
        return make("summary", *pieces_of(element))
    said = words(folded)
    return make("summary", FOLDED_CODE.get(said, said.removeprefix("Show ")))
