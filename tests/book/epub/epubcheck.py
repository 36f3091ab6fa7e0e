"""W3C's epubcheck, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

JAR = Path("/usr/share/java/epubcheck.jar")  # Debian's; its command needs more than a container has
CLEAN = "No errors or warnings detected."


def complaints(book: Path) -> str:
    """Return what epubcheck has to say of a book, or nothing; skip where it is not installed."""
    java = shutil.which("java")
    if java is None or not JAR.exists():
        pytest.skip("no epubcheck: `apt-get install epubcheck` brings it, with Java")
    done = subprocess.run(
        [java, "-jar", str(JAR), str(book)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    return "" if done.returncode == 0 and CLEAN in said else said
