"""The system's Chromium: it reads HTML, draws live figures and prints."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from autograder.errors import CourseError

USUAL_PLACE = "/usr/bin/chromium"
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, and end it: the program that CHROMIUM names, or Debian's.

    Raises:
        CourseError: There is none, or it does not start.
    """
    path = Path(os.environ.get("CHROMIUM", USUAL_PLACE))
    if not path.is_file():
        raise CourseError(
            f"There is no Chromium at {path}: install it or set CHROMIUM to its path."
        )
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=str(path), args=OPTIONS)
        except Error as error:
            why = str(error).partition("\n")[0]
            raise CourseError(f"Chromium at {path} does not start: {why}") from None
        with browser:
            yield browser
