"""Links between chapters and library come from what the chapters import, whenever it is built."""

from pathlib import Path

import pytest
from library_uses import number_of

from tests.book.small_library import build_library, entry, page, words

CORE = '''"""Core."""


def run(x):
    """Run `x` once."""


def walk(x):
    """Walk."""


class Cache:
    """Keep."""

    def append(self, x):
        """Append."""


def unused():
    """Nobody calls this."""
'''
DATA = '"""Data."""\n\n\ndef load():\n    """Load."""\n'
CELLS = [
    ("markdown", "# A small chapter\n\nWords: `walk` and `run`."),
    ("code", "from course_lib.core import Cache, run, walk"),
    ("markdown", "## First section"),
    ("code", "%matplotlib inline\nrun(1)\ncache = Cache()"),
    ("code", "def solve():\n    unused()\nfrom course_lib.core import unused", "exercise"),
    ("code", "from course_lib.core import unused\nunused()", "tests"),
    ("markdown", "### Deeper: `code`"),
    ("code", "from course_lib import data as texts\ntexts.load()\nrun(2)\nrun(3)"),
    ("markdown", "## Last section"),
    ("code", "def run(x):\n    return x\n\nrun(4)"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uses")
    build_library(folder, {"core": CORE, "data": DATA}, "*", CELLS)
    return folder


def uses(folder: Path, name: str) -> str | None:
    found = entry(folder, name).find("p", class_="used-in")
    return words(found) if found else None


def test_an_entry_names_the_sections_that_use_it(folder: Path) -> None:
    assert uses(folder, "course_lib.core.run") == "Used in chapter 2: First section, Deeper: code."
    links = entry(folder, "course_lib.core.run").find("p", class_="used-in").find_all("a")
    assert [a["href"] for a in links] == [
        "../chapters/ch02_small.html",
        "../chapters/ch02_small.html#first-section",
        "../chapters/ch02_small.html#deeper-code",
    ]


def test_what_is_only_imported_is_used_where_it_is_imported(folder: Path) -> None:
    assert uses(folder, "course_lib.core.walk") == "Used in chapter 2."


def test_a_module_that_is_imported_whole_is_followed(folder: Path) -> None:
    assert uses(folder, "course_lib.data.load") == "Used in chapter 2: Deeper: code."
    head = page(folder, "library/room").find(id="course_lib-data")
    assert words(head.find("p", class_="used-in")) == "Used in chapter 2."


def test_exercises_and_their_tests_count_for_nothing(folder: Path) -> None:
    assert uses(folder, "course_lib.core.unused") is None


def test_a_chapter_ends_with_what_it_takes(folder: Path) -> None:
    listed = page(folder, "chapters/ch02_small").find("details", class_="from-library")
    assert listed.find("summary").get_text() == "From the library"
    assert not listed.has_attr("open")
    assert [a["href"].rpartition("/")[2] for a in listed.find_all("a")] == [
        "room.html#module-course_lib.core",
        "core.html",
        "room.html#course_lib.core.run",
        "room.html#course_lib.core.Cache",
        "room.html#course_lib.core.walk",
        "room.html#module-course_lib.data",
        "data.html",
        "room.html#course_lib.data.load",
    ]
    assert "run: Run x once." in words(listed)


def test_a_new_import_has_its_links_in_the_next_build(tmp_path: Path) -> None:
    build_library(tmp_path, {"core": CORE}, "core", CELLS[:2])
    assert uses(tmp_path, "course_lib.core.unused") is None
    new = [*CELLS[:2], ("code", "from course_lib.core import unused\nunused()")]
    build_library(tmp_path, {"core": CORE}, "core", new, 'extensions.append("whole_builds")\n')
    assert uses(tmp_path, "course_lib.core.unused") == "Used in chapter 2."
    listed = page(tmp_path, "chapters/ch02_small").find("details", class_="from-library")
    assert listed.find("a", string="unused")


def test_the_book_links_what_chapter_two_imports(site: Path) -> None:
    text = (site / "chapters" / "ch02_self_attention.html").read_text(encoding="utf-8")
    listed = text[text.index('class="from-library"') :]
    assert "library/attention.html#course_lib.attention.scaled_dot_product_attention" in listed
    back = (site / "library" / "data.html").read_text(encoding="utf-8")
    assert "../chapters/ch02_self_attention.html#what-a-larger-vocabulary-buys" in back


@pytest.mark.parametrize(
    ("docname", "said"),
    [
        ("chapters/ch02_self_attention", "chapter 2"),
        ("chapters/pytorch_refresher", "pytorch refresher"),
        ("chapters/capstone_mini_gpt", "the capstone"),
    ],
)
def test_a_page_is_called_in_few_words(docname: str, said: str) -> None:
    assert number_of(docname) == said
