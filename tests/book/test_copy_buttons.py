"""A reader copies code with one press, as it is, without prompts and line numbers."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_a_press_copies_the_code_of_the_cell(browser: Browser, site: Path, site_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site_url}/chapters/ch02_self_attention.html")
    cell = page.locator("div.cell_input").first
    cell.hover()
    cell.get_by_role("button", name="Copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()
    assert copied.startswith("import math")
    context.close()
