"""The folder that a learner works in: notebooks of their own, which no update overwrites."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError, UnreadableError
from autograder.files import COURSE
from autograder.learner.outline import find_chapter, handed_out_text, notebook_slugs
from autograder.submissions.reading import read_bytes, read_submission

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
class Chosen:
    """The notebook that a learner means.

    Attributes:
        path: Where it is.
        chapter: Its chapter: the slug, or the short form, such as `ch02`.
        remark: What the learner may not expect of it, or "".
    """

    path: Path
    chapter: str
    remark: str = ""


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

    def chosen(self, what: str) -> Chosen:
        """Find the notebook that is meant by a chapter or by a path.

        Raises:
            CourseError: There is none, or it has no exercises.
        """
        if Path(what).suffix == ".ipynb" or _is_appendix(what):
            return Chosen(Path(what), _chapter_of(Path(what)))
        slug = find_chapter(what).slug
        return Chosen(self.notebook(slug), slug, self._remark(slug))

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

    def _remark(self, slug: str) -> str:
        """Say what a learner may not expect of the notebook that is read for a chapter, or ""."""
        name = f"{slug}.ipynb"
        parts = []
        if not (self.folder / name).is_file():
            parts.append(
                f"There is no {name} in {self.folder}; the one in {COURSE.notebooks} is read. "
                "`course start` makes your own."
            )
        pattern = f"*{slug.partition('_')[0]}*.ipynb"  # also a copy, and one with a name in front
        others = sorted(path.name for path in self.folder.glob(pattern) if path.name != name)
        if others:
            parts.append(
                f"Not read: {', '.join(others)} in {self.folder}. To have one read, give its path "
                "in place of the chapter."
            )
        return " ".join(parts)

    def _put(self, slug: str, text: str) -> Copied:
        path = self.folder / f"{slug}.ipynb"
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            return Copied(path, is_new=False)
        return Copied(path, is_new=True)


def _chapter_of(path: Path) -> str:
    """Tell of which chapter a notebook is, by the ids of its cells, else by its name.

    Raises:
        CourseError: It cannot be read, or has no exercises of the course.
    """
    from autograder.submissions.collect import guess_chapter

    if _is_appendix(path.stem):
        raise CourseError(
            f"{path.stem} is an appendix, without points: each of its drills is checked by the "
            "cell below it, in the notebook."
        )
    if not path.exists():
        raise CourseError(f"There is no {path}.")
    try:
        read_submission(read_bytes(path))
        return guess_chapter([path])
    except UnreadableError as error:
        raise CourseError(f"{path} cannot be read. {error}") from None
    except CourseError:
        if path.stem in notebook_slugs():
            return path.stem
        raise CourseError(
            f"{path} does not say of which chapter it is: no cell has an id of the course. Put it "
            "into your workspace under its chapter's name, such as ch02_self_attention.ipynb, and "
            "give the chapter."
        ) from None


def _is_appendix(name: str) -> bool:
    """Tell whether this is the name of a notebook of the course that has no exercises."""
    return (COURSE.notebooks / f"{name}.ipynb").is_file() and name not in notebook_slugs()


def default_folder() -> Path:
    """Give the folder of a workspace that nobody named."""
    return COURSE.root / FOLDER
