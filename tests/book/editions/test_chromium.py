"""Starting the browser: where it is looked for, and what is said where it does not start."""

from pathlib import Path

import pytest

from autograder.errors import CourseError
from book.editions.chromium import chromium
from tests.book.conftest import need_chromium


@pytest.mark.parametrize("there", [False, True])
def test_without_a_browser_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    path = tmp_path / "chromium"
    if there:
        path.mkdir()
    monkeypatch.setenv("CHROMIUM", str(path))
    with pytest.raises(CourseError, match=f"no Chromium at {path}: install it or"), chromium():
        pytest.fail("a folder is no browser")


def test_a_browser_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(path))
    with pytest.raises(CourseError, match=f"Chromium at {path} does not start: "), chromium():
        pytest.fail("it ends at once")


@pytest.mark.browser
def test_it_is_ended_whatever_happens_meanwhile() -> None:
    need_chromium()
    started = []

    def stumble() -> None:
        with chromium() as browser:
            started.append(browser)
            assert browser.is_connected()
            raise CourseError("Something is wrong.")

    with pytest.raises(CourseError, match="Something is wrong"):
        stumble()
    assert not started[0].is_connected()
