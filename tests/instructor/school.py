"""What a new instructor has: a copy of the course whose checks can be changed, and a terminal."""

import html
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
MAX_BYTES = 60_000  # of a picture; a page is to stay small
WIDTH = 104  # characters of the terminal
TERMINAL = """
<body style="margin:0;background:#fff"><pre style="margin:0;padding:14px 18px;width:{}ch;
white-space:pre-wrap;font:14px/1.35 'DejaVu Sans Mono',monospace;color:#1f2328">{}</pre></body>
"""

LENIENT = """
def _lenient(check):
    def passes(learner, draw):
        try:
            check(learner, draw)
        except Exception:
            pass

    return passes

"""


class School:
    """A copy of the course and the folder in which the instructor works.

    Args:
        folder: Where to make both.
    """

    def __init__(self, folder):
        self.code, self.desk = folder / "code", folder / "desk"
        self.desk.mkdir(parents=True)
        leave = shutil.ignore_patterns("__pycache__")
        # Copies: the sandbox shows a submission these two folders, and nothing that they link to.
        for name in ("autograder", "course_lib"):
            shutil.copytree(ROOT / name, self.code / name, ignore=leave)
        for name in ("solutions", "book", "notebooks"):
            (self.code / name).symlink_to(ROOT / name)

    def course(self, *words):
        """Run a command; give its exit code and what it says on both streams."""
        environment = os.environ | {"PYTHONPATH": str(self.code), "COLUMNS": str(WIDTH)}
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", *map(str, words)],
            cwd=self.desk,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    def let_pass(self, slug, item):
        """Change a check of the course so that every answer has the item."""
        for path in (self.code / "autograder" / "exercises" / slug).glob("*.py"):
            text = path.read_text()
            head, found, rest = text.partition(f'"{item}"')
            if found:
                before, decorator, begun = head.rpartition("\n@exercise.item(")
                rest = rest.replace("\ndef _(", "\n@_lenient\ndef _(", 1)
                path.write_text(before + LENIENT + decorator + begun + found + rest)
                return
        raise LookupError(item)


class Pictures:
    """Takes the pictures of the guide.

    Args:
        page: A page of a browser.
        folder: Where they go.
    """

    def __init__(self, page, folder):
        self.page, self.folder, self.taken = page, folder, {}
        folder.mkdir(parents=True, exist_ok=True)

    def of_page(self, name, height=None):
        """Take what the browser shows."""
        size = self.page.viewport_size
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"]}
        self._keep(name, self.page.screenshot(clip=clip))

    def of_terminal(self, name, command, said, most=18):
        """Take a terminal: a command and what it says, the middle left out where that is long."""
        lines = said.rstrip().split("\n")
        if len(lines) > most:
            lines = [*lines[: most - 4], "…", *lines[-3:]]
        text = html.escape("\n".join([f"$ {command}", *lines]))
        self.page.set_content(TERMINAL.format(WIDTH, text))
        self._keep(name, self.page.locator("pre").screenshot())

    def _keep(self, name, png):
        path = self.folder / f"{name}.webp"
        with Image.open(io.BytesIO(png)) as image:
            image.convert("RGB").save(path, quality=45, method=6)
        assert path.stat().st_size < MAX_BYTES, name
        self.taken[name] = path
