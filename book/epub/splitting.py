"""Long pages as several files: an e-reader lays out a whole file before it shows a line of it."""

from xml.etree.ElementTree import Element

from book.epub.trees import make, write

LARGEST_BYTES = 200_000  # a section that is longer than this stays whole


def split(article: Element, largest: int = LARGEST_BYTES) -> list[Element]:
    """Cut a page where its sections begin.

    Args:
        article: The text of a page: one section with its title, in which further sections lie.
        largest: Bytes from which on the next section begins a file.

    Returns:
        The parts in order. Together they hold what the page held.
    """
    sections = article.findall("section")
    if len(sections) != 1 or len(write(article)) <= largest:
        return [article]
    (whole,) = sections
    before = list(article)[: list(article).index(whole)]
    after = list(article)[len(before) + 1 :]
    parts = [make("section", **dict(whole.attrib))]
    size = 0
    for child in list(whole):
        length = len(write(child))
        if child.tag == "section" and size + length > largest and len(parts[-1]):
            parts.append(make("section"))
            size = 0
        child.tail = None
        parts[-1].append(child)
        size += length
    articles = [make("article", part) for part in parts]
    for n, element in enumerate(before):
        articles[0].insert(n, element)
    articles[-1].extend(after)
    return articles
