"""The file itself: pages, pictures and what says of them what they are (EPUB 3.2)."""

import io
import re
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path, PurePosixPath

from autograder.files import write_in_one_step
from book.epub.navigation import Point, nav, ncx
from book.epub.pictures import MEDIA_TYPES
from book.epub.trees import XHTML

FOLDER = "EPUB"
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
STYLE = "book.css"
COVER = "cover.png"
CONTENTS = "nav.xhtml"
TYPES = {
    **MEDIA_TYPES,
    ".xhtml": "application/xhtml+xml",
    ".css": "text/css",
    ".ncx": "application/x-dtbncx+xml",
}

CONTAINER = f"""<?xml version="1.0" encoding="utf-8"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles>
<rootfile full-path="{FOLDER}/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
PAGE = f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="{XHTML}" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{{language}}" xml:lang="{{language}}">
<head><meta charset="utf-8"/><title>{{title}}</title>
<link rel="stylesheet" type="text/css" href="{STYLE}"/></head>
<body>
{{body}}
</body>
</html>
"""
OPF = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0"
 unique-identifier="identifier" xml:lang="{language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="identifier">{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>{language}</dc:language>
<dc:rights>{rights}</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta name="cover" content="{cover}"/>
{accessibility}
</metadata>
<manifest>
{manifest}
</manifest>
<spine toc="ncx">
{spine}
</spine>
</package>
"""
# Words of https://www.w3.org/2021/a11y-discov-vocab/latest/. Every picture has an alternative text
# and every formula is MathML, both by tests of the book: the text alone suffices.
ACCESSIBILITY = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual,visual", "textual"),
    "accessibilityFeature": (
        *("alternativeText", "displayTransformability", "MathML", "readingOrder"),
        *("structuralNavigation", "tableOfContents"),
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Pictures have alternative texts, formulas are MathML with their TeX as text, live figures "
        "are pictures with their numbers in words. Headings and contents are nested.",
    ),
}


@dataclass(frozen=True)
class About:
    """What the book says of itself.

    Attributes:
        title: Its title.
        language: Its language, as in HTML.
        rights: Whose it is, and its licences.
        site: Address of the published site, with a slash at its end; empty where none is known.
        modified: When the site was built that it is made from; in UTC.
    """

    title: str
    language: str
    rights: str
    site: str
    modified: datetime

    @property
    def identifier(self) -> str:
        """The same for every edition of the book."""
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, self.title)}"


@dataclass(frozen=True)
class Document:
    """One file of text: its name, its title and its text as XHTML."""

    file: str
    title: str
    body: str


def write_package(
    path: Path,
    about: About,
    documents: list[Document],
    points: tuple[Point, ...],
    others: Mapping[str, bytes],
) -> None:
    """Write the book in one step; the same content gives the same bytes.

    Args:
        path: Where to.
        about: What it says of itself.
        documents: Its text in reading order.
        points: Its table of contents.
        others: Pictures and the style sheet by their names; the cover is one of them.
    """
    contents = Document(CONTENTS, "Contents", contents_body(points, documents[0].file))
    texts = [cover_page(about), contents, *documents]
    files: dict[str, bytes] = {
        **{each.file: page(each, about.language).encode() for each in texts},
        "contents.ncx": ncx(points, about.title, about.identifier, about.language).encode(),
        **others,
    }
    files["book.opf"] = opf(about, texts, files).encode()
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        # First and not compressed, so that the file's first bytes say what it is (OCF 3.2, 4.3).
        add(archive, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        add(archive, "META-INF/container.xml", CONTAINER.encode())
        for name, content in files.items():
            add(archive, f"{FOLDER}/{name}", content)
    write_in_one_step(path, book.getvalue())


def add(
    archive: zipfile.ZipFile, name: str, content: bytes, how: int = zipfile.ZIP_DEFLATED
) -> None:
    """Add a file without a date."""
    entry = zipfile.ZipInfo(name, NO_DATE)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, how, compresslevel=9)


def page(document: Document, language: str) -> str:
    """Write one file of text."""
    return PAGE.format(language=language, title=escape(document.title), body=document.body)


def cover_page(about: About) -> Document:
    """Return the page with the cover."""
    image = f'<img src="{COVER}" alt="{escape(about.title)}"/>'
    return Document(
        "cover.xhtml", "Cover", f'<section class="cover" epub:type="cover">{image}</section>'
    )


def contents_body(points: tuple[Point, ...], first: str) -> str:
    """Return the table of contents, and where the text begins."""
    return (
        f'<nav epub:type="toc" role="doc-toc" id="toc"><h1>Contents</h1>\n{nav(points)}</nav>\n'
        '<nav epub:type="landmarks" hidden="hidden"><ol>'
        f'<li><a epub:type="toc" href="{CONTENTS}">Contents</a></li>'
        f'<li><a epub:type="bodymatter" href="{first}">Beginning</a></li></ol></nav>'
    )


def opf(about: About, texts: list[Document], files: Mapping[str, bytes]) -> str:
    """Write the package document: what is in the book, and in which order it is read."""
    ids = {name: "ncx" if name.endswith(".ncx") else f"file-{n}" for n, name in enumerate(files)}
    properties = {each.file: properties_of(each) for each in texts} | {COVER: ["cover-image"]}
    manifest = [
        f'<item id="{ids[name]}" href="{name}" media-type="{TYPES[PurePosixPath(name).suffix]}"'
        + (f' properties="{" ".join(said)}"/>' if (said := properties.get(name)) else "/>")
        for name in files
    ]
    return OPF.format(
        language=about.language,
        identifier=about.identifier,
        title=escape(about.title),
        rights=escape(about.rights),
        modified=about.modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        cover=ids[COVER],
        accessibility="\n".join(
            f'<meta property="schema:{name}">{value}</meta>'
            for name, values in ACCESSIBILITY.items()
            for value in values
        ),
        manifest="\n".join(manifest),
        spine="\n".join(f'<itemref idref="{ids[each.file]}"/>' for each in texts),
    )


def properties_of(document: Document) -> list[str]:
    """Return what an e-reader wants to know beforehand of a file."""
    found = ["nav"] if document.file == CONTENTS else []
    return found + [
        name
        for name, tag in (("mathml", "math"), ("svg", "svg"))
        if re.search(rf"<{tag}\b", document.body)
    ]
