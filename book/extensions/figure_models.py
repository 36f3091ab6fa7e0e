"""The model that the story writer fetches, as a file of the site.

It is made from the committed checkpoint while the book is built, and has a name that follows from
its content: a page never gets another model than the one that it speaks of.
"""

from pathlib import Path

from sphinx.application import Sphinx

from course_lib.checkpoints.mini_gpt import load_mini_gpt
from course_lib.data.tale_tokens import START, TOKENS
from course_lib.figures.story_writer import StoryWriter

FOLDER = "_static"  # where the figure looks, from the root of the site


def write_model(folder: Path) -> Path:
    """Write the file that the figure fetches, and take away those of older models.

    Args:
        folder: Where the site keeps what pages load.

    Returns:
        The file.
    """
    writer = StoryWriter(load_mini_gpt(), TOKENS, beginning=START)
    for old in folder.glob("story-writer-*.safetensors"):
        old.unlink()
    path = folder / writer.file
    path.write_bytes(writer.file_content)
    return path


def add_model(app: Sphinx, exception: Exception | None) -> None:
    """Put the file into the site when its pages are written."""
    if exception is None and app.builder.format == "html":
        write_model(Path(app.outdir) / FOLDER)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", add_model)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
