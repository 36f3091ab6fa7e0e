"""The text of a page as an e-reader can use it.

Left out is what only a script or a mouse has a use for. A formula becomes MathML alone, with its
TeX as the words for readers that do not know MathML. What is folded stays folded: an e-reader that
cannot fold shows it open, so no answer is lost.
"""

from xml.etree.ElementTree import Element

from book.epub.trees import HTML, Piece, classes, make, pieces_of, rewrite, words

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
# How many parts an element of MathML has that puts one beside the other.
PLACES_OF = {"msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
APPLIED = "\u2061"  # "is applied to": KaTeX writes it behind `\max`, also where there is no place

LETTERS = {"mrow", "mi"}
MANY_COLUMNS = 5  # more than a phone has room for

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
    if element.tag.startswith("{"):
        return text_of_unknown(element)
    if element.tag == "math":
        return [formula(element)]
    if element.tag in PLACES_OF:
        return [without_mark(element)]
    if element.tag == "summary":
        return [summary(element)]
    if element.tag == "table":
        return [table(element)]
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
    says_something = {"id", "lang", "title"} & set(element.attrib)
    return element.tag == "span" and kind <= PLAIN_TOKENS and not says_something


def text_of_unknown(element: Element) -> list[Piece]:
    r"""Return what a reader should see of an element that HTML does not know.

    Browsers read what stands inside `<mo>` as HTML: KaTeX's `\bmod` comes letter by letter there.
    """
    name = element.tag.rpartition("}")[2]
    return pieces_of(element) if name in LETTERS else [f"<{name}>", *pieces_of(element)]


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


def without_mark(element: Element) -> Element:
    """Return an index or exponent with as many parts as it may have."""
    if len(element) > PLACES_OF[element.tag]:
        for child in list(element):
            if child.text == APPLIED:
                element.remove(child)
    return element


def table(element: Element) -> Element:
    """Return a table in a frame that scrolls; one of many columns is set in small letters."""
    columns = max(sum(int(cell.get("colspan", 1)) for cell in row) for row in element.iter("tr"))
    kind = {"class": "wide"} if columns >= MANY_COLUMNS else {}
    named = {"id": element.attrib["id"]} if "id" in element.attrib else {}
    return make("div", make("table", *pieces_of(element), **named, **kind), class_="table")


def summary(element: Element) -> Element:
    """Return the line that folds and unfolds something, as one line of text."""
    folded = element.find("p")
    if folded is None:
        return make("summary", *pieces_of(element))
    said = words(folded)
    return make("summary", FOLDED_CODE.get(said, said.removeprefix("Show ")))
