"""Chromium prints the document, offline and twice.

First to learn on which sheet each heading falls, then with these numbers in the table of contents.
The functions that it calls in the document are those of `paper.js`.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Error, Page, Request
from pypdf import PdfReader

from autograder.errors import CourseError
from book.editions.chromium import chromium

SHEET = {"width": 642, "height": 948}  # what paper.css leaves of A4 within its margins, in pixels
OWN_SCHEMES = ("file:", "blob:", "data:")
MAX_TOLD = 5  # faults in a sentence
FIGURES_MS = 600_000  # much more than all live figures take to draw on a busy machine
HIGHEST_FIGURE = 860  # pixels: on one sheet with the note below it


def print_document(document: Path) -> bytes:
    """Return the PDF of an HTML document.

    Args:
        document: The document that `whole_book` wrote.

    Raises:
        CourseError: Chromium is missing, or something in the document failed or asked a host.
    """
    faults: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport=SHEET)  # type: ignore[arg-type]
        _watch(page, faults)
        try:
            pdf = _print(page, document, faults)
        except Error as error:
            faults.append(str(error).partition("\n")[0])
            pdf = b""
    if faults:
        raise CourseError(f"The book was not printed: {'; '.join(faults[:MAX_TOLD])}.")
    return pdf


def _print(page: Page, document: Path, faults: list[str]) -> bytes:
    page.emulate_media(media="print", color_scheme="light", reduced_motion="reduce")
    page.goto(document.as_uri(), wait_until="load", timeout=FIGURES_MS)
    page.wait_for_function("allDrawn()", timeout=FIGURES_MS)
    page.evaluate(f"fit({HIGHEST_FIGURE})")
    faults += [f"wider than the sheet is {each}" for each in page.evaluate("tooWide()")]
    draft = page.pdf(prefer_css_page_size=True)
    page.evaluate("(numbers) => fill(numbers)", sheet_numbers(draft))
    return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)


def sheet_numbers(pdf: bytes) -> Mapping[str, int]:
    """Return, for each id that a link leads to, the number of the sheet that it is on."""
    reader = PdfReader(BytesIO(pdf))
    return {
        name.removeprefix("/"): (reader.get_destination_page_number(place) or 0) + 1
        for name, place in reader.named_destinations.items()
    }


def _watch(page: Page, faults: list[str]) -> None:
    """Write down whatever fails, and whatever asks a host for something."""

    def on_request(request: Request) -> None:
        if not request.url.startswith(OWN_SCHEMES):
            faults.append(f"it asked for {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    page.context.set_offline(True)
    page.on("request", on_request)
    page.on("requestfailed", lambda request: faults.append(f"{request.url} is missing"))
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(str(error)))
