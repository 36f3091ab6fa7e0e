"""One style sheet takes the place of many, and every page looks as it did."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from one_stylesheet import link_instead, read_sheet, rewrite_site
from playwright.sync_api import Browser

from tests.book.html_page import page_names
from tests.book.pages_server import serve
from tests.book.small_site import ROOT
from tests.book.test_way_out import plain_configuration

PAGE = """<html><head><link rel="stylesheet" href="{up}_static/css/a.css?v=1" />
<link rel="icon" href="i.svg" />
<link href="{up}_static/print.css" media="print" rel="stylesheet" />
</head><body class="used"></body></html>"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site of two pages and three sheets."""
    (tmp_path / "_static" / "css").mkdir(parents=True)
    (tmp_path / "sub").mkdir()
    sheets = {
        "_static/css/a.css": '@charset "UTF-8";@import "../base.css";.used{background:url(i.png)}',
        "_static/base.css": "p{background:url('f/b.png')} .gone{color:red}",
        "_static/print.css": "p{color:#000}",
        "index.html": PAGE.format(up=""),
        "sub/page.html": PAGE.format(up="../"),
    }
    for name, text in sheets.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_imports_are_put_in_place_and_addresses_follow(small: Path) -> None:
    text, files = read_sheet(small / "_static" / "css" / "a.css", small / "_static")
    assert text == "p{background:url(f/b.png)} .gone{color:red}.used{background:url(css/i.png)}"
    assert {path.name for path in files} == {"a.css", "base.css"}


def test_pages_link_to_one_sheet_and_the_others_are_gone(small: Path) -> None:
    rewrite_site(small)
    (sheet,) = (small / "_static").rglob("*.css")
    text = re.sub(r"\s+", " ", sheet.read_text(encoding="utf-8"))
    assert text == (
        "p{background:url(f/b.png)} .used{background:url(css/i.png)} @media print {p{color:#000}}"
    )
    for name, up in (("index.html", ""), ("sub/page.html", "../")):
        html = (small / name).read_text(encoding="utf-8")
        assert html.count("stylesheet") == 1
        assert f'<link rel="stylesheet" href="{up}_static/{sheet.name}" />' in html
        assert '<link rel="icon" href="i.svg" />' in html


def test_a_link_in_the_text_stays(small: Path) -> None:
    html = PAGE.format(up="") + '<link rel="stylesheet" href="late.css">'
    linked = link_instead(html, small / "index.html", small / "_static" / "all.css")
    assert 'href="late.css"' in linked


# The computed style of one element of each kind (names and classes of it and its parents) that is
# not known yet, as a number. Heights are left out, they follow from the rest; and live figures,
# which draw themselves when they can.
LOOK = """(kinds) => {
  const known = new Set(kinds);
  const digest = (text) => {
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum = (31 * sum + text.charCodeAt(i)) | 0;
    return sum;
  };
  const name = (element) => element && `${element.localName}.${element.className}`;
  const follows = /height|block-size|origin|^bottom|inset-block/;
  const properties = [...getComputedStyle(document.body)].filter((name) => !follows.test(name));
  const SEEN = "body, body *:not(script, svg *, .katex *, .live-figure, .live-figure *)";
  const looks = {};
  for (const element of document.querySelectorAll(SEEN)) {
    const parent = element.parentElement;
    const kind = [element, parent, parent.parentElement].map(name).join(" < ");
    if (known.has(kind)) continue;
    looks[kind] ??= [null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part);
      return digest(properties.map((property) => style.getPropertyValue(property)).join(";"));
    }).join(" ");
  }
  return looks;
}"""


FIGURES_STAND = """() => {
  const views = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const all = (selector) => document.querySelectorAll(selector).length;
  return all(views) === all(".live-figure [data-ready]");
}"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Path:
    """The same book, with all the style sheets of the theme (`site` has executed the chapters)."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(ROOT / "book", folder / "book")
    configuration = plain_configuration().replace("'one_stylesheet', ", "")
    assert "one_stylesheet" not in configuration
    (folder / "book" / "conf.py").write_text(configuration, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", str(folder / "book"), str(folder / "html")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "html"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_looks_as_with_all_the_sheets(
    browser: Browser, whole: Path, tmp_path: Path, theme: str
) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(whole, cut)
    rewrite_site(cut)
    width = {"light": 360, "dark": 1440}[theme]  # each rule for widths is met in one of the two
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page, known = context.new_page(), []
    with serve(whole) as before, serve(cut) as after:
        for name in page_names(whole):
            looks = []
            for address in (before, after):
                page.goto(f"{address}/{name}.html", wait_until="load")
                page.wait_for_function(FIGURES_STAND)  # what stands around them depends on it
                # Whether a part far away has been laid out yet is a matter of time; a font is asked
                # for when something that needs it is laid out.
                page.add_style_tag(content="article * { content-visibility: visible !important; }")
                page.evaluate("document.body.offsetHeight && document.fonts.ready")
                looks.append(page.evaluate(LOOK, known))
            different = [kind for kind in looks[0] if looks[1].get(kind) != looks[0][kind]]
            assert not different, f"{name}: {different[:5]}"
            known += looks[0]
    assert len(known) > 500
    context.close()
