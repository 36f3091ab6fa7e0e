"""Print the built site as one PDF: `make pdf`, or `python book/print`."""

import os
from pathlib import Path
from typing import Annotated

import typer
from book_settings import read_settings
from chromium_pdf import print_document
from pdf_details import complete, site_date
from rich.console import Console
from rich.markup import escape
from whole_book import join_site

from autograder.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
MEGABYTE = 1_000_000


def main(
    site: Annotated[Path, typer.Option(help="Folder of the built site.")] = ROOT / "_build/html",
    target: Annotated[Path, typer.Option("--to", help="The PDF.")] = ROOT
    / "_build/attention-course.pdf",
) -> None:
    """Print the whole book as one PDF. `make book` comes first; nothing is asked of a network."""
    target = target.resolve()
    try:
        pdf = make_pdf(site.resolve(), target.parent / "print" / "book.html")
    except CourseError as error:
        Console(stderr=True).print(f"[red]{escape(str(error))}[/]", soft_wrap=True)
        raise typer.Exit(2) from None
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(pdf)
    unfinished.replace(target)
    size = f"{len(pdf) / MEGABYTE:.0f} MB"
    Console().print(f"The book: [bold]{escape(str(target))}[/] ({size})", soft_wrap=True)


def make_pdf(site: Path, document: Path) -> bytes:
    """Return the PDF of the whole book.

    Args:
        site: Folder of the built site.
        document: Where the book as one HTML document is written.

    Raises:
        CourseError: The site is not whole, or the book could not be printed.
    """
    settings = read_settings(ROOT)
    document.parent.mkdir(parents=True, exist_ok=True)
    book = join_site(site, settings)
    document.write_text(book.markup, encoding="utf-8")
    pdf = print_document(document, Path(os.environ.get("CHROMIUM", CHROMIUM)))
    return complete(pdf, settings.author, site_date(site), book.titles)


if __name__ == "__main__":
    typer.run(main)
