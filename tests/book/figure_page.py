"""A page with live figures as myst-nb writes it, and what a reader sees in one of them."""

import json
import math
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import torch
from axe_playwright_python.sync_playwright import Axe
from ipywidgets import Widget
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from course_lib.figures.attention_explorer import AttentionExplorer, ExplorerHead

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "book" / "assets" / "anywidget-host.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

SIX_TOKENS = ["The", "cat", "sat", "on", "the", "mat"]
TWELVE_TOKENS = [
    *("the", "animal", "did", "not", "cross", "the"),
    *("street", "because", "it", "was", "too", "tired"),
]


def six_tokens(**options: object) -> AttentionExplorer:
    """Return a figure small enough to edit: six tokens, queries and keys of width 2."""
    q = [[0.2, 0.1], [1.0, 0.5], [0.3, 1.4], [0.2, -0.4], [0.25, 0.1], [-0.9, 0.6]]
    k = [[0.1, 0.2], [0.4, 1.1], [1.5, 0.3], [-0.3, -0.6], [0.15, 0.2], [-0.8, 0.9]]
    v = [
        [1.0, 0.0, 0.5],
        [0.0, 1.0, -1.0],
        [2.0, -1.0, 0.3],
        [0.1, 0.2, 0.7],
        [0.4, 0.1, 0.2],
        [-1.0, 0.5, 0.9],
    ]
    settings = {
        "query": 1,
        "title": "Six tokens",
        "description": "Each token looks at each.",
    } | options
    return AttentionExplorer(SIX_TOKENS, [ExplorerHead("by hand", q, k, v)], **settings)


def twelve_tokens() -> AttentionExplorer:
    """Return a figure of the size of the trained encoder: 8 heads of width 16."""
    generator = torch.Generator().manual_seed(3)
    heads = [
        ExplorerHead(
            f"layer {1 + i // 4}, head {1 + i % 4}",
            *(torch.randn(12, 16, generator=generator) for _ in range(3)),
        )
        for i in range(8)
    ]
    return AttentionExplorer(
        TWELVE_TOKENS, heads, query=8, title="Eight heads", description="Heads over a sentence."
    )


def write_page(folder: Path, widgets: list[Widget], theme: str = "light") -> Path:
    """Write a static page with one view of each widget (a widget given twice has two views)."""
    # Of these widgets only: ipywidgets would store every widget that the process ever made.
    models = dependency_state(widgets, drop_defaults=False)
    state = json.dumps(embed_data(widgets, state=models)["manager_state"])
    state = state.replace("</script>", r"<\/script>")  # as myst-nb does
    markers = []
    for widget in widgets:
        view = json.dumps({"version_major": 2, "version_minor": 0, "model_id": widget.model_id})
        markers.append(f'<script type="application/vnd.jupyter.widget-view+json">{view}</script>')
        if isinstance(widget, AttentionExplorer):
            markers.append(f"<noscript><p>{escape(widget.text_alternative())}</p></noscript>")
    page = folder / "page.html"
    page.write_text(
        f"""<!doctype html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Live figures</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>html[data-theme=dark] body {{ background: #14181e; color: #eee }}</style>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<script src="{HOST.as_uri()}"></script></head>
<body><main><h1>Live figures</h1>{"".join(markers)}</main></body></html>""",
        encoding="utf-8",
    )
    return page


def watch(page: Page, faults: list[str]) -> None:
    """Write down errors, and requests for anything but files and what the page itself holds."""

    def on_request(request: Request) -> None:
        if not request.url.startswith(("file:", "blob:", "data:")):
            faults.append(f"foreign request: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console {message.type}: {message.text}")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"request failed: {request.url}"))


def figure_pages(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Yield a function that opens a page with figures; any fault on it fails the test.

    A module makes its fixture of it: `show = pytest.fixture(figure_pages)`.
    """
    contexts, faults = [], []

    def open_page(
        *widgets: Widget, theme: str = "light", width: int = 900, **options: object
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 1000}, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page, faults)
        page.goto(write_page(tmp_path, list(widgets), theme).as_uri())
        if options.get("java_script_enabled", True):
            page.locator(".cf[data-ready]").nth(len(widgets) - 1).wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def settle(figure: Locator) -> None:
    """Wait until the figure has drawn what it holds (it draws before the next frame is shown)."""
    figure.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def shown_matrix(figure: Locator) -> torch.Tensor:
    """Return the weights that the heat map draws, one row a token that looks."""
    settle(figure)
    weights = figure.locator(".cf-cell").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.weight))"
    )
    return torch.tensor(weights, dtype=torch.float64).reshape(math.isqrt(len(weights)), -1)


def written(number: float, decimals: int) -> str:
    """Write a number as the figure should: fixed decimals, a true minus sign, no negative zero."""
    text = f"{number:.{decimals}f}"
    return (f"{0:.{decimals}f}" if float(text) == 0 else text).replace("-", "−")


def differences(figure: Locator, want: AttentionExplorer) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs."""
    numbers, query, found = want.numbers(), want.query, []

    def compare(what: str, got: object, expected: object) -> None:
        if got != expected:
            found.append(f"{what}: shown {got!r}, computed {expected!r}")

    matrix = shown_matrix(figure)
    # 9 digits are written of each number; the sums in the page and in torch round differently.
    if (gap := (matrix - numbers.weights).abs().max().item()) > 1e-8:
        found.append(f"the heat map is off by {gap}")
    compare(
        "token", figure.locator("[role=radio][aria-checked=true]").inner_text(), want.tokens[query]
    )
    hidden = [] if want._mask() is None else (~want._mask()[query]).nonzero().flatten().tolist()
    for j, row in enumerate(figure.locator(".cf-steps tbody tr").all()):
        product, score, weight = (
            each[query, j].item() for each in (numbers.products, numbers.scores, numbers.weights)
        )
        texts = row.locator("th, td").all_inner_texts()
        compare(
            f"row {j}",
            [text.strip() for text in texts],
            [
                want.tokens[j],
                written(product, 2),
                "hidden" if j in hidden else written(score, 2),
                written(weight, 3),
            ],
        )
    shares = figure.locator(".cf-share").all_inner_texts()
    expected = [
        "–" if j in hidden else written(w, 2) for j, w in enumerate(numbers.weights[query].tolist())
    ]
    compare("numbers under the tokens", shares, expected)
    outputs = figure.locator("[data-output]").get_attribute("data-output")
    gap = (
        (torch.tensor([float(x) for x in outputs.split()]).double() - numbers.outputs[query])
        .abs()
        .max()
        .item()
    )
    if gap > 1e-7 * max(1, numbers.outputs.abs().max().item()):
        found.append(f"the output is off by {gap}")
    return found


def broken_rules(page: Page, within: str = ".cf") -> list[str]:
    """Return one line for each rule of axe that the figures break."""
    result = Axe().run(page, context=within, options=RULES)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in result.response["violations"]
    ]
