"""`make epub`: the book as one EPUB file, from the built site."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.errors import CourseError
from book.epub.edition import make_edition

ROOT = Path(__file__).resolve().parents[2]
NAME = "attention-course.epub"


def main(
    site: Annotated[Path, typer.Option(help="The built site.")] = ROOT / "_build" / "html",
    out: Annotated[Path, typer.Option(help="The file to write.")] = ROOT / "_build" / NAME,
) -> None:
    """Write the book as one EPUB file."""
    try:
        make_edition(site, ROOT / "book", ROOT / "_config.yml", out)
    except CourseError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(2) from error
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    typer.run(main)
