"""One style sheet for every page, with nothing in it that the site does not use.

A page of the theme waits for a dozen style sheets, one of which asks for another. Once the site is
built they become one: joined in their order, without rules that cannot match (`pruned_styles`) and
with the icons that are shown (`icon_font`). The file's name holds a digest of its text, so a
browser may keep it. What the pages no longer ask for is removed, the theme's source maps with it.

Written against pydata-sphinx-theme 0.17 and sphinx-book-theme 1.3.
"""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from icon_font import use_cut_fonts
from pruned_styles import prune, words_in
from sphinx.application import Sphinx

WEBFONTS = Path("_static", "vendor", "fontawesome", "webfonts")

_LINK = re.compile(
    r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="(?P<href>[^"]+)"[^>]*>\n?'
)
_MEDIA = re.compile(r'\bmedia="([^"]+)"')
_IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')\s;]+)["']?\)?[^;]*;""")
_ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|#|https?:)([^"')]+)\1\s*\)""")
_CHARSET = re.compile(r'@charset "[^"]*";')


def read_sheet(path: Path, relative_to: Path) -> tuple[str, set[Path]]:
    """Return a style sheet with what it imports in place, and the files it came from.

    Args:
        path: The style sheet.
        relative_to: Folder that the addresses in the returned text start from.
    """
    files = {path}

    def move(found: re.Match[str]) -> str:
        return f"url({os.path.relpath(path.parent / found[2], relative_to)})"

    # Odd pieces are what is imported, the others the sheet's own text.
    pieces = _IMPORT.split(_CHARSET.sub("", path.read_text(encoding="utf-8")))
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i], more = read_sheet((path.parent / piece).resolve(), relative_to)
            files |= more
        else:
            pieces[i] = _ADDRESS.sub(move, piece)
    return "".join(pieces), files


def sheets_of(html: str, page: Path) -> list[tuple[Path, str]]:
    """Return the style sheets that a page links to, in order, each with its `media`."""
    return [
        (
            (page.parent / unquote(urlsplit(link["href"]).path)).resolve(),
            media[1] if (media := _MEDIA.search(link[0])) else "all",
        )
        for link in _LINK.finditer(html.partition("</head>")[0])
    ]


def join_sheets(sheets: list[tuple[Path, str]], static: Path) -> tuple[str, set[Path]]:
    """Return the text of several style sheets as one, and the files it came from."""
    texts, files = [], set()
    for path, media in sheets:
        text, more = read_sheet(path, static)
        texts.append(text if media == "all" else f"@media {media} {{\n{text}\n}}")
        files |= more
    return "\n".join(texts), files


def link_instead(html: str, page: Path, sheet: Path) -> str:
    """Return a page whose first link to a style sheet leads to `sheet`, and that has no other."""
    head, end, body = html.partition("</head>")
    link = f'<link rel="stylesheet" href="{os.path.relpath(sheet, page.parent)}" />\n'
    head = _LINK.sub(lambda _: link, head, count=1)
    first = head.index(link) + len(link)
    return head[:first] + _LINK.sub("", head[first:]) + end + body


def build_sheet(sheets: list[tuple[Path, str]], static: Path, words: set[str]) -> tuple[Path, set]:
    """Write one style sheet (and its icon fonts) and return its path and the files it replaces."""
    text, replaced = join_sheets(sheets, static)
    text, fonts = use_cut_fonts(prune(text, words), static.parent / WEBFONTS)
    for name, font in fonts.items():
        (static / name).write_bytes(font)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    sheet = static / f"site-{digest}.css"
    sheet.write_text(text, encoding="utf-8")
    return sheet, replaced


def rewrite_site(site: Path) -> None:
    """Give all pages of a built site their one style sheet, and remove what that replaces."""
    static = site / "_static"
    for old in static.glob("site-*.css"):
        old.unlink()
    pages = {
        page: page.read_text(encoding="utf-8")
        for page in sorted(site.rglob("*.html"))
        if page.relative_to(site).parts[0] != static.name
    }
    scripts = [path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.js"))]
    words = words_in([*pages.values(), *scripts])
    built: dict[tuple, tuple[Path, set[Path]]] = {}
    for page, html in pages.items():
        sheets = sheets_of(html, page)
        if not sheets:
            continue
        if (key := tuple(sheets)) not in built:
            built[key] = build_sheet(sheets, static, words)
        page.write_text(link_instead(html, page, built[key][0]), encoding="utf-8")
    replaced = set().union(*(files for _, files in built.values()))
    for path in {*replaced, *static.rglob("*.map"), *(site / WEBFONTS).glob("fa-*")}:
        path.unlink()


def at_the_end(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the site when it is complete."""
    if exception is None and app.builder.format == "html":
        rewrite_site(Path(app.outdir).resolve())


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", at_the_end, priority=700)  # after all that write style sheets
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
