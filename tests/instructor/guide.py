"""What the instructor's guide shows."""

import re

from tests.instructor.school import ROOT

GUIDE = ROOT / "book" / "howto" / "instructor.md"
PICTURES = ROOT / "book" / "howto" / "pictures"


def named_pictures():
    """Name the pictures that the guide shows, without their ending."""
    text = GUIDE.read_text(encoding="utf-8")
    return set(re.findall(r"^```\{image\} pictures/(\w+)\.webp$", text, re.MULTILINE))
