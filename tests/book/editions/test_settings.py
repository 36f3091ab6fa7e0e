"""What the book says of itself."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from autograder.errors import CourseError
from book.editions.settings import SiteSettings, date_of, read_site_settings
from tests.book.small_site import ROOT


def written(folder: Path, *, author: str | None = "", **sphinx: str | None) -> Path:
    path = folder / "_config.yml"
    config = {"language": "en", **sphinx}
    settings = {"title": "T", "author": author, "copyright": "c", "sphinx": {"config": config}}
    path.write_text(yaml.safe_dump(settings))
    return path


def test_the_settings_are_those_of_the_book() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings = read_site_settings(ROOT / "_config.yml")
    assert settings == SiteSettings(
        title=config["title"],
        author=config["author"],
        rights=config["copyright"],
        language="en",
        address=config["sphinx"]["config"].get("html_baseurl", ""),
    )


def test_an_address_has_no_slash_at_its_end(tmp_path: Path) -> None:
    path = written(tmp_path, html_baseurl="https://example.org/course/")
    assert read_site_settings(path).address == "https://example.org/course"


def test_what_is_left_empty_is_not_there(tmp_path: Path) -> None:
    expected = SiteSettings("T", "", "c", "en", "")
    assert read_site_settings(written(tmp_path)) == expected
    assert read_site_settings(written(tmp_path, author=None, html_baseurl=None)) == expected


def test_a_site_has_the_date_of_its_first_page(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"There is no site in .*: `make book` builds it"):
        date_of(tmp_path)
    made = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    (tmp_path / "index.html").write_text("")
    os.utime(tmp_path / "index.html", (made.timestamp(), made.timestamp()))
    assert date_of(tmp_path) == made
