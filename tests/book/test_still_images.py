"""Pictures say their size, wait until they are near, and keep what can be seen of them."""

import struct
from pathlib import Path

import pytest
from still_images import complete, round_drawing, size_of

from tests.book.html_page import HtmlPage, page_names

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 300, 200)
# The upper bits of a size are a scale: 300 with a scale of one, 200 without.
WEBP = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 300 | 0x4000, 200)


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("a.svg", b'<svg height="36pt" width="72pt" viewBox="0 0 1 1">', (96, 48)),
        ("b.svg", b'<svg width="20" height="10px">', (20, 10)),
        ("c.svg", b'<svg width="100%" height="50%">', None),
        ("d.svg", b"<svg>", None),
        ("e.png", PNG, (300, 200)),
        ("f.gif", b"GIF", None),
        ("g.webp", WEBP, (300, 200)),
        ("h.webp", WEBP.replace(b"VP8 ", b"VP8L"), None),
    ],
)
def test_the_size_is_read(
    tmp_path: Path, name: str, content: bytes, size: tuple[int, int] | None
) -> None:
    (tmp_path / name).write_bytes(content)
    assert size_of(tmp_path / name) == size


def test_what_a_picture_says_already_stays() -> None:
    waits = '<img loading="lazy" decoding="async"'
    assert complete('<img src="a">', (3, 2)) == f'{waits} width="3" height="2" src="a">'
    assert complete('<img src="a" width="9">', (3, 2)) == f'{waits} src="a" width="9">'
    assert complete('<img loading="eager" src="a">', None) == '<img loading="eager" src="a">'


def test_only_decimals_that_nobody_sees_are_lost() -> None:
    svg = (
        '<path id="p1.23456" d="M 1.234567 -0.000001 L 12.999 3"/><text x="1.234567">0.12345</text>'
    )
    assert round_drawing(svg) == (
        '<path id="p1.23456" d="M 1.23 -0 L 13 3"/><text x="1.234567">0.12345</text>'
    )


def test_every_picture_of_the_site_keeps_its_place(site: Path) -> None:
    images = [
        (name, image)
        for name in page_names(site)
        for image in HtmlPage(site / f"{name}.html").images
        if image["tag"] == "img"
    ]
    assert [name for name, image in images if "_images" in image["src"]]
    assert not [
        f"{name}: {image['src']}" for name, image in images if not {"width", "height"} <= set(image)
    ]
