"""Pictures in the forms that EPUB allows."""

import io
from pathlib import Path

import pytest
from PIL import Image

from book.epub.pictures import converted, plain_drawing, with_palette

SVG = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg">
 <metadata>
  <rdf/>
 </metadata>
 <path id="space" transform="scale(1)"/>
 <path id="line" d="M 0 0"/>
</svg>"""


def test_a_drawing_loses_what_a_validator_refuses() -> None:
    assert plain_drawing(SVG).splitlines() == [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<svg xmlns="http://www.w3.org/2000/svg">',
        ' <path d="" id="space" transform="scale(1)"/>',
        ' <path id="line" d="M 0 0"/>',
        "</svg>",
    ]


@pytest.mark.parametrize(
    ("name", "form"), [("a.png", "PNG"), ("a.webp", "JPEG"), ("a.gif", "JPEG")]
)
def test_other_pictures_are_png_or_jpeg(tmp_path: Path, name: str, form: str) -> None:
    Image.new("RGB", (6, 4), "red").save(tmp_path / name)
    suffix, content = converted(tmp_path / name)
    assert suffix == {"PNG": ".png", "JPEG": ".jpg"}[form]
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == (form, (6, 4))


def test_a_palette_keeps_flat_colours_and_saves_bytes() -> None:
    out = io.BytesIO()
    image = Image.new("RGB", (200, 100), "#0b5cad")
    image.paste("#c2410c", (20, 20, 90, 60))
    image.save(out, "PNG")
    smaller = with_palette(out.getvalue())
    with Image.open(io.BytesIO(smaller)) as again:
        assert again.mode == "P"
        assert again.convert("RGB").tobytes() == image.tobytes()
