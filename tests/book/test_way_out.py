"""The book builds with plain Sphinx: nothing in it needs Jupyter Book 1."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.book.html_page import page_names
from tests.book.small_site import EXTENSIONS, ROOT, settings_of_the_book

ONLY_IN_JUPYTER_BOOK = {"jupyter_book", "sphinx_comments"}
# What Jupyter Book adds by itself, said in Sphinx's own words.
DEFAULTS = {
    "html_theme": "sphinx_book_theme",
    "external_toc_path": "_toc.yml",
    "external_toc_exclude_missing": True,
    "nb_execution_mode": "off",
    "numfig": True,
}


def plain_configuration() -> str:
    """Return a conf.py with the settings of `_config.yml`."""
    whole = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings = DEFAULTS | settings_of_the_book()
    settings.pop("use_jupyterbook_latex")
    settings.pop("use_multitoc_numbering")
    settings["extensions"] = [
        name for name in settings["extensions"] if name not in ONLY_IN_JUPYTER_BOOK
    ]
    settings["bibtex_bibfiles"] = whole["bibtex_bibfiles"]
    settings["myst_enable_extensions"] = whole["parse"]["myst_enable_extensions"]
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    return "\n".join(["import sys", f"sys.path.append({str(EXTENSIONS)!r})", *lines, ""])


@pytest.mark.slow
def test_plain_sphinx_builds_the_same_pages(tmp_path: Path, site: Path) -> None:
    source = tmp_path / "book"
    shutil.copytree(ROOT / "book", source)
    (source / "conf.py").write_text(plain_configuration(), encoding="utf-8")
    out = tmp_path / "html"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "--keep-going", str(source), str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert page_names(out) == page_names(site)
