import os

import pytest
from traitlets.config.loader import PyFileConfigLoader

from autograder.classroom.settings import SETTINGS
from autograder.errors import CourseError
from autograder.nbgrader_course.folder import CONFIG, CONFIG_TEXT

WITHOUT = "postgresql+psycopg://ada@host/book?connect_timeout=10"


@pytest.fixture
def db_url(tmp_path, monkeypatch):
    """What nbgrader uses in a course folder whose settings say something of a database."""
    for variable in ("COURSE_DATABASE", "PGPASSWORD", "PGCONNECT_TIMEOUT"):
        monkeypatch.setenv(variable, "")  # so that what is set within is taken back
        monkeypatch.delenv(variable)

    def load(text="", variable=""):
        monkeypatch.setenv("COURSE_DATABASE", variable)
        (tmp_path / SETTINGS).write_text(text)
        (tmp_path / CONFIG).write_text(CONFIG_TEXT)
        config = PyFileConfigLoader(CONFIG, str(tmp_path)).load_config()
        return config.CourseDirectory.get("db_url")

    return load


def test_without_one_nbgraders_own_default_stays(db_url):
    assert db_url() is None
    assert db_url("seed = 3") is None


def test_the_one_of_the_class(db_url):
    assert db_url('database = "postgresql://ada@host/book"') == WITHOUT
    assert "PGPASSWORD" not in os.environ


def test_the_variable_goes_before_and_its_password_stays_out_of_pages_and_logs(db_url):
    assert db_url('database = "sqlite:///x.db"', "postgresql://ada:hu%40sh@host/book") == WITHOUT
    assert os.environ["PGPASSWORD"] == "hu@sh"


def test_a_password_behind_the_question_mark_is_no_other(db_url):
    assert db_url("", "postgresql://ada:old@host/book?password=hu%40sh") == WITHOUT
    assert os.environ["PGPASSWORD"] == "hu@sh"


def test_a_secret_that_no_variable_takes_is_refused(db_url):
    with pytest.raises(CourseError, match="COURSE_DATABASE has sslpassword in it") as told:
        db_url("", "postgresql://ada@host/book?sslpassword=hush")
    assert "hush" not in str(told.value)


def test_a_fault_in_the_other_settings_is_not_this_ones_to_tell(db_url):
    assert db_url('seed = -1\ndatabase = "postgresql://ada@host/book"') == WITHOUT


def test_what_is_no_url_is_told(db_url):
    with pytest.raises(CourseError, match="is no URL"):
        db_url('database = "ada@host"')
