"""The folder that `course grade` writes: what is where in it, and who may write.

OUT/class.json             the class of the last run; the report shows these learners alone
OUT/results/NAME.json      marks and reasons; the memory of earlier runs
OUT/results/NAME.times     what grading took, and where
OUT/feedback/NAME.html     what a learner reads
OUT/report.html, marks.csv the class at a glance
OUT/gradebook.db           nbgrader's gradebook, unless it is elsewhere
OUT/autograded/            nbgrader's marked notebooks, which its formgrader shows

A learner who handed in before and does not now is left out of the report and has no feedback page
any more. The result is kept, in case that the submission comes back, and so is what stands in the
gradebook, where a person may have written.
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import remove_temporary, write_if_changed
from autograder.submissions.names import file_name


@dataclass(frozen=True)
class ClassFolder:
    """A folder with a graded class.

    Attributes:
        root: Its path.
    """

    root: Path

    def result(self, learner: str) -> Path:
        """Where a learner's result is kept."""
        return self.root / "results" / f"{file_name(learner)}.json"

    def times(self, learner: str) -> Path:
        """Where it is kept what grading a learner took."""
        return self.result(learner).with_suffix(".times")

    def feedback(self, learner: str) -> Path:
        """A learner's page."""
        return self.root / "feedback" / f"{file_name(learner)}.html"

    def marked(self, learner: str, slug: str) -> Path:
        """A learner's marked notebook, where nbgrader's formgrader looks for it."""
        return self.root / "autograded" / file_name(learner) / slug / f"{slug}.ipynb"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other run write here; the operating system lets go when this process ends.

        Raises:
            CourseError: Another run is at work, or the folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                # Python's files are closed in the processes that this one starts.
                lock = stack.enter_context(open(self.root / ".lock", "a"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CourseError(
                    f"Another `course` command is writing into {self.root}; "
                    "wait until it is done, or give another folder."
                ) from None
            except OSError as error:
                raise CourseError(f"{self.root} cannot be written: {error.strerror}.") from None
            self._remove_what_a_kill_left()
            yield

    def begin(self, slug: str, learners: Sequence[str]) -> None:
        """Write down whose results the report is to show, and drop the pages of the others.

        Args:
            slug: The chapter.
            learners: Everyone who handed in.

        Raises:
            CourseError: The folder holds another chapter.
        """
        before = self._class() if self._roll.exists() else None
        if before and before[0] != slug:
            raise CourseError(
                f"{self.root} holds the marks of {before[0]}; grade {slug} into another folder "
                "(--out). One gradebook can hold both (--database)."
            )
        for learner in set(before[1] if before else ()) - set(learners):
            self.feedback(learner).unlink(missing_ok=True)
        text = json.dumps({"chapter": slug, "learners": sorted(learners)}, indent=1)
        write_if_changed(self._roll, text + "\n")

    def learners(self) -> list[str]:
        """Name the class of the last run, sorted.

        Raises:
            CourseError: There was none.
        """
        return self._class()[1]

    def chapter(self) -> str:
        """Tell the slug of the chapter.

        Raises:
            CourseError: There was no run.
        """
        return self._class()[0]

    @property
    def _roll(self) -> Path:
        return self.root / "class.json"

    def _class(self) -> tuple[str, list[str]]:
        if not self._roll.exists():
            raise CourseError(f"There are no results in {self.root}; run `course grade` first.")
        try:
            roll = json.loads(self._roll.read_text(encoding="utf-8"))
            return str(roll["chapter"]), [str(learner) for learner in roll["learners"]]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CourseError(f"{self._roll} is damaged ({error}); remove it.") from None

    def _remove_what_a_kill_left(self) -> None:
        for folder in (self.root, *(self.root / name for name in ("results", "feedback"))):
            remove_temporary(folder)
        for folder in self.root.glob("autograded/*/*"):
            remove_temporary(folder)
