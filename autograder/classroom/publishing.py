"""Pack the feedback of a class into one archive, for a learning platform or the post."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from autograder.classroom.folder import ClassFolder
from autograder.files import write_in_one_step

ARCHIVE = "feedback.zip"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows: same pages, same archive


def pack_feedback(folder: ClassFolder, learners: Sequence[str]) -> Path:
    """Write the learners' pages into `feedback.zip` beside them.

    Args:
        folder: Where the class was graded.
        learners: Whose pages.

    Returns:
        The archive; it is put in place in one step.
    """
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for learner in sorted(learners):
            page = folder.feedback(learner)
            entry = zipfile.ZipInfo(page.name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, page.read_bytes())
    path = folder.chapter / ARCHIVE
    write_in_one_step(path, packed.getvalue())
    return path
