"""The whole site as one zip file inside the site, for reading without a network.

Unpacked anywhere, `index.html` opens in a browser. The file comes out the same, byte for byte, when
the site does: names are sorted and dates left out. What has the class `online-only`, such as the
link to this file, is hidden in the copy.
"""

import zipfile
from io import BytesIO
from pathlib import Path

from sphinx.application import Sphinx

from autograder.files import write_in_one_step

NAME = "course-offline.zip"
FOLDER = "attention-course"  # what it unpacks to
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
ONLINE_ONLY = (b'class="online-only"', b'class="online-only" hidden')
NOT_FOR_READING = {".buildinfo", ".doctrees", "_sources", NAME}


def pack(site: Path, target: Path) -> None:
    """Write every file of a site into a zip file, in one step.

    Args:
        site: Folder of the built site.
        target: The zip file; one that is there is replaced when the new one is whole.
    """
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site)
            if path.is_file() and name.parts[0] not in NOT_FOR_READING:
                entry = zipfile.ZipInfo(f"{FOLDER}/{name.as_posix()}", NO_DATE)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, _content(path), zipfile.ZIP_DEFLATED)
    write_in_one_step(target, packed.getvalue())


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return content.replace(*ONLINE_ONLY) if path.suffix == ".html" else content


def pack_site(app: Sphinx, exception: Exception | None) -> None:
    """Pack the site when it is complete."""
    if exception is None and app.builder.format == "html":
        site = Path(app.outdir)
        pack(site, site / NAME)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", pack_site, priority=999)  # after all that change the site
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
