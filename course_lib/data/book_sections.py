"""The course's own text, section by section: something to look things up in.

    python -m course_lib.data.book_sections

writes the sections of the chapters down. What is kept is a snapshot: the chapters go on changing,
and what is measured on a text must not change with it. Exercises are left out, and the parts at the
end of a chapter that repeat what stands before.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SNAPSHOT = Path(__file__).with_name("book_sections.json")
SOURCES = Path(__file__).parents[2] / "solutions"

_LEFT_OUT = (
    "Exercise",
    "In your own words",
    "What to take with you",
    "Common misunderstandings",
    "Check yourself",
    "Further reading",
    "Where this leads",
)


def _names(keys: re.Match[str]) -> str:
    """Write out the keys of a citation: `bahdanau2015` is Bahdanau 2015."""
    found = re.findall(r"([a-z]+?)(\d{4})", keys[1])
    return ", ".join(f"{name.capitalize()} {year}" for name, year in found)


_CUTS = (
    (r"\A---\n.*?\n---\n", ""),  # what stands above the first line
    (r"^### BEGIN [A-Z]+$.*?^### END [A-Z]+$", ""),
    (r"^```.*?^```$", ""),  # code
    (r"<!--.*?-->", ""),
    (r"^\$\$.*?\$\$[^\n]*$", ""),  # formulas on lines of their own
    (r"^:::+.*$|^\+\+\+.*$|^:class:.*$|^\([\w-]+\)=$", ""),  # frames and labels
    (r"\{cite:\w\}`([^`]*)`", _names),
    (r"\{\w+(?::\w)?\}`([^`<]*?)\s*(?:<[^>]*>)?`", r"\1"),  # roles: their text
    (r"\[([^\]]*)\]\([^)]*\)", r"\1"),  # links: their text
    (r"<[a-z/][^>]*>", ""),
    (r"[ \t]+$", ""),
)


@dataclass(frozen=True)
class Section:
    """What stands under a heading, up to the next one.

    Attributes:
        key: Names it: the chapter and the heading.
        chapter: Heading of the chapter.
        heading: Its own.
        text: Paragraphs, with an empty line between two.
    """

    key: str
    chapter: str
    heading: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """A part of a section, short enough to be handed to a model.

    Attributes:
        section: Key of the section.
        text: The heading and some of its paragraphs.
    """

    section: str
    text: str


def load_sections(path: Path = SNAPSHOT) -> list[Section]:
    """Read the snapshot.

    Raises:
        ValueError: It is damaged.
    """
    try:
        return [Section(**section) for section in json.loads(path.read_text(encoding="utf-8"))]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name} holds no sections: {error}") from None


def cut(sections: Sequence[Section], n_words: int = 120) -> list[Chunk]:
    """Cut sections into chunks of whole paragraphs.

    Args:
        sections: The sections.
        n_words: A chunk is closed when it has so many words; a long paragraph stays whole.

    Returns:
        The chunks, in the order of the text.

    Raises:
        ValueError: A chunk would have no words.
    """
    if n_words < 1:
        raise ValueError(f"a chunk has at least one word, not {n_words}")
    return [
        Chunk(section.key, f"{section.heading}\n{text}")
        for section in sections
        for text in _paragraphs_together(section.text, n_words)
    ]


def read_sections(text: str, name: str) -> list[Section]:
    """Take the sections from the text of a chapter.

    Args:
        text: A chapter as it is written, in MyST.
        name: Name of its file, without the ending.

    Raises:
        ValueError: It has no heading.
    """
    for pattern, replacement in _CUTS:
        flags = re.MULTILINE | (re.DOTALL if ".*?" in pattern else re.NOFLAG)
        text = re.sub(pattern, replacement, text, flags=flags)
    parts = re.split(r"^#{1,4} (.+)$", text, flags=re.MULTILINE)
    headings, bodies = parts[1::2], parts[2::2]
    if not headings:
        raise ValueError(f"{name} has no heading")
    return [
        Section(f"{name}/{_slug(heading)}", headings[0], heading, body)
        for heading, body in zip(headings, map(_tidy, bodies), strict=True)
        if body and not heading.startswith(_LEFT_OUT)
    ]


def write_snapshot(path: Path = SNAPSHOT, sources: Path = SOURCES) -> None:
    """Take down all chapters as they are now."""
    sections = [
        asdict(section)
        for source in sorted(sources.glob("ch*.md"))
        for section in read_sections(source.read_text(encoding="utf-8"), source.stem)
    ]
    text = json.dumps(sections, ensure_ascii=False, indent=0)
    path.write_text(text + "\n", encoding="utf-8")


def _paragraphs_together(text: str, n_words: int) -> Iterator[str]:
    kept: list[str] = []
    for paragraph in text.split("\n\n"):
        kept.append(paragraph)
        if sum(len(each.split()) for each in kept) >= n_words:
            yield "\n\n".join(kept)
            kept = []
    if kept:
        yield "\n\n".join(kept)


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()


if __name__ == "__main__":
    write_snapshot()
