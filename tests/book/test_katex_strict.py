"""A mistake in TeX stops the build; a formula and the book's macros come out as HTML."""

from pathlib import Path

import pytest

from tests.book.small_site import build

SETTINGS = r"""
extensions = ["myst_parser", "sphinxcontrib.katex", "katex_strict"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_update_mathjax = False
html_math_renderer = "katex"
katex_prerender = True
katex_css_path = "katex.min.css"
katex_macros = {r"\softmax": r"\operatorname{softmax}"}
"""


# The renderer is started as the extension does it: the package's own way is a race.
PATIENT = """
import katex_strict
from sphinxcontrib import katex
katex.KaTeXServer.start_server_process = classmethod(katex_strict.start_renderer)
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = katex_strict.PATIENCE_S
"""


def test_a_formula_becomes_html_without_a_script(tmp_path: Path) -> None:
    done = build(tmp_path, "# Page\n\nThe weights are $\\softmax(S)$.\n", SETTINGS)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'class="katex-html"' in page
    assert "softmax" in page
    assert "katex.min.js" not in page


@pytest.mark.parametrize("formula", [r"\frac{1}", r"\sofmax(S)", r"x^2^3", r"\left( x"])
def test_a_mistake_stops_the_build(tmp_path: Path, formula: str) -> None:
    done = build(tmp_path, f"# Page\n\n${formula}$\n", SETTINGS)
    assert done.returncode != 0
    assert "KaTeX parse error" in done.stderr


def test_without_the_extension_the_mistake_would_be_published(tmp_path: Path) -> None:
    plain = SETTINGS.replace(', "katex_strict"', "").replace("katex_macros", "unused")
    done = build(tmp_path, "# Page\n\n$\\frac{1}$\n", PATIENT + plain)
    assert done.returncode == 0, "the extension is no longer needed"
