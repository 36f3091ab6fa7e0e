"""What is shipped to a worker of the cluster: the grader, the exercises and the library, as files.

They are read as they stand at home, so that an exercise that an instructor has changed is judged as
changed. What grading does not need stays at home: the chapters with their solutions, tests, book.
"""

import importlib
import io
import zipfile
from pathlib import Path

from autograder.cluster.on_worker import digest_of
from autograder.files import ROOT

PACKAGES = ("autograder", "course_lib")
_STAY_AT_HOME = (".js", ".css", ".html", ".pyc")  # pages and live figures
_ALWAYS_THE_SAME = (1980, 1, 1, 0, 0, 0)


def course_files(reference: str) -> dict[str, bytes]:
    """Give the files that judging a chapter needs, by their path below a folder of modules.

    Args:
        reference: A chapter's slug, or `module:function`, whose module goes along.
    """
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and path.suffix not in _STAY_AT_HOME
    }
    module, colon, _ = reference.partition(":")
    return files | _module_files(module) if colon else files


def pack(files: dict[str, bytes]) -> tuple[bytes, str]:
    """Give an archive of the files, and the hash of what it holds."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _ALWAYS_THE_SAME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return packed.getvalue(), digest_of(files.items())


def _module_files(module: str) -> dict[str, bytes]:
    """Give the file of a module and those of the packages that it lies in."""
    steps = module.split(".")
    files = {}
    for end in range(1, len(steps) + 1):
        loaded = importlib.import_module(".".join(steps[:end]))
        path = Path(str(loaded.__file__))
        folder = steps[:end] if path.name == "__init__.py" else steps[: end - 1]
        files["/".join([*folder, path.name])] = path.read_bytes()
    return files
