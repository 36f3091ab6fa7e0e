"""The site in one file: whole, reproducible, readable without a server."""

import zipfile
from pathlib import Path

import pytest
from offline_copy import FOLDER, NAME, NOT_FOR_READING, pack
from playwright.sync_api import Browser

from tests.book.html_page import page_names
from tests.book.links import follow


@pytest.fixture(scope="module")
def unpacked(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline")
    with zipfile.ZipFile(site / NAME) as archive:
        archive.extractall(folder)
    return folder / FOLDER


def test_it_holds_every_page_and_all_that_pages_load(site: Path, unpacked: Path) -> None:
    assert page_names(unpacked) == page_names(site)
    inside = {p.relative_to(unpacked) for p in unpacked.rglob("*") if p.is_file()}
    outside = {p.relative_to(site) for p in site.rglob("*") if p.is_file()}
    assert {path.parts[0] for path in outside - inside} <= NOT_FOR_READING


def test_it_does_not_offer_itself(site: Path, unpacked: Path) -> None:
    offer = 'class="online-only"'
    assert f"{offer}>" in (site / "index.html").read_text(encoding="utf-8")
    assert f"{offer} hidden>" in (unpacked / "index.html").read_text(encoding="utf-8")


def test_it_comes_out_the_same_again(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "a").mkdir(parents=True)
    (site / "a" / "page.html").write_text("<p>text</p>")
    (site / "_sources").mkdir()
    (site / "_sources" / "page.md").write_text("text")
    pack(site, site / NAME)
    first = (site / NAME).read_bytes()
    (site / "a" / "page.html").touch()
    pack(site, site / NAME)
    assert (site / NAME).read_bytes() == first
    assert zipfile.ZipFile(site / NAME).namelist() == [f"{FOLDER}/a/page.html"]
    assert sorted(path.name for path in site.iterdir()) == ["_sources", "a", NAME]


@pytest.mark.browser
def test_pages_opened_from_a_file_work(browser: Browser, unpacked: Path) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page, faults = context.new_page(), []
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto((unpacked / "index.html").as_uri())
    assert page.locator(".online-only").is_hidden()
    follow(page.get_by_role("link", name="Inside self-attention, step by step").first)
    page.locator(".live-figure [data-ready]").first.wait_for()
    page.locator("a.term").first.hover()
    assert page.get_by_role("tooltip").is_visible()
    page.wait_for_load_state("load")
    assert faults == []
    context.close()
