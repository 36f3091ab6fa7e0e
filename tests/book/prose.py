"""The prose of the repository: Markdown without code, formulas, addresses and metadata."""

import re
from pathlib import Path

from autograder.chapters.sittings import page_name

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for folder in (".", "howto", "library")
    for page in sorted((ROOT / "book" / folder).glob("*.md"))
]
CHAPTERS = sorted((ROOT / "solutions").glob("*.md"))
SITTINGS = [  # names of pages on which a chapter goes on
    page_name(path.stem, number)
    for path in CHAPTERS
    for number, _ in enumerate(re.findall(r'^\+\+\+ \{"page":', path.read_text(), re.M), start=2)
]
LIVE = [  # executed too, but no chapters
    page
    for folder in ("live", "appendices")
    for page in sorted((ROOT / "book" / folder).glob("*.md"))
]
OTHERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
FENCE = re.compile(r"^(`{3,})([^\n`]*)\n.*?^\1`*\s*$", re.DOTALL | re.MULTILINE)
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$(?!\$)([^$\n]+?)(?<![\\$])\$(?!\$)")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def without_code(text: str) -> str:
    """Drop front matter, fenced code and code in the line; keep roles such as {term}`…`."""
    text = FRONT_MATTER.sub("", text)
    text = re.sub(r"\{[\w:]+\}`[^`]*`", lambda m: m[0].replace("`", "\x00"), text)
    text = CODE.sub(" ", FENCE.sub("\n", text))
    return text.replace("\x00", "`")


def formulas(text: str) -> list[str]:
    """Return every formula of a page, inline and displayed."""
    text = without_code(text)
    return DISPLAY.findall(text) + INLINE.findall(DISPLAY.sub(" ", text))


def plain_prose(text: str) -> str:
    """Return what a reader reads as words; line breaks stay where they are."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n") or " "

    for pattern in (DISPLAY, INLINE):
        text = pattern.sub(blank, text)
    text = CODE.sub(blank, FENCE.sub(blank, FRONT_MATTER.sub(blank, text)))
    return re.sub(r"\]\([^)]*\)|https?://\S+|<[^>]+>|\{[^}]*\}", " ", text)
