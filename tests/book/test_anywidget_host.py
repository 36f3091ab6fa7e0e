"""The host script of the static page: widgets of every kind, and what it says when one fails."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anywidget
import ipywidgets
import pytest
import traitlets
from playwright.sync_api import Browser, Page

from tests.book.figure_page import HOST, settle, watch, write_page

pytestmark = pytest.mark.browser
MAX_HOST_BYTES = 6_000


class Counter(anywidget.AnyWidget):
    """A button that counts, in each of the ways in which anywidgets talk to their model."""

    _esm = """
    export default async () => ({
      initialize({ model, signal }) {
        model.set({ begun: (model.get("begun") ?? 0) + 1 });
        signal.addEventListener("abort", () => localStorage.setItem("signal", "aborted"));
      },
      render({ model, el }) {
        const button = document.createElement("button");
        const draw = () => {
          const view = model.get("nested").deep[1];
          const bytes = [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
          button.textContent = [model.get("count"), model.get("begun"), ...bytes].join(" ");
        };
        const gone = () => { throw new Error("heard after off"); };
        model.on("change:count", gone);
        model.off("change:count", gone);
        model.on("change:count change:other", draw);
        button.onclick = () => {
          model.set("count", model.get("count") + 1);
          model.save_changes();
          model.send({});
        };
        draw();
        el.append(button);
        return () => localStorage.setItem("cleanup", "done");
      },
    });
    """
    _css = "button { color: rgb(1, 2, 3) }"
    count = traitlets.Int(0).tag(sync=True)
    nested = traitlets.Dict({"deep": [0, b"\x07\xff"]}).tag(sync=True)


class Broken(anywidget.AnyWidget):
    """A widget whose module cannot be read."""

    _esm = "export default { render( }"


class Faulty(anywidget.AnyWidget):
    """A widget whose render fails."""

    _esm = 'export default { render() { throw new Error("no data for 2026") } }'


class Hungry(anywidget.AnyWidget):
    """A widget that loads data, as a model in the page does."""

    _esm = """
    export default {
      async render({ el }) {
        const answer = await fetch(new URL("data.txt", document.baseURI));
        el.textContent = await answer.text();
      },
    };
    """


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function that opens a page with widgets and returns its errors so far."""

    def open_page(*widgets: ipywidgets.Widget) -> list[str]:
        faults = []
        watch(page, faults)
        page.goto(write_page(tmp_path, list(widgets)).as_uri())
        page.locator(".live-figure:not(:empty)").nth(len(widgets) - 1).wait_for()
        return faults

    return open_page


def test_the_script_is_small_and_asks_nobody() -> None:
    source = HOST.read_text(encoding="utf-8")
    assert len(source.encode()) < MAX_HOST_BYTES
    assert set(re.findall(r"https?://[^. ]+", source)) == {"http://localhost:8000"}  # in words


def test_views_of_one_widget_share_a_model_that_begins_once(page: Page, show: Callable) -> None:
    shared, other = Counter(), Counter()
    faults = show(shared, shared, other)
    buttons = page.get_by_role("button")
    assert buttons.all_inner_texts() == ["0 1 7 255"] * 3  # count, begun, the two bytes
    buttons.first.click()
    assert buttons.all_inner_texts() == ["1 1 7 255", "1 1 7 255", "0 1 7 255"]
    assert faults == []


def test_a_style_sheet_is_added_once(page: Page, show: Callable) -> None:
    show(Counter(), Counter())
    sheets = page.evaluate("[...document.querySelectorAll('style')].map((s) => s.textContent)")
    assert sheets.count(Counter._css) == 1
    colour = page.get_by_role("button").first.evaluate("(b) => getComputedStyle(b).color")
    assert colour == "rgb(1, 2, 3)"


def test_widgets_clean_up_when_the_reader_leaves(
    page: Page, show: Callable, tmp_path: Path
) -> None:
    show(Counter())
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    settle(page.locator("body"))
    assert page.evaluate("localStorage.length") == 0  # kept for the way back: nothing ends
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }))")
    assert page.evaluate("({ ...localStorage })") == {"signal": "aborted", "cleanup": "done"}


@pytest.mark.parametrize(
    ("widget", "sentence"),
    [
        (Broken, "This live figure could not start: "),
        (Faulty, "This live figure could not start: no data for 2026."),
    ],
)
def test_a_failure_becomes_a_sentence_and_the_others_run(
    page: Page, show: Callable, widget: type, sentence: str
) -> None:
    faults = show(widget(), Counter())
    assert page.locator(".live-figure").first.inner_text().startswith(sentence)
    assert page.get_by_role("button").inner_text() == "0 1 7 255"
    assert len(faults) == 1
    assert "anywidget-host" in faults[0]


def test_a_figure_that_loads_data_names_the_command_when_opened_from_a_file(
    page: Page, show: Callable
) -> None:
    show(Hungry())
    words = page.locator(".live-figure").inner_text()
    assert words.startswith("This live figure could not start: ")
    assert "in the folder of the site run “python3 -m http.server”" in words
    assert "open http://localhost:8000" in words


def test_a_widget_without_its_state_is_named_as_such(
    page: Page, show: Callable, tmp_path: Path
) -> None:
    html = write_page(tmp_path, [Counter()])
    text = html.read_text()
    html.write_text(text.replace('"model_id": "', '"model_id": "missing'))
    page.goto(html.as_uri())
    page.get_by_text("This live figure could not start: its state is not in the page.").wait_for()


def test_controls_that_need_a_kernel_say_where_they_work(page: Page, show: Callable) -> None:
    faults = show(ipywidgets.IntSlider())
    assert "open the chapter as a notebook" in page.locator(".live-figure").inner_text()
    assert faults == []


def test_a_page_without_widgets_stays_as_it_is(page: Page, tmp_path: Path) -> None:
    faults = []
    watch(page, faults)
    html = tmp_path / "plain.html"
    html.write_text(
        f"<!doctype html><title>x</title><p>text</p><script src='{HOST.as_uri()}'></script>"
    )
    page.goto(html.as_uri())
    assert page.locator("body").inner_text() == "text"
    assert faults == []


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line in the log for each."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def test_it_works_over_http_too(page: Page, tmp_path: Path) -> None:
    html = write_page(tmp_path, [Counter()])
    (tmp_path / "host.js").write_bytes(HOST.read_bytes())
    html.write_text(html.read_text().replace(HOST.as_uri(), "host.js"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        page.get_by_role("button", name="0 1 7 255").wait_for()
        (tmp_path / "data.txt").write_text("seven")
        write_page(tmp_path, [Hungry()])
        html.write_text(html.read_text().replace(HOST.as_uri(), "host.js"))
        page.goto(f"{page.url}?another")  # no copy that the browser has kept
        page.get_by_text("seven").wait_for()  # what a file cannot, a server can
        server.shutdown()


def test_a_state_may_hold_the_end_of_a_script(page: Page, show: Callable, tmp_path: Path) -> None:
    widget = Counter()
    widget.nested = {"deep": [0, b"\x01"], "text": "</script><p>loose</p>"}
    html = write_page(tmp_path, [widget])
    page.goto(html.as_uri())
    page.get_by_role("button", name="0 1 1").wait_for()
    assert page.get_by_text("loose").count() == 0
