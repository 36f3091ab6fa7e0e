"""Pack what a class gets: `python -m autograder.student_bundle` writes _build/student_bundle.zip.

In it are the notebooks, the library, what checking needs of the grader, hints and points as data,
and the book, if it was built. Not in it are the text of the chapters, the hidden checks and the
mistakes that they know. The same course gives the same bytes.
"""

import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

from autograder import handed_out
from autograder.errors import CourseError
from autograder.files import COURSE, Course, chapter_slugs

FOLDER = "attention-course"  # what the archive unpacks to
NAME = "student_bundle.zip"
README = Path(__file__).parent / "learner" / "bundle_readme.md"
_ALWAYS_THE_SAME = (1980, 1, 1, 0, 0, 0)

# A bundle holds what is named here and nothing else of the grader; a test follows the imports.
_GRADER = (
    *("__init__.py", "check.py", "cli.py", "compare.py", "errors.py", "exit_codes.py", "files.py"),
    *("handed_out.py", "judging_process.py", "plain_text.py", "session.py", "visible.py"),
    "worker.py",
    *("capstone/*.py", "judge/*.py", "learner/*.py", "sandbox/*.py"),
    *("classroom/__init__.py", "classroom/commands.py"),  # the names of the commands alone
    *("school/__init__.py", "school/commands.py"),
    *(f"exercises/{name}.py" for name in ("__init__", "answers", "base", "draw", "expect")),
    "exercises/protocol.py",
    *(f"submissions/{name}.py" for name in ("__init__", "assignment", "collect", "headings")),
    "submissions/platforms.py",
    *(f"submissions/{name}.py" for name in ("matching", "names", "notebook_files", "reading")),
    "submissions/transplant.py",
)
_LIBRARY = (".py", ".js", ".css", ".json", ".npz", ".safetensors")
_PLAIN = ("pyproject.toml", "constraints.txt", "LICENSE", "LICENSE-TEXT")


def bundle_files(course: Course = COURSE) -> dict[str, bytes]:
    """Give the bundle's files by their path in it.

    Raises:
        CourseError: A notebook or another file is missing.
    """
    try:
        files = {name: (course.root / name).read_bytes() for name in _PLAIN}
        files |= {_inside(path, course): path.read_bytes() for path in _sources(course)}
        files["README.md"] = README.read_bytes()
        files[handed_out.NAME] = _handed_out(course).encode()
    except FileNotFoundError as error:
        raise CourseError(f"There is no {error.filename}; `make notebooks` comes first.") from None
    site = course.root / "_build" / "html"
    for path in sorted(site.rglob("*")):
        # The offline copy of the site would be the same once more.
        if path.is_file() and path.suffix != ".zip":
            files[f"book/{path.relative_to(site).as_posix()}"] = path.read_bytes()
    return files


def write_bundle(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the archive.

    Args:
        path: Where to.
        files: What `bundle_files` gave.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _ALWAYS_THE_SAME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16  # as any file; zip's own default is unreadable
            archive.writestr(entry, files[name])


def _sources(course: Course) -> Iterator[Path]:
    yield from sorted(course.notebooks.glob("*.ipynb"))
    library = course.root / "course_lib"
    yield from (path for path in sorted(library.rglob("*")) if path.suffix in _LIBRARY)
    grader = course.root / "autograder"
    yield from sorted(path for pattern in _GRADER for path in grader.glob(pattern))


def _inside(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()


def _handed_out(course: Course) -> str:
    """Write the exercises as data, each chapter with its notebook."""
    slugs = chapter_slugs(course)
    notebooks = {
        slug: nbformat.read(course.notebooks / f"{slug}.ipynb", as_version=4) for slug in slugs
    }
    return handed_out.write([course.load(slug) for slug in slugs], notebooks)


def main(course: Course = COURSE) -> int:
    """Write the bundle and say where it is."""
    path = course.root / "_build" / NAME
    try:
        files = bundle_files(course)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    write_bundle(path, files)
    book = "with the book" if "book/index.html" in files else "without the book: `make book` first"
    print(f"{path}: {len(files)} files, {path.stat().st_size / 2**20:.1f} MiB, {book}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
