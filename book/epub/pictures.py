"""Pictures in the forms that EPUB allows: SVG without what a validator refuses, PNG, JPEG."""

import io
import re
from pathlib import Path

from PIL import Image

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
N_COLOURS = 256  # a still of a figure has flat colours: a palette keeps it sharp and small
JPEG_QUALITY = 88  # screenshots with small text: below, edges begin to fray

_DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\s*", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
# matplotlib draws a space as a path without a line.
_PATH_WITHOUT_LINE = re.compile(r"<path(?![^>]*\sd=)([^>]*?)(/?)>")


def converted(path: Path) -> tuple[str, bytes]:
    """Return the suffix and the content of a picture of the site as a book may hold it.

    An EPUB 3.2 reader need not know WebP (EPUB 3.2, 2.3, core media types).
    """
    if path.suffix == ".svg":
        return ".svg", plain_drawing(path.read_text(encoding="utf-8")).encode()
    if path.suffix in MEDIA_TYPES:
        return path.suffix, path.read_bytes()
    return ".jpg", as_jpeg(path.read_bytes())


def plain_drawing(svg: str) -> str:
    """Return a drawing without reference to a document type, licence notes and empty paths."""
    return _PATH_WITHOUT_LINE.sub(r'<path d=""\1\2>', _METADATA.sub("", _DOCTYPE.sub("", svg)))


def as_jpeg(picture: bytes) -> bytes:
    """Return a photograph or a screenshot as JPEG."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def with_palette(png: bytes) -> bytes:
    """Return a still of a figure in a palette of its own."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(N_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()
