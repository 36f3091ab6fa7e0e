"""The folder that `course grade` writes: what is where in it, and who may write.

OUT/gradebook.db                nbgrader's gradebook of all chapters, unless it is elsewhere
OUT/autograded/                 nbgrader's marked notebooks, which its formgrader shows
OUT/SLUG/report.html, marks.csv a chapter's class at a glance
OUT/SLUG/feedback/NAME.html     what a learner reads
OUT/SLUG/results/NAME.json      marks and reasons; the memory of earlier runs
OUT/SLUG/results/NAME.times     what grading took, and where
OUT/SLUG/log/TIME-PID.jsonl     what happened in a run; see `run_log.py`
OUT/SLUG/class.json             the class of the last run; the report shows these learners alone

OUT may be nbgrader's course folder.

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

ROLL = "class.json"


@dataclass(frozen=True)
class ClassFolder:
    """A folder with a graded class.

    Attributes:
        root: Its path.
        slug: The chapter.
    """

    root: Path
    slug: str

    @classmethod
    def found(cls, root: Path) -> "ClassFolder":
        """Find the only chapter that earlier runs have left in a folder.

        Raises:
            CourseError: There is none, or more than one.
        """
        slugs = sorted(path.parent.name for path in root.glob(f"*/{ROLL}"))
        if not slugs:
            raise CourseError(f"There are no results in {root}; run `course grade` first.")
        if len(slugs) > 1:
            raise CourseError(
                f"{root} holds the marks of {', '.join(slugs)}; say which with --chapter."
            )
        return cls(root, slugs[0])

    @property
    def chapter(self) -> Path:
        """Where everything of the chapter stands, but what nbgrader has its own places for."""
        return self.root / self.slug

    def result(self, learner: str) -> Path:
        """Where a learner's result is kept."""
        return self.chapter / "results" / f"{file_name(learner)}.json"

    def times(self, learner: str) -> Path:
        """Where it is kept what grading a learner took."""
        return self.result(learner).with_suffix(".times")

    def feedback(self, learner: str) -> Path:
        """A learner's page."""
        return self.chapter / "feedback" / f"{file_name(learner)}.html"

    def marked(self, learner: str) -> Path:
        """A learner's marked notebook, where nbgrader's formgrader looks for it."""
        return self.root / "autograded" / file_name(learner) / self.slug / f"{self.slug}.ipynb"

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

    def begin(self, learners: Sequence[str]) -> None:
        """Write down whose results the report is to show, and drop the pages of the others.

        Args:
            learners: Everyone who handed in.

        Raises:
            CourseError: What an earlier run wrote down is damaged.
        """
        before = self.learners() if self._roll.exists() else []
        for learner in set(before) - set(learners):
            self.feedback(learner).unlink(missing_ok=True)
        text = json.dumps({"chapter": self.slug, "learners": sorted(learners)}, indent=1)
        write_if_changed(self._roll, text + "\n")

    def learners(self) -> list[str]:
        """Name the class of the last run, sorted.

        Raises:
            CourseError: There was none, or its list is damaged.
        """
        try:
            roll = json.loads(self._roll.read_text(encoding="utf-8"))
            return [str(learner) for learner in roll["learners"]]
        except FileNotFoundError:
            raise CourseError(
                f"There are no results of {self.slug} in {self.root}; run `course grade` first."
            ) from None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CourseError(f"{self._roll} is damaged ({error}); remove it.") from None

    @property
    def _roll(self) -> Path:
        return self.chapter / ROLL

    def _remove_what_a_kill_left(self) -> None:
        for folder in (self.root, self.chapter):
            remove_temporary(folder)
        for name in ("results", "feedback"):
            remove_temporary(self.chapter / name)
        for folder in self.root.glob(f"autograded/*/{self.slug}"):
            remove_temporary(folder)
