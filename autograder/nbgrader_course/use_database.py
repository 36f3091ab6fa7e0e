"""Let nbgrader's own commands use the gradebook that `course grade` uses."""

import os
from pathlib import Path

from traitlets.config import Config

from autograder.classroom.database import VARIABLE, gradebook_url, without_password
from autograder.classroom.settings import read_database
from autograder.errors import CourseError


def use_database(config: Config, folder: Path) -> None:
    """Set nbgrader's database to the class's; without one, nbgrader's own default stays.

    nbgrader's formgrader shows its settings on a page, and its commands write the address to their
    logs. A password in it is therefore handed to the driver in its own variable, PGPASSWORD; for
    any other secret there is none.

    Args:
        config: nbgrader's settings.
        folder: The course folder.

    Raises:
        CourseError: The address is no URL or has another secret in it, or the settings of the class
            cannot be read.
    """
    database = os.environ.get(VARIABLE) or read_database(folder)
    if not database:
        return
    url = gradebook_url(database, folder)
    password = url.query.get("password", url.password)  # where both stand, the driver takes this
    if password is not None:
        os.environ["PGPASSWORD"] = str(password)
    plain = without_password(url)
    others = sorted({*url.query} - {*plain.query, "password"})
    if others:
        raise CourseError(
            f"{VARIABLE} has {', '.join(others)} in it, which nbgrader's pages and logs show; "
            "leave it out."
        )
    config.CourseDirectory.db_url = plain.render_as_string()
