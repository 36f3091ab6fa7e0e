"""`make pdf`: the book as one PDF, from the built site."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.errors import CourseError
from autograder.files import write_in_one_step
from book.editions.settings import date_of
from book.print.book_settings import read_settings
from book.print.chromium_pdf import print_document
from book.print.pdf_details import complete
from book.print.whole_book import join_site

ROOT = Path(__file__).resolve().parents[2]
NAME = "attention-course.pdf"


def main(
    site: Annotated[Path, typer.Option(help="The built site.")] = ROOT / "_build" / "html",
    out: Annotated[Path, typer.Option(help="The file to write.")] = ROOT / "_build" / NAME,
) -> None:
    """Print the whole book as one PDF; nothing is asked of a network."""
    try:
        pdf = make_pdf(site.resolve(), out.resolve().parent / "print" / "book.html")
    except CourseError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(2) from error
    write_in_one_step(out, pdf)
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


def make_pdf(site: Path, document: Path) -> bytes:
    """Return the PDF of the whole book.

    Args:
        site: Folder of the built site, from the root.
        document: Where the book as one HTML document is written.

    Raises:
        CourseError: The site is not whole, or the book could not be printed.
    """
    printed = date_of(site)
    settings = read_settings(ROOT)
    book = join_site(site, settings)
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(book.markup, encoding="utf-8")
    return complete(print_document(document), settings.author, printed, book.titles)


if __name__ == "__main__":
    typer.run(main)
