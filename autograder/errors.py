"""The errors that a person is meant to read: each message is one sentence or two."""


class CourseError(ValueError):
    """The course or the command is wrong, never the submission."""


class WorkerDiedError(RuntimeError):
    """A grading process is gone, which is the grader's trouble and not the submission's."""


class UnreadableError(ValueError):
    """A submission that cannot be read; the message says why and what the learner can do."""


class ConfinementError(CourseError):
    """Submissions cannot be confined on this machine; the message says what is missing."""
