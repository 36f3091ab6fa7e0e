"""What tests read in a PDF: its outline and its links."""

from io import BytesIO

from pypdf import PdfReader


def outline_of(pdf: bytes) -> list[tuple[int, str, int]]:
    """List the outline of a PDF: level, title and number of the sheet, from 1."""
    reader = PdfReader(BytesIO(pdf))
    found = []

    def walk(items: list, level: int) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item, level + 1)
            else:
                found.append((level, item.title, reader.get_destination_page_number(item) + 1))

    walk(reader.outline, 1)
    return found


def links_of(pdf: bytes) -> tuple[set[str], set[str]]:
    """Return the names of places that links of a PDF lead to, and the addresses outside."""
    inner, outer = set(), set()
    for page in PdfReader(BytesIO(pdf)).pages:
        for note in page.get("/Annots", []):
            link = note.get_object()
            if "/Dest" in link:
                inner.add(str(link["/Dest"]).removeprefix("/"))
            elif "/A" in link:
                outer.add(link["/A"]["/URI"])
    return inner, outer
