from pathlib import PurePosixPath

import pytest

from autograder.school.moodle_folders import folder_name
from autograder.submissions.platforms import named_by_platform


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", "Ada Lovelace_501"),
        ("Eve_O'Neil", "Eve ONeil_501"),
        ('A & "B" <C>|`:\\/', "A  B C_501"),
        ("Participant ", "Participant_501"),
    ],
)
def test_folders_as_moodle_writes_them(name, expected):
    assert folder_name(name, "501") == expected
    path = PurePosixPath(f"{expected}_assignsubmission_file/hw.ipynb")
    assert named_by_platform([path], "ch99_small")[path].learner == expected
