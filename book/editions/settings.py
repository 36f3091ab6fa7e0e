"""What the book says of itself, as `_config.yml` has it, and when the site was built."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from autograder.errors import CourseError


@dataclass(frozen=True)
class SiteSettings:
    """The book as a whole.

    Attributes:
        title: Its name.
        author: Empty where the settings name none.
        rights: Who holds them, and the licences.
        language: Code of its language, such as `en`.
        address: Where the site is published, without a slash at the end; empty if it is not.
    """

    title: str
    author: str
    rights: str
    language: str
    address: str


def read_site_settings(configuration: Path) -> SiteSettings:
    """Read the settings of the site.

    Args:
        configuration: `_config.yml`.
    """
    config = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    sphinx = config["sphinx"]["config"]
    return SiteSettings(
        title=config["title"],
        author=config.get("author") or "",
        rights=config["copyright"],
        language=sphinx["language"],
        address=(sphinx.get("html_baseurl") or "").rstrip("/"),
    )


def date_of(site: Path) -> datetime:
    """Tell when a site was built, in UTC.

    Raises:
        CourseError: There is none.
    """
    first = site / "index.html"
    if not first.is_file():
        raise CourseError(f"There is no site in {site}: `make book` builds it.")
    return datetime.fromtimestamp(first.stat().st_mtime, UTC)
