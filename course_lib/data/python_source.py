"""Source code as a corpus: modules of Python's own standard library.

Every Python brings them along, so nothing is downloaded. Their text differs a little from one
version of Python to the next; what the course claims of it holds on all that it supports.
"""

import json
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from course_lib.pair_index import Pair
from course_lib.tokenizer import N_BYTES, train_bpe

# Written in Python and present in every version that the course supports. About 1 MB in all.
MODULES = (
    "argparse",
    "ast",
    "collections.__init__",
    "configparser",
    "dataclasses",
    "difflib",
    "fractions",
    "functools",
    "heapq",
    "http.client",
    "inspect",
    "json.decoder",
    "json.encoder",
    "logging.__init__",
    "pickle",
    "random",
    "statistics",
    "subprocess",
    "textwrap",
    "threading",
    "urllib.parse",
)

N_MERGES = 1024
MERGES_PATH = Path(__file__).with_name("python_source_merges.json")


def load(modules: Iterable[str] = MODULES) -> str:
    """Return the source of the modules, one after the other.

    Args:
        modules: Names as in an import; a package's own file is `package.__init__`.

    Raises:
        ValueError: This Python does not bring the source of a module.
    """
    return "".join(_read(module) for module in modules)


def load_merges() -> list[Pair]:
    """Return the merges that were learned from this corpus and stored with it."""
    return [(first, second) for first, second in json.loads(MERGES_PATH.read_text())]


def write_merges(path: Path = MERGES_PATH) -> None:
    """Learn the merges again from this Python's modules and store them."""
    merges = train_bpe(load(), N_BYTES + N_MERGES)
    path.write_text(json.dumps(merges, separators=(",", ":")) + "\n")


def _read(module: str) -> str:
    path = Path(sysconfig.get_path("stdlib"), *module.split(".")).with_suffix(".py")
    if not path.is_file():
        raise ValueError(
            f"this Python does not bring the source of {module} ({path}): "
            "use one that was installed with its standard library"
        )
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    write_merges()
