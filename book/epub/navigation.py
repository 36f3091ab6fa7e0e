"""What e-readers show of the table of contents: EPUB 3's `nav`, and `ncx` for older ones."""

from dataclasses import dataclass
from html import escape
from itertools import count

NCX = """<?xml version="1.0" encoding="utf-8"?>
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1" xml:lang="{language}">
<head><meta name="dtb:uid" content="{identifier}"/></head>
<docTitle><text>{title}</text></docTitle>
<navMap>
{points}
</navMap>
</ncx>
"""


@dataclass(frozen=True)
class Point:
    """A line of the table of contents.

    Attributes:
        title: What it says.
        address: Where it leads; empty for a part, which has no page of its own.
        below: The lines below it.
    """

    title: str
    address: str = ""
    below: tuple["Point", ...] = ()

    def beginning(self) -> str:
        """Return where it leads, or where the first line below it leads."""
        return self.address or self.below[0].beginning()


def nav(points: tuple[Point, ...]) -> str:
    """Write the lists of `nav`, one in the other."""
    lines = ["<ol>"]
    for point in points:
        title = escape(point.title)
        head = (
            f'<a href="{escape(point.address)}">{title}</a>'
            if point.address
            else f"<span>{title}</span>"
        )
        lines.append(f"<li>{head}{nav(point.below) if point.below else ''}</li>")
    return "\n".join([*lines, "</ol>"])


def ncx(points: tuple[Point, ...], title: str, identifier: str, language: str) -> str:
    """Write the whole `ncx`."""
    numbers = count(1)

    def written(point: Point) -> str:
        return (
            f'<navPoint id="point-{next(numbers)}">'
            f"<navLabel><text>{escape(point.title)}</text></navLabel>"
            f'<content src="{escape(point.beginning())}"/>'
            f"{''.join(map(written, point.below))}</navPoint>"
        )

    return NCX.format(
        language=language,
        identifier=escape(identifier),
        title=escape(title),
        points="\n".join(map(written, points)),
    )
