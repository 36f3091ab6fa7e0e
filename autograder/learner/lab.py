"""Start JupyterLab on a notebook of the workspace."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

from autograder.errors import CourseError
from autograder.files import COURSE


def lab_command(notebook: Path, *, browser: bool, port: int | None) -> list[str]:
    """Give the command line that opens a notebook.

    Args:
        notebook: The notebook; the folder that it lies in is what JupyterLab shows.
        browser: Whether a browser is opened, too.
        port: Where it listens; by default the first free one from 8888.

    Raises:
        CourseError: JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is not installed; `course doctor` tells what else is not.")
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container, where there is nobody else
    return command


def open_lab(notebook: Path, *, browser: bool, port: int | None) -> NoReturn:
    """Become JupyterLab, so that Ctrl-C and what ends this process reach it.

    Raises:
        CourseError: JupyterLab is not installed.
    """
    command = lab_command(notebook, browser=browser, port=port)
    paths = [str(COURSE.root), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Notebooks find the course beside them even where it is not installed.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    os.chdir(notebook.parent)
    sys.stdout.flush()
    os.execve(command[0], command, environment)
