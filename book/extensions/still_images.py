"""Pictures that wait until they are near, keep their place meanwhile and weigh little.

Every picture in a page says how large it is, so that the text below does not jump when it arrives,
and is fetched and decoded when the reader comes near. Drawings lose the decimals that nobody sees:
plots are drawn to a millionth of a point, a screen shows about a half.
"""

import html
import re
import struct
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from docutils import nodes
from sphinx.application import Sphinx

PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
DECIMALS = 2

_IMAGE = re.compile(r'<img\b[^>]*\bsrc="(?P<address>[^"]+)"[^>]*>')
_SVG = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_LENGTH = re.compile(r'\b(width|height)="([\d.]+)([a-z%]*)"')
_PATH = re.compile(r'(?<=\sd=")[^"]+|(?<=\spoints=")[^"]+')
_DECIMAL = re.compile(r"-?\d*\.\d+")
_PNG_HEAD = struct.Struct(">8s8xII")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# RFC 9649 and, for the frame inside, RFC 6386, 9.1; the upper two bits of each size are a scale.
_WEBP_HEAD = struct.Struct("<4s4x8s4x3x3sHH")
_WEBP_SIGNATURE = (b"RIFF", b"WEBPVP8 ", b"\x9d\x01\x2a")
_WEBP_SIZE = 0x3FFF


def size_of(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture in CSS pixels, or None where it does not say."""
    if path.suffix == ".svg":
        tag = _SVG.search(path.read_text(encoding="utf-8"))
        lengths = _LENGTH.findall(tag[0]) if tag else []
        pixels = {
            name: round(float(n) * PIXELS[unit]) for name, n, unit in lengths if unit in PIXELS
        }
        if {"width", "height"} <= set(pixels):
            return pixels["width"], pixels["height"]
    elif path.suffix == ".png":
        signature, width, height = _PNG_HEAD.unpack(path.read_bytes()[: _PNG_HEAD.size])
        if signature == _PNG_SIGNATURE:
            return width, height
    elif path.suffix == ".webp":
        *signatures, width, height = _WEBP_HEAD.unpack(path.read_bytes()[: _WEBP_HEAD.size])
        if tuple(signatures) == _WEBP_SIGNATURE:
            return width & _WEBP_SIZE, height & _WEBP_SIZE
    return None


def complete(tag: str, size: tuple[int, int] | None) -> str:
    """Return an `<img>` that waits and keeps its place; what it says already stays."""
    additions = [] if "loading=" in tag else ['loading="lazy"', 'decoding="async"']
    if size is not None and not re.search(r"\b(width|height|style)=", tag):
        additions += [f'width="{size[0]}"', f'height="{size[1]}"']
    return tag.replace("<img", " ".join(["<img", *additions]), 1)


def complete_images(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Complete every picture in the body of a page."""
    sources = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}

    def completed(image: re.Match[str]) -> str:
        name = PurePosixPath(unquote(html.unescape(image["address"]))).name
        return complete(image[0], size_of(sources[name]) if name in sources else None)

    if "body" in context:
        context["body"] = _IMAGE.sub(completed, context["body"])


def round_drawing(svg: str) -> str:
    """Return a drawing whose paths have the decimals that a screen can show."""

    def rounded(number: re.Match[str]) -> str:
        return f"{float(number[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")

    return _PATH.sub(lambda path: _DECIMAL.sub(rounded, path[0]), svg)


def round_drawings(app: Sphinx, exception: Exception | None) -> None:
    """Write the drawings of the site again, rounded."""
    if exception is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir, app.builder.imagedir).glob("*.svg")):
        path.write_text(round_drawing(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", complete_images)
    app.connect("build-finished", round_drawings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
