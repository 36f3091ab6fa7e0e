"""The landing page, the table of contents and the how-to pages say what is there."""

import re
from pathlib import Path

import pytest
import typer
import yaml

from autograder import cli
from tests.book.html_page import page_names
from tests.book.prose import CHAPTERS, LIVE, PAGES, ROOT, SITTINGS

INDEX = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
CONTENTS = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
ENTRIES = [
    page
    for part in CONTENTS["parts"]
    for entry in part["chapters"]
    for page in [entry, *entry.get("sections", [])]
]
CAPSTONE = [entry for entry in ENTRIES if entry["file"].startswith("chapters/capstone_")]
OF_CHAPTERS = [entry for entry in ENTRIES if entry["file"].startswith("chapters/ch")]
CHAPTER_ENTRIES = [e for e in OF_CHAPTERS if Path(e["file"]).name not in SITTINGS]
CHAPTER_ROWS = re.findall(r"^\| (\d) \| (.+?) \| (.+?) \|$", INDEX, re.MULTILINE)
COMMANDS = sorted(
    {
        command.strip()
        for page in (ROOT / "book" / "howto").glob("*.md")
        for command in re.findall(
            r"(?:^|`)(?:\.venv/bin/)?((?:course|make) [^`\n]+)",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
)


def test_every_page_is_in_the_table_of_contents_once() -> None:
    listed = [CONTENTS["root"], *(entry["file"] for entry in ENTRIES)]
    written = [p.relative_to(ROOT / "book").with_suffix("").as_posix() for p in PAGES]
    executed = [f"chapters/{name}" for name in (*(p.stem for p in (*CHAPTERS, *LIVE)), *SITTINGS)]
    assert sorted(listed) == sorted([*written, *executed])


def test_every_page_of_the_contents_is_built(site: Path) -> None:
    listed = {CONTENTS["root"], *(entry["file"] for entry in ENTRIES)}
    assert listed == set(page_names(site)) - {"search", "genindex"}


def test_the_sidebar_numbers_chapters_as_the_course_does() -> None:
    for entry in OF_CHAPTERS:
        number = int(re.match(r"chapters/ch(\d\d)_", entry["file"])[1])
        assert entry["title"].startswith(f"{number} · ")


def test_the_landing_page_lists_nine_chapters_in_order() -> None:
    assert [int(number) for number, _, _ in CHAPTER_ROWS] == list(range(1, 10))
    assert all(takeaway.endswith(".") for _, _, takeaway in CHAPTER_ROWS)


@pytest.mark.parametrize("row", CHAPTER_ROWS, ids=lambda row: f"chapter {row[0]}")
def test_a_chapter_is_linked_when_it_is_written_and_else_in_preparation(
    row: tuple[str, str, str],
) -> None:
    number, title, _ = row
    written = [e for e in CHAPTER_ENTRIES if e["file"].startswith(f"chapters/ch{int(number):02}_")]
    if written:
        heading = written[0]["title"].split(" · ", 1)[1]
        assert title == f"{{doc}}`{heading} <{written[0]['file']}>`"
    else:
        assert title.endswith(" *(in preparation)*")


def test_the_capstone_stands_behind_the_chapters() -> None:
    place = ENTRIES.index(CAPSTONE[0])
    assert place == ENTRIES.index(OF_CHAPTERS[-1]) + 1
    assert CAPSTONE[0]["title"].startswith("Capstone · ")
    assert f"<{CAPSTONE[0]['file']}>" in INDEX


@pytest.mark.parametrize("entry", [*CHAPTER_ENTRIES, *CAPSTONE], ids=lambda entry: entry["file"])
def test_the_sidebar_calls_a_chapter_as_it_calls_itself(entry: dict[str, str]) -> None:
    source = (
        (ROOT / "solutions" / Path(entry["file"]).name)
        .with_suffix(".md")
        .read_text(encoding="utf-8")
    )
    assert re.search(r"^# (.+)$", source, re.MULTILINE)[1] == entry["title"].split(" · ", 1)[1]


def test_commands_are_found() -> None:
    assert "make course" in COMMANDS
    assert "course check ch02" in COMMANDS


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_every_make_target_of_the_pages_exists(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in command.removeprefix("make ").split():
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("course ")])
def test_every_course_command_of_the_pages_exists(command: str) -> None:
    _, *words = command.split()
    found = typer.main.get_command(cli.app)
    while words and hasattr(found, "commands"):  # of `course marks canvas` the last is the command
        name = words.pop(0)
        assert name in found.commands, f"course {name}"
        found = found.commands[name]
    options = {o for one in found.params for o in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options
