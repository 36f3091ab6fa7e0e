"""A site of one page, to build with one extension of the book."""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ROOT / "book" / "extensions"


def write_if_new(path: Path, text: str) -> None:
    """Write a file, but leave its date alone when it holds the text already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def build(
    folder: Path, page: str, configuration: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Build `page` (Markdown) with Sphinx, warnings as errors; the HTML is in `folder/html`."""
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    write_if_new(source / "index.md", page)
    head = f"import sys\nsys.path.append({str(EXTENSIONS)!r})\n"
    write_if_new(source / "conf.py", head + configuration)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-n",
        "-q",
        *options,
        str(source),
        str(folder / "html"),
    ]
    # Into files: a process that the build leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(command, stdout=out, stderr=errors, check=False)
        for file in (out, errors):
            file.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, out.read(), errors.read())


def settings_of_the_book() -> dict:
    """Return the Sphinx settings in `_config.yml`."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
