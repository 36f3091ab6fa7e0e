"""The errors that a person is meant to read: each message is one sentence or two."""


class CourseError(ValueError):
    """The course or the command is wrong, never the submission."""


class WorkerDiedError(RuntimeError):
    """A grading process is gone, which is the grader's trouble and not the submission's."""


class UnreadableError(ValueError):
    """A submission that cannot be read; the message says why and what the learner can do."""


class ConfinementError(CourseError):
    """Submissions cannot be confined on this machine; the message says what is missing."""


def system_said(error: OSError) -> str:
    """Say what the system refused, a full disk for instance: the file, if there is one, and why."""
    why = error.strerror or str(error).rstrip(".") or type(error).__name__
    return f"{error.filename}: {why}" if error.filename else why
