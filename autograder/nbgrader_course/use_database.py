"""Let nbgrader's own commands use the gradebook that `course grade` uses."""

import os
from pathlib import Path

from traitlets.config import Config

from autograder.classroom.database import VARIABLE, gradebook_url, without_password
from autograder.classroom.settings import read_database


def use_database(config: Config, folder: Path) -> None:
    """Set nbgrader's database to the class's; without one, nbgrader's own default stays.

    nbgrader's formgrader shows its settings on a page, and its commands write the address to their
    logs. A password in it is therefore handed to the driver in its own variable, PGPASSWORD.

    Args:
        config: nbgrader's settings.
        folder: The course folder.

    Raises:
        CourseError: The address is no URL, or the settings of the class cannot be read.
    """
    database = os.environ.get(VARIABLE) or read_database(folder)
    if not database:
        return
    url = gradebook_url(database, folder)
    if url.password is not None:
        os.environ["PGPASSWORD"] = str(url.password)
    config.CourseDirectory.db_url = without_password(url).render_as_string()
