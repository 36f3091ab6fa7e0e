"""Live figures in the built pages: each explorer starts, is moved, and agrees with Python."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from course_lib.figures.attention_explorer import AttentionExplorer, ExplorerHead
from tests.book.figure_page import differences, press_presets, settle

pytestmark = pytest.mark.browser
STATE = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-state\+json">(.*?)</script>', flags=re.DOTALL
)
VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', flags=re.DOTALL
)


def explorers_of(html: str) -> list[AttentionExplorer]:
    """Make the explorers of a page again from the numbers that the page holds."""
    found = STATE.search(html)
    saved = json.loads(found[1])["state"] if found else {}
    views = [json.loads(view)["model_id"] for view in VIEW.findall(html)]
    return [
        made_again(saved[view])
        for view in views
        if any(each["path"] == ["qkv"] for each in saved[view].get("buffers", ()))
    ]


def made_again(widget: dict) -> AttentionExplorer:
    state = widget["state"]
    buffers = {each["path"][0]: base64.b64decode(each["data"]) for each in widget["buffers"]}
    n_tokens, d_head = len(state["tokens"]), state["d_head"]
    numbers = np.frombuffer(buffers["qkv"], dtype="<f4").reshape(len(state["head_labels"]), -1)
    cuts = [n_tokens * d_head, 2 * n_tokens * d_head]
    heads = [
        ExplorerHead(label, *(part.reshape(n_tokens, -1) for part in np.split(row, cuts)))
        for label, row in zip(state["head_labels"], numbers, strict=True)
    ]
    mask = buffers.get("mask")
    allowed = torch.tensor(list(mask)).bool().reshape(n_tokens, -1) if mask else None
    chosen = {name: state[name] for name in ("head", "query", "key")}
    explorer = AttentionExplorer(state["tokens"], heads, mask=allowed, **chosen)
    explorer.presets, explorer.causal_switch = state["presets"], state["causal_switch"]
    return explorer


@pytest.fixture
def pages(site: Path) -> dict[str, list[AttentionExplorer]]:
    """Map the pages of the site that have explorers to what these hold."""
    found = {
        path.relative_to(site).with_suffix("").as_posix(): explorers_of(path.read_text())
        for path in sorted((site / "chapters").glob("*.html"))
    }
    return {name: explorers for name, explorers in found.items() if explorers}


def test_the_chapter_on_self_attention_has_explorers(pages: dict) -> None:
    sizes = [each.d_head for each in pages["chapters/ch02_self_attention"]]
    assert 2 in sizes  # the sentence carried by hand


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_every_explorer_is_moved_and_agrees_with_python(
    pages: dict, visit: Callable[..., Page], theme: str, width: int
) -> None:
    for name, explorers in pages.items():
        page = visit(name, theme=theme, width=width)
        figures = page.locator(".cf[data-ready]")
        figures.nth(len(explorers) - 1).wait_for()
        assert figures.count() == len(explorers)
        for index, explorer in enumerate(explorers):
            figure = figures.nth(index)
            assert differences(figure, explorer) == []
            figure.locator("[role=radio][aria-checked=true]").press("Home")
            explorer.query = 0
            figure.get_by_role("slider", name="Scale").press("End")
            explorer.scale_factor = 8.0
            settle(figure)
            assert differences(figure, explorer) == []
            assert figure.evaluate("(f) => f.scrollWidth <= f.clientWidth")


@pytest.mark.parametrize("width", [1280, 360])
def test_every_button_shows_what_python_computes(
    pages: dict, visit: Callable[..., Page], width: int
) -> None:
    for name, explorers in pages.items():
        page = visit(name, width=width)
        figures = page.locator(".cf[data-ready]")
        figures.nth(len(explorers) - 1).wait_for()
        for index, explorer in enumerate(explorers):
            assert 3 <= len(explorer.presets) <= 4
            for button in press_presets(figures.nth(index), explorer):
                assert differences(figures.nth(index), explorer) == []
                assert button.get_attribute("aria-pressed") == "true"
                assert figures.nth(index).evaluate("(f) => f.scrollWidth <= f.clientWidth")


def test_without_scripts_the_words_stand_in_the_page(pages: dict, site: Path) -> None:
    for name, explorers in pages.items():
        html = (site / f"{name}.html").read_text()
        noscript = "".join(re.findall(r"<noscript>(.*?)</noscript>", html, flags=re.DOTALL))
        for explorer in explorers:
            for index, head in enumerate(explorer.head_labels):
                assert f"{head}: {explorer.in_words(index)}" in noscript


def test_with_scripts_the_words_for_browsers_without_take_no_room(
    pages: dict, visit: Callable[..., Page]
) -> None:
    for name in pages:
        strips = visit(name).locator(".cell_output > .output:has(> noscript)")
        assert strips.count() > 0
        assert all(not strip.is_visible() for strip in strips.all())
