"""A live figure as an e-reader can show it: a picture, its words, and the way to where it moves."""

from xml.etree.ElementTree import Element

from autograder.errors import CourseError
from book.epub.trees import Piece, classes, make, pieces_of, rewrite, words

LIVE_VIEW = "application/vnd.jupyter.widget-view+json"
SAID_WITHOUT_LINK = "A live figure, as it is at the start. It moves on the course’s site."
SAID_WITH_LINK = "A live figure, as it is at the start. "
LINK = "Move it on the course’s site"
IN_WORDS = "The figure in words"


def count_live_figures(article: Element) -> int:
    """Return how many live figures a page has."""
    return sum(element.get("type") == LIVE_VIEW for element in article.iter("script"))


def put_stills(article: Element, stills: list[str], address: str | None) -> None:
    """Put pictures in the place of a page's live figures.

    Args:
        article: The text of a page, as the site has it.
        stills: Addresses of the pictures, in the order of the figures.
        address: The page on the published site; None where there is none.

    Raises:
        CourseError: There are more figures or fewer than pictures.
    """
    if (n_figures := count_live_figures(article)) != len(stills):
        raise CourseError(f"{len(stills)} of {n_figures} live figures of a page were drawn.")
    left = iter(stills)

    def put(element: Element) -> list[Piece]:
        if element.tag == "script" and element.get("type") == LIVE_VIEW:
            return [make("img", src=next(left), class_="still")]
        if "cell_output" in classes(element) and any(is_still(child) for child in element):
            return [make("div", *with_words(pieces_of(element), address), class_="cell_output")]
        return [element]

    rewrite(article, put)


def is_still(element: Element) -> bool:
    """Say whether something is the picture of a live figure."""
    return "still" in classes(element)


def with_words(pieces: list[Piece], address: str | None) -> list[Piece]:
    """Join each picture in an output with the words behind it."""
    joined: list[Piece] = []
    waiting: list[Element] = []
    for piece in pieces:
        said = piece.find("noscript") if isinstance(piece, Element) else None
        if isinstance(piece, Element) and is_still(piece):
            waiting.append(piece)
        elif waiting and said is not None:
            joined += figure(waiting.pop(), said, address)
        else:
            joined.append(piece)
    if waiting:
        raise CourseError("A live figure has no words beside it.")
    return joined


def figure(picture: Element, said: Element, address: str | None) -> list[Piece]:
    """Make the figure: the picture, what it is, and below it all that it says in words."""
    first = said.find("p")
    title = first.text if first is not None and first.text else words(said)
    picture.set("alt", title.strip())
    caption: list[Piece] = [SAID_WITHOUT_LINK]
    if address:
        caption = [SAID_WITH_LINK, make("a", LINK, href=address), "."]
    return [
        make("figure", picture, make("figcaption", *caption), class_="live"),
        make("details", make("summary", IN_WORDS), *pieces_of(said), class_="in-words"),
    ]
