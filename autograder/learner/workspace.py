"""The folder that a learner works in: notebooks of their own, which no update overwrites."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import COURSE
from autograder.learner.outline import handed_out_text, notebook_slugs

FOLDER = "workspace"  # below the course's own folder


@dataclass(frozen=True)
class Copied:
    """What became of one notebook when a workspace was made.

    Attributes:
        path: Where it is.
        is_new: Whether it was put there now; else there was one already, and it is as it was.
    """

    path: Path
    is_new: bool


@dataclass(frozen=True)
class Workspace:
    """A learner's folder.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    def notebook(self, slug: str) -> Path:
        """Give the notebook that a learner works in: their copy, else the course's own."""
        own = self.folder / f"{slug}.ipynb"
        return own if own.is_file() else COURSE.notebooks / own.name

    def make(self) -> list[Copied]:
        """Put every notebook into the folder that is not there yet.

        Raises:
            CourseError: A file is in the way, or there are no notebooks.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise CourseError(f"{self.folder} is a file; give another folder with --workspace.")
        texts = {slug: handed_out_text(slug) for slug in notebook_slugs()}
        if not texts:
            raise CourseError(f"There are no notebooks in {COURSE.notebooks}.")
        texts |= {  # appendices have notebooks too, but no exercises
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted(COURSE.notebooks.glob("*.ipynb"))
            if path.stem not in texts
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        return [self._put(slug, text) for slug, text in texts.items()]

    def _put(self, slug: str, text: str) -> Copied:
        path = self.folder / f"{slug}.ipynb"
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            return Copied(path, is_new=False)
        return Copied(path, is_new=True)


def default_folder() -> Path:
    """Give the folder of a workspace that nobody named."""
    return COURSE.root / FOLDER
