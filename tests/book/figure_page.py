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

from course_lib.figures.attention_explorer import AttentionExplorer, ExplorerHead, Preset
from course_lib.figures.base import Figure
from course_lib.figures.explorer_words import in_words
from course_lib.figures.formats import fixed, plain

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


def with_presets() -> AttentionExplorer:
    """Return the six tokens with three buttons: an edit, a scale, a mask."""
    row = {"head": 0, "part": "q", "token": 1, "row": [-1.0, 2.0]}
    return six_tokens(
        causal_switch=True,
        presets=[
            Preset("Turn", "The cat asks for something else.", {"key": 2, "edits": [row]}),
            Preset("Sharpen", "One takes nearly all.", {"scale_factor": 8.0}),
            Preset("Hide", "Only itself and back.", {"causal": True, "query": 0, "key": 0}),
        ],
    )


def four_wide() -> AttentionExplorer:
    """Return three tokens with queries too wide for a plane, and values too wide for a column."""
    generator = torch.Generator().manual_seed(8)
    q, k, v = (torch.randn(3, width, generator=generator) for width in (4, 4, 5))
    return AttentionExplorer(["one", "two", "three"], [ExplorerHead("four wide", q, k, v)])


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
        if isinstance(widget, Figure):
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


def press_presets(figure: Locator, want: Figure) -> Iterator[Locator]:
    """Press each preset, the first one last; yield its button when Python's figure has followed."""
    for preset in [*want.presets[1:], want.presets[0]]:
        button = figure.get_by_role("button", name=preset["label"], exact=True)
        button.click()
        for name, value in preset["values"].items():
            setattr(want, name, value)
        yield button


def shown_matrix(figure: Locator) -> torch.Tensor:
    """Return the weights that the heat map draws, one row a token that looks."""
    settle(figure)
    weights = figure.locator(".cf-cell").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.weight))"
    )
    return torch.tensor(weights, dtype=torch.float64).reshape(math.isqrt(len(weights)), -1)


def vector(numbers: list[float], write: Callable[[float], str] = fixed) -> str:
    return f"({', '.join(write(number) for number in numbers)})"


class Comparison:
    """What a figure shows beside what it should show; the differences gather in `found`."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def same(self, what: str, got: object, expected: object) -> None:
        """Note a difference of texts."""
        if got != expected:
            self.found.append(f"{what}: shown {got!r}, computed {expected!r}")

    def near(self, what: str, got: torch.Tensor, expected: torch.Tensor, bound: float) -> None:
        """Note a difference of numbers. 9 digits are written of each; sums round differently."""
        if (gap := (got - expected).abs().max().item()) > bound:
            self.found.append(f"{what} is off by {gap}")


def differences(
    figure: Locator, want: AttentionExplorer, peek: tuple[int, int] | None = None
) -> list[str]:
    """Compare all that the figure shows with what Python computes; return what differs.

    Args:
        figure: The figure in the page.
        want: The explorer in the state that the figure should have.
        peek: The query and the key under the mouse, which pictures and the sentence follow.
    """
    found = Comparison()
    compare_pictures(figure, want, found, *(peek or (want.query, want.key)))
    compare_steps(figure, want, found)
    return found.found


def is_changed(want: AttentionExplorer) -> bool:
    edited = any(edit["head"] == want.head for edit in want.edits)
    return edited or want.causal or want.scale_factor != 1


def hidden_keys(want: AttentionExplorer, query: int) -> list[int]:
    mask = want._mask()
    return [] if mask is None else (~mask[query]).nonzero().flatten().tolist()


def compare_pictures(
    figure: Locator, want: AttentionExplorer, found: Comparison, query: int, key: int
) -> None:
    """Compare the heat map, the arcs, the numbers under the tokens, and the sentence."""
    weights, hidden = want.numbers().weights, hidden_keys(want, query)
    found.near("the heat map", shown_matrix(figure), weights, 1e-8)
    masked = figure.locator(".cf-cell[data-masked]").count()
    found.same(
        "hidden squares", masked, sum(len(hidden_keys(want, i)) for i in range(len(weights)))
    )
    found.same(
        "token",
        figure.locator("[role=radio][aria-checked=true]").inner_text(),
        want.tokens[want.query],
    )
    found.same("peek", figure.locator("[data-peek]").inner_text(), want.tokens[query])
    shares = ["–" if j in hidden else fixed(w) for j, w in enumerate(weights[query].tolist())]
    found.same("shares", figure.locator(".cf-share").all_inner_texts(), shares)
    weight = fixed(weights[query, key].item(), 3)
    pair = f"“{want.tokens[query]}” looks at “{want.tokens[key]}”: {weight}"
    found.same("pair", figure.locator(".cf-readout").inner_text(), pair)

    width = "(arcs) => arcs.map((arc) => parseFloat(arc.style.strokeWidth))"
    thick = [1 + 8 * w if w >= 0.005 else 0.0 for w in weights[query].tolist()]
    shown = figure.locator(".cf-arc:not(.cf-past)").evaluate_all(width)
    found.near("arcs", torch.tensor(shown), torch.tensor(thick), 1e-3)
    before = want.numbers_at_start().weights[query]
    gone = [
        1 + 8 * w if is_changed(want) and w >= 0.005 and abs(w - now) >= 0.005 else 0.0
        for w, now in zip(before.tolist(), weights[query].tolist(), strict=True)
    ]
    shown = figure.locator(".cf-arc.cf-past").evaluate_all(width)
    found.near("dashed arcs", torch.tensor(shown), torch.tensor(gone), 1e-3)

    numbers = want.numbers()
    allowed = torch.tensor([j not in hidden for j in range(len(weights))])
    where = f"{want.head_labels[want.head]}: " if len(want.head_labels) > 1 else ""
    sentence = where + in_words(want.tokens, query, numbers, allowed)
    said = figure.locator(".cf-said").inner_text()
    found.same("sentence", said.split(" Before (dashed): ")[0], sentence)
    found.same("a word on the change", " Before (dashed): " in said, is_changed(want))


def compare_steps(figure: Locator, want: AttentionExplorer, found: Comparison) -> None:
    """Compare the four numbered steps: product, scale, softmax, mixture."""
    numbers, start, query, key = want.numbers(), want.numbers_at_start(), want.query, want.key
    hidden, changed = hidden_keys(want, query), is_changed(want)
    score = numbers.scores[query, key].item()
    line = figure.locator(".cf-scale .cf-sum").inner_text()
    found.same("score", line.rsplit("= ", 1)[1], fixed(score, 3))
    values = want._matrices(want.head)[2].tolist()
    in_table = want.d_value <= 3
    for j, row in enumerate(figure.locator(".cf-steps tbody tr").all()):
        product, scaled, weight, before = (
            each[query, j].item()
            for each in (numbers.products, numbers.scores, numbers.weights, start.weights)
        )
        cells = [want.tokens[j], fixed(product), "hidden" if j in hidden else fixed(scaled)]
        cells += [fixed(weight, 3), *([fixed(before, 3)] if changed else [])]
        cells += [vector(values[j], plain)] if in_table else []
        texts = [
            text.strip() for text in row.locator(":not([hidden]):is(th, td)").all_inner_texts()
        ]
        found.same(f"row {j}", texts, cells)
    share = figure.locator(".cf-step:has-text('Softmax') + .cf-sum").inner_text()
    weight = fixed(numbers.weights[query, key].item(), 3)
    ending = "hidden by the mask, weight 0" if key in hidden else f"in all: {weight}"
    if not share.endswith(ending):
        found.found.append(f"share: shown {share!r}, computed {ending!r}")

    output = figure.locator("[data-output]")
    shown = torch.tensor([float(x) for x in output.get_attribute("data-output").split()])
    bound = 1e-7 * max(1, numbers.outputs.abs().max().item())
    found.near("the output", shown.double(), numbers.outputs[query], bound)
    now, past = (vector(each.outputs[query].tolist()) for each in (numbers, start))
    if not in_table:
        now, past = f"{want.d_value} numbers", "dashed"
    tail = f"; before {past}" if changed else ""
    found.same("output", output.inner_text(), f"output of “{want.tokens[query]}” = {now}{tail}")


def broken_rules(page: Page, within: str = ".cf") -> list[str]:
    """Return one line for each rule of axe that the figures break."""
    result = Axe().run(page, context=within, options=RULES)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in result.response["violations"]
    ]
