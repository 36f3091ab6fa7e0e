"""No file is kept beside the library's code that nobody reads, or that nothing makes again."""

import json
from pathlib import Path

import pytest

from autograder.chapters.fingerprint import imported_files
from tests.dead_code import code_of_pages
from tests.kept_data import commands, fillings, kept_files, maker, owners, patterns, texts_in

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "course_lib"
FILES = kept_files(LIBRARY)
MADE = commands((ROOT / "Makefile").read_text(encoding="utf-8"), "checkpoints")

# Read by tests, and by chapters through one function: a folder that is walked, not named by file.
ARCHITECTURES = LIBRARY / "checkpoints" / "public_architectures"
ARCHITECTURES_MADE_BY = "tests.course_lib.checkpoints.record_architectures"

MADE_OTHERWISE = {
    "data/python_source_merges.json": "a plain list, in `make checkpoints` by course_lib.data",
    "data/book_sections.json": "a snapshot: what is measured on it must not change with the text",
    "data/book_questions.json": "written by hand",
    "data/digits.npz": "photographs by others, unchanged",
}


def called(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def single_files():
    return [path for path in FILES if not path.is_relative_to(ARCHITECTURES)]


@pytest.fixture(scope="module")
def pages():
    return list(code_of_pages())


@pytest.fixture(scope="module")
def used(pages):
    """Every file that a page, an exercise, a live figure or the site depends on."""
    places = ("autograder/exercises", "course_lib/figures", "book/extensions")
    sources = [path.read_text() for place in places for path in (ROOT / place).rglob("*.py")]
    return set(imported_files([*pages, *sources], ROOT))


@pytest.fixture(scope="module")
def known(pages):
    """Every text that stands in a page or in the library."""
    return texts_in([*pages, *(path.read_text() for path in LIBRARY.rglob("*.py"))])


@pytest.mark.parametrize("file", single_files(), ids=called)
class TestEachFile:
    def test_is_read_by_a_module_that_pages_or_figures_use(self, file, used):
        modules = [owner.module for owner in owners(file, LIBRARY)]
        assert modules, "no module names it"
        assert used.intersection(modules), "no chapter, appendix, exercise or figure needs these"

    def test_is_asked_for_by_its_name(self, file, known):
        """What fills the braces of `f"sums_{model}.safetensors"` is written somewhere too."""
        for owner in owners(file, LIBRARY):
            assert set(fillings(file, owner.pattern)) <= known

    def test_is_made_by_what_make_checkpoints_runs(self, file):
        if called(file) in MADE_OTHERWISE:
            assert maker(file) is None, "it says itself what made it: strike from the list"
        else:
            assert maker(file) in MADE

    def test_is_made_by_a_module_that_names_it_or_takes_its_name_from_one(self, file):
        if called(file) not in MADE_OTHERWISE:
            module = ROOT.joinpath(*maker(file).split(".")).with_suffix(".py")
            needed = imported_files([f"import {maker(file)}"], ROOT)
            assert module.is_file()
            assert any(owner.module in needed for owner in owners(file, LIBRARY))


def test_weights_have_a_description_and_a_description_of_weights_has_them():
    for file in single_files():
        if file.suffix == ".safetensors":
            assert file.with_suffix(".json").is_file(), called(file)
        elif file.parent.name == "checkpoints" and "config" in json.loads(file.read_text()):
            assert file.with_suffix(".safetensors").is_file(), called(file)


def test_each_architecture_is_recorded_whole_and_read():
    from course_lib.checkpoints.public_architectures import ARCHITECTURES as NAMES

    kept = {
        path.relative_to(ARCHITECTURES).as_posix()
        for path in FILES
        if path.is_relative_to(ARCHITECTURES)
    }
    three = ("config.json", "model.safetensors", "reference.safetensors")
    assert kept == {f"{name}/{file}" for name in NAMES for file in three}
    assert ARCHITECTURES_MADE_BY in MADE


def test_everything_that_make_checkpoints_runs_makes_something():
    makers = {maker(file) for file in single_files()} | {ARCHITECTURES_MADE_BY}
    assert set(MADE) - makers == {"course_lib.data.python_source"}
    assert len(MADE) == len(set(MADE))


def test_exceptions_are_files():
    assert set(MADE_OTHERWISE) <= {called(file) for file in FILES}


class TestTheReadingOfNames:
    def test_a_name_may_be_filled_in(self, tmp_path):
        (tmp_path / "reader.py").write_text('path = f"sums_{model}.safetensors"\nall = "*.json"\n')
        for name in ("sums_tool.json", "sums_tool.safetensors", "other.json"):
            (tmp_path / name).write_text("{}")
        files = kept_files(tmp_path)
        assert [len(owners(file, tmp_path)) for file in files] == [0, 1, 1]
        assert fillings(files[1], "sums_*.safetensors") == ("tool",)
        assert list(patterns('f"{name}.json"')) == []

    def test_a_target_ends_where_the_next_begins(self):
        makefile = (
            "a: b  ## it\n\tx/python -m one.two\n\tx/python -m three\n\nb:\n\tpython -m four\n"
        )
        assert commands(makefile, "a") == ["one.two", "three"]

    def test_what_made_a_file_stands_in_it_or_beside_it(self, tmp_path):
        (tmp_path / "x.json").write_text('{"made_by": "python -m a.b"}')
        (tmp_path / "y.json").write_text("[]")
        found = [maker(tmp_path / name) for name in ("x.json", "x.safetensors", "y.json", "z.npz")]
        assert found == ["a.b", "a.b", None, None]
