"""A page with story writers as the site serves it: the page, the host's script, the models."""

from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from course_lib.figures.story_writer import StoryWriter
from tests.book.conftest import watch
from tests.book.figure_page import HOST, write_page
from tests.book.pages_server import serve


def write_site(folder: Path, *writers: StoryWriter, theme: str = "light") -> None:
    """Write `page.html`, which says like every page of the site where the site begins."""
    page = write_page(folder, list(writers), theme)
    html = page.read_text(encoding="utf-8").replace(HOST.as_uri(), HOST.name)
    page.write_text(html.replace("<html ", '<html data-content_root="./" '), encoding="utf-8")
    (folder / HOST.name).write_text(HOST.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "_static").mkdir(exist_ok=True)
    for writer in writers:
        (folder / "_static" / writer.file).write_bytes(writer.file_content)


def served_figures(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Yield a function that opens a page with story writers; any fault on it fails the test.

    A module makes its fixture of it: `show = pytest.fixture(served_figures)`.
    """
    contexts, faults = [], []
    with serve(tmp_path) as address:

        def open_page(
            *writers: StoryWriter, theme: str = "light", width: int = 900, **options: object
        ) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 1000}, **options)
            contexts.append(context)
            page = context.new_page()
            watch(page, address, faults)
            write_site(tmp_path, *writers, theme=theme)
            page.goto(f"{address}/page.html")
            if options.get("java_script_enabled", True):
                page.locator(".cf[data-ready]").nth(len(writers) - 1).wait_for()
            return page

        yield open_page
        for context in contexts:
            context.close()
    assert not faults, "\n".join(faults)
