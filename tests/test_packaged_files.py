"""The package, installed without the repository, holds all that notebooks load."""

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
    "package-data"
]
# What is read in the repository alone: the text of the bundle's README, what an image is made of.
LEFT_OUT = {
    "autograder/learner/bundle_readme.md",
    "autograder/container/Containerfile",
    "autograder/container/Containerfile.dockerignore",
}


def files_of(package: str) -> set[str]:
    """Give a package's committed files that are no modules."""
    listed = subprocess.run(
        ["git", "ls-files", package], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.splitlines() if not name.endswith(".py")}


@pytest.mark.parametrize("package", ["course_lib", "autograder"])
def test_every_file_that_is_no_module_is_packaged(package: str) -> None:
    packaged = {
        path.relative_to(ROOT).as_posix()
        for pattern in PACKAGED[package]
        for path in (ROOT / package).glob(pattern)
    }
    files = files_of(package)
    assert files
    assert files - packaged - LEFT_OUT == set()


def test_nothing_is_left_out_that_is_not_there() -> None:
    assert files_of("autograder") >= LEFT_OUT
