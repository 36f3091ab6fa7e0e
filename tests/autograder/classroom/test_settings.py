import tomllib

import pytest

from autograder.classroom.settings import (
    SETTINGS,
    SETTINGS_TEXT,
    ChapterSettings,
    ClassSettings,
    nearest,
    read_settings,
)
from autograder.errors import CourseError

SLUG = "ch99_small"


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        (tmp_path / SETTINGS).write_text(text, encoding="utf-8")
        return read_settings(tmp_path, [SLUG])

    return read_text


def test_what_a_class_changes_is_read(read):
    settings = read(
        "seed = 7\n[chapters.ch99_small]\n"
        'drop = ["largest", "largest"]\npoints = {double = 12}\nsolutions = "released"\n'
        "[chapters.ch02]\ndrop = []\n"
    )
    assert settings.seed == 7
    assert settings.of(SLUG) == ChapterSettings(("largest",), {"double": 12}, True)
    assert settings.of("ch02_self_attention") == ChapterSettings()
    assert settings.of("ch03_anything") == ChapterSettings()


def test_the_gradebook_may_be_elsewhere(read):
    address = "postgresql://ada@host/book"
    assert read(f'database = "{address}"').database == address
    assert read("seed = 1").database == ""


@pytest.mark.parametrize("url", ["postgresql://ada:hush@host/book", "pg://host/x?password=hush"])
def test_a_password_is_refused_and_not_repeated(read, url):
    with pytest.raises(CourseError, match="`database` has a password; others read") as told:
        read(f'database = "{url}"')
    assert "hush" not in str(told.value)


def test_without_a_file_everything_is_as_the_course_has_it(tmp_path):
    assert read_settings(tmp_path) == ClassSettings()


def test_the_text_that_init_writes_changes_nothing_and_its_example_is_right(read):
    assert read(SETTINGS_TEXT) == ClassSettings()
    example = "\n".join(
        line.removeprefix("# ")
        for line in SETTINGS_TEXT.split("# [", 1)[1].join(["# [", ""]).splitlines()
    )
    (chapter,) = tomllib.loads(example)["chapters"]
    (own,) = read(example).chapters.items()
    assert own == (chapter, ChapterSettings(("an_exercise", "another"), {"a_third": 12}, True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = ", "is no TOML"),
        ("sed = 1", "no setting 'sed'; did you mean 'seed'"),
        ("colour = 1", "no setting 'colour'; there are chapters, database, seed"),
        ("seed = -1", "`seed` is -1"),
        ("seed = true", "`seed` is True"),
        ("database = 3", "`database` must be a URL in quotes"),
        ('database = "host/book"', "is no URL of a database"),
        ("chapters = 3", "must be tables"),
        ("[chapters.ch99_smal]", "no chapter 'ch99_smal'; did you mean 'ch99_small'"),
        ("[chapters]\nch99 = 1", "must be a table"),
        ("[chapters.ch99]\n[chapters.ch99_small]", "stands twice"),
        ("[chapters.ch99]\ndropped = []", "no setting 'dropped'; did you mean 'drop'"),
        ('[chapters.ch99]\ndrop = "double"', "must be a list of names"),
        ("[chapters.ch99]\npoints = [1]", "whole numbers by name"),
        ("[chapters.ch99]\npoints = {double = 1.5}", "whole numbers by name"),
        ("[chapters.ch99]\npoints = {double = true}", "whole numbers by name"),
        ("[chapters.ch99]\npoints = {double = -2}", "double of ch99 has -2 points"),
        ("[chapters.ch99]\npoints = {double = 0}", "at least 1, or drop it"),
        ('[chapters.ch99]\ndrop = ["a"]\npoints = {a = 2}', "dropped and has points"),
        ('[chapters.ch99]\nsolutions = "yes"', 'it is "released" or "hidden"'),
    ],
)
def test_what_makes_no_sense_is_told_with_the_file(read, tmp_path, text, said):
    with pytest.raises(CourseError) as told:
        read(text)
    assert said in str(told.value)
    assert str(tmp_path / SETTINGS) in str(told.value)


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / SETTINGS).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="is no TOML"):
        read_settings(tmp_path)


def test_the_nearest_name_else_all_names():
    assert nearest("double2", ["double", "largest"]) == "did you mean 'double'?"
    assert nearest("xyz", ["b", "a"]) == "there are a, b."
    assert nearest("xyz", []) == "there are none."
