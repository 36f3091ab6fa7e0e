"""What grading took, as it is kept beside a result."""

import json
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """What grading one submission took.

    Attributes:
        wall_s: Time on the wall, in seconds.
        cpu_s: Processor time of the learner's code and the judge, in seconds.
        peak_bytes: Most memory that the learner's processes held; None where it was not measured.
        host: Name of the machine, or "".
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int | None = None
    host: str = ""

    @classmethod
    def from_json(cls, text: str) -> "Times":
        """Read the text of a `.times` file.

        Raises:
            ValueError: It is not one.
        """
        plain = json.loads(text)
        try:
            peak, host = plain.get("peak_bytes"), plain.get("host", "")
            times = cls(
                float(plain["wall_s"]),
                float(plain["cpu_s"]),
                None if peak is None else int(peak),
                str(host),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"not the times of a submission: {error}") from error
        if not (math.isfinite(times.wall_s) and math.isfinite(times.cpu_s)):
            raise ValueError("not the times of a submission: a time is not a number")
        return times
