"""Translate what stands inside a line of MyST Markdown: roles, links and TeX macros."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.chapters.bibliography import cite
from autograder.chapters.cells import ChapterError
from autograder.chapters.references import WITH_NOTEBOOK, References, macros, source_of_page

INLINE = re.compile(
    r"""
      \{(?P<role>[A-Za-z][\w:.+-]*)\}(?P<ticks>`+)(?P<content>.+?)(?P=ticks)(?!`)
    | (?P<code>(?P<open>`+)(?!`).+?(?<!`)(?P=open)(?!`))
    | (?P<math>(?<!\\)\$\$.+?\$\$|(?<![\\$])\$(?!\s)[^$]+?(?<![\s\\])\$)
    | \]\((?P<link>[^()\s]+)\)
    | (?P<unknown>\{\{.+?\}\}|(?<=[\])])\{[^{}`]+\}|\[\^[^\]]+\])
    """,
    re.VERBOSE | re.DOTALL,
)
TITLED = re.compile(r"^(.+?)[ \t\n]*<([^<>]+)>$", re.DOTALL)
SENTENCE_OPENS = re.compile(r"(?:^|\n[ \t]*\n|[.!?:][ \t\n]+|\|[ \t]*|[-*][ \t]+)$")


@dataclass(frozen=True)
class Place:
    """A cell of a chapter and what its text can point at."""

    references: References
    cell_number: int


def translate_inline(text: str, place: Place) -> str:
    """Translate the roles, links and formulas of a piece of text; code spans stay as they are.

    Raises:
        ChapterError: A form is not known, or what it points at is not there.
    """
    return INLINE.sub(lambda found: _translate(found, place), text)


def _translate(found: re.Match[str], place: Place) -> str:
    if found["math"]:
        return _expand_macros(found[0], macros(place.references.book))
    if found["link"]:
        return f"]({_link(found['link'], place)})"
    if found["unknown"]:
        raise ChapterError(f"{found['unknown']!r} has no plain form")
    if not found["role"]:
        return found[0]
    if found["role"] not in ROLES:
        raise ChapterError(f"the role {{{found['role']}}} has no plain form: {found[0]!r}")
    words = ROLES[found["role"]](found["content"], place)
    opens = SENTENCE_OPENS.search(found.string[: found.start()])
    return words[0].upper() + words[1:] if opens and found["role"] == "numref" else words


def _expand_macros(tex: str, meanings: dict[str, str]) -> str:
    for name, meaning in meanings.items():
        if "#" in meaning:
            raise ChapterError(f"the macro {name} takes arguments, which Jupyter cannot be told")
        pattern = rf"{re.escape(name)}(?![A-Za-z])"
        tex = re.sub(pattern, lambda _, meaning=meaning: meaning, tex)
    return tex


def _link(address: str, place: Place) -> str:
    """Let a link to a page of the book lead to its notebook or its text in the repository."""
    path, mark, anchor = address.partition("#")
    if ":" in address or not path.endswith((".md", ".ipynb")):
        return address
    book = place.references.book
    source = source_of_page(book, book / "chapters" / path)
    if source.parent.name in WITH_NOTEBOOK:
        return f"{source.stem}.ipynb"
    return f"../{source.relative_to(book.parent).as_posix()}{mark}{anchor}"


def _split(content: str) -> tuple[str, str]:
    """Split what a role holds into a title, empty when there is none, and what it points at."""
    titled = TITLED.match(content.strip())
    return (titled[1], titled[2]) if titled else ("", content.strip())


def _doc(content: str, place: Place) -> str:
    title, path = _split(content)
    page = place.references.page(path)
    return re.sub(r"^(\[|\*).*?(\]|\*)", rf"\1{title}\2", page, count=1) if title else page


def _ref(content: str, place: Place) -> str:
    title, label = _split(content)
    if label in place.references.figures:
        return title or place.references.figure(label, place.cell_number)
    heading = title or place.references.heading(label)
    here = place.references.headings.get(label)
    return f"[{heading}](#{label})" if here else f"*{heading}*"


def _numref(content: str, place: Place) -> str:
    return place.references.figure(_split(content)[1], place.cell_number)


def _eq(content: str, place: Place) -> str:
    label = _split(content)[1]
    if label not in place.references.equations:
        raise ChapterError(f"no equation of this chapter has the label {label!r}")
    return f"({place.references.equations[label]})"


def _works(place: Place) -> Path:
    return place.references.book / "references.bib"


ROLES: dict[str, Callable[[str, Place], str]] = {
    "cite:p": lambda content, place: cite(_works(place), content, textual=False),
    "cite:t": lambda content, place: cite(_works(place), content, textual=True),
    "doc": _doc,
    "eq": _eq,
    "kbd": lambda content, place: f"<kbd>{html.escape(content)}</kbd>",
    "numref": _numref,
    "ref": _ref,
    "term": lambda content, place: _split(content)[0] or content,
}
