"""Every build reads every page: a warning cannot hide in a page that did not change.

Sphinx reads changed pages only. With warnings as errors that would let a second build pass where
the first has failed, and a changed stylesheet alone would not be copied at all. All pages take a
few seconds.
"""

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def all_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> set[str]:
    """Call every page outdated."""
    return env.found_docs - removed


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.connect("env-get-outdated", all_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
