import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, NoSuchModuleError, OperationalError

from autograder.classroom.database import (
    gradebook_url,
    holds_password,
    in_a_sentence,
    secrets_of,
    shown,
    sqlite_url,
    without_password,
)
from autograder.classroom.gradebook import open_gradebook
from autograder.errors import CourseError

URL = make_url("postgresql://ada:hush@host/book")


def test_by_default_a_file_in_the_folder_whatever_it_is_called(tmp_path):
    url = gradebook_url("", tmp_path / "what? now")
    assert url.database == str(tmp_path / "what? now" / "gradebook.db")


def test_what_is_no_address_is_refused_without_its_password(tmp_path):
    with pytest.raises(CourseError, match="is no URL") as told:
        gradebook_url("ada:hush@host", tmp_path)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_what_no_command_would_find_again_is_refused(tmp_path, address):
    with pytest.raises(CourseError, match="would be gone when the command ends; name a file"):
        gradebook_url(address, tmp_path)


def test_a_server_is_reached_by_the_driver_of_the_course_and_not_waited_for_without_end(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    url = gradebook_url("postgresql://ada@host/book", tmp_path)
    assert (url.drivername, dict(url.query)) == ("postgresql+psycopg", {"connect_timeout": "10"})
    own = gradebook_url("postgresql://ada@host/book?connect_timeout=3", tmp_path)
    assert own.query == {"connect_timeout": "3"}
    other = gradebook_url("postgresql+psycopg2://ada@host/book", tmp_path)
    assert (other.drivername, dict(other.query)) == ("postgresql+psycopg2", {})
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "5")
    assert gradebook_url("postgresql://ada@host/book", tmp_path).query == {}


def test_a_password_is_found_taken_out_and_never_shown():
    plain = "postgresql://ada@host/book?passfile=secret"
    for option in ("password", "sslpassword", "passwd", "PWD", "oauth_client_secret"):
        behind = make_url(f"{plain}&{option}=hush")
        assert secrets_of(behind) == ["hush"]
        assert holds_password(behind)
        assert "hush" not in shown(behind)
        assert without_password(behind) == make_url(plain)
    assert secrets_of(URL.update_query_string("password=one&password=two")) == [
        "hush",
        "one",
        "two",
    ]
    assert holds_password(URL)
    assert "hush" not in shown(URL)
    assert without_password(URL) == make_url("postgresql://ada@host/book")
    assert not holds_password(make_url(plain))
    assert "hush" not in shown(URL.update_query_dict({"password": "hush"}))


def refusal(words, code=None):
    """What SQLAlchemy makes of a server's refusal."""
    said = Exception(words)
    said.sqlstate = code
    return OperationalError("UPDATE grade SET words = 'hush'", {}, said)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (NoSuchModuleError("x"), "no kind of database called postgresql"),
        (ImportError("No module named 'psycopg2'"), "its driver is not installed"),
        (DatabaseError("SELECT 1", {}, OSError("no route\nto host")), "cannot be used: no route."),
        (refusal("no route\nto host"), "no route; see that the server runs, and that it lets"),
        (refusal("failed: FATAL:  password wrong"), "give the right password in ~/.pgpass"),
        (refusal('FATAL:  database "x" does not exist'), "make the database with PostgreSQL's"),
        (refusal("gone", "57P01"), "cannot be used: gone."),
        (refusal("canceling", "55P03"), "another program has been writing into it for 60 seconds"),
    ],
)
def test_trouble_is_a_sentence_without_a_password(trouble, said):
    with pytest.raises(CourseError) as told, in_a_sentence(URL):
        raise trouble
    assert said in str(told.value)
    assert "hush" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_cannot_be_written_is_told_although_nbgrader_words_it_otherwise(
    small, tmp_path
):
    path = tmp_path / "gradebook.db"
    open_gradebook(sqlite_url(path), small)
    with pytest.raises(
        CourseError, match=r"cannot be used: attempt to write a readonly database\.$"
    ):
        open_gradebook(make_url(f"sqlite:///file:{path}?mode=ro&uri=true"), small)


def test_other_trouble_passes():
    with pytest.raises(ZeroDivisionError), in_a_sentence(URL):
        raise ZeroDivisionError


def test_of_two_databases_the_one_that_is_to_blame_is_named():
    inner = in_a_sentence(make_url("sqlite:///x.db"))
    with pytest.raises(CourseError, match="The gradebook sqlite:"), in_a_sentence(URL), inner:
        raise refusal("gone")
