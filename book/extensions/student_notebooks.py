"""Buttons above a chapter or an appendix: download its notebook, or open it on a service.

The theme's own buttons would offer the executed page, and a path that is not in the repository.
What a learner wants is `notebooks/chNN_slug.ipynb`, so it is copied into the site and linked. Links
that open it on a service appear when `repository: url:` in `_config.yml` is set.
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

EXECUTED = re.compile(r"chapters/(\w+?)(?:_part\d+)?")  # of all its pages when it has several
CHAPTER = re.compile(r"(?:ch\d\d|capstone)_\w+")
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
APPENDICES = ROOT / "book" / "appendices"
logger = logging.getLogger(__name__)


def student_notebook(pagename: str) -> Path | None:
    """Return the student notebook of a chapter or an appendix, or None for any other page."""
    if not (page := EXECUTED.fullmatch(pagename)):
        return None
    has_one = CHAPTER.fullmatch(page[1]) or (APPENDICES / f"{page[1]}.md").is_file()
    return NOTEBOOKS / f"{page[1]}.ipynb" if has_one else None


def launch_links(repository_url: str, branch: str, name: str) -> list[tuple[str, str]]:
    """Return (text, address) of the services that open a notebook of a GitHub repository."""
    project = repository_url.rstrip("/").split("github.com/")[-1]
    path = f"notebooks/{name}"
    return [
        (
            "Open in Colab",
            f"https://colab.research.google.com/github/{project}/blob/{branch}/{path}",
        ),
        (
            "Open in Binder",
            f"https://mybinder.org/v2/gh/{project}/{branch}?urlpath=lab/tree/{path}",
        ),
    ]


def button(text: str, address: str, icon: str) -> dict[str, str]:
    """Return one entry of the theme's list of header buttons."""
    return {"type": "link", "text": text, "url": address, "icon": icon, "tooltip": text}


def add_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the buttons of a page with a notebook in front of the theme's own."""
    notebook = student_notebook(pagename)
    if notebook is None or not notebook.exists():
        return
    here = context["pathto"](f"notebooks/{notebook.name}", 1)
    buttons = [button("Student notebook (.ipynb)", here, "fas fa-download")]
    options = app.config.html_theme_options
    if repository_url := options.get("repository_url"):
        links = launch_links(
            repository_url, options.get("repository_branch") or "main", notebook.name
        )
        buttons += [button(text, address, "fas fa-rocket") for text, address in links]
    group = {
        "type": "group",
        "label": "notebook-buttons",
        "icon": "fas fa-download",
        "tooltip": "Get the notebook",
        "buttons": buttons,
    }
    context["header_buttons"].insert(0, group)


def show_repository(app: Sphinx, config: Config) -> None:
    """Switch the theme's link to the repository on where one is named."""
    options = config.html_theme_options
    options["use_repository_button"] = bool(options.get("repository_url"))


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Copy the student notebook of each page in the book that has one into the site."""
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "notebooks"
    for pagename in sorted(app.env.found_docs):
        notebook = student_notebook(pagename)
        if notebook is None:
            continue
        if not notebook.exists():
            logger.warning("no student notebook %s: run `make notebooks`", notebook.name)
            continue
        folder.mkdir(exist_ok=True)
        shutil.copyfile(notebook, folder / notebook.name)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", show_repository)
    app.connect("html-page-context", add_buttons, priority=502)  # the theme begins its list at 501
    app.connect("build-finished", copy_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
