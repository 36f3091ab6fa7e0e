import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, NoSuchModuleError

from autograder.classroom.database import gradebook_url, in_a_sentence
from autograder.errors import CourseError

URL = make_url("postgresql://ada:hush@host/book")


def test_by_default_a_file_in_the_folder_whatever_it_is_called(tmp_path):
    url = gradebook_url("", tmp_path / "what? now")
    assert url.database == str(tmp_path / "what? now" / "gradebook.db")


def test_what_is_no_address_is_refused_without_its_password(tmp_path):
    with pytest.raises(CourseError, match="is no URL") as told:
        gradebook_url("ada:hush@host", tmp_path)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (NoSuchModuleError("x"), "no kind of database called postgresql"),
        (ImportError("No module named 'psycopg2'"), "its driver is not installed"),
        (DatabaseError("SELECT 1", {}, OSError("no route\nto host")), "cannot be used: no route."),
    ],
)
def test_trouble_is_a_sentence_without_a_password(trouble, said):
    with pytest.raises(CourseError) as told, in_a_sentence(URL):
        raise trouble
    assert said in str(told.value)
    assert "hush" not in str(told.value)
    assert "\n" not in str(told.value)


def test_other_trouble_passes():
    with pytest.raises(ZeroDivisionError), in_a_sentence(URL):
        raise ZeroDivisionError
