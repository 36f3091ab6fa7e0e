"""Names that nobody uses, as vulture finds them, with everything that uses names of ours.

Besides Python these are the code cells of the executed pages, names written as text ("module.name",
by which checks have something made for a learner), the scripts of the live figures, the templates
of the grader's pages, and the settings of the book.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

from autograder.files import executed_slugs
from autograder.source import read_text_notebook

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = (
    *("course_lib", "autograder"),
    *("book/editions", "book/epub", "book/extensions", "book/print"),
)

# These hand what they decorate to something that calls it, so its name is written nowhere else.
REGISTERING = [
    *("@*.item", "@*.misconception", "@*.alternative"),  # an exercise
    *("@answer", "@added", "@container", "@media", "@file", "@notebook", "@book"),  # the attacks
    *("@traitlets.validate", "@traitlets.observe", "@app.command", "@app.callback"),
    *("@pytest.fixture", "@pytest.hookimpl"),
]
# These are called by their names: by pytest, by the walkers of a syntax tree or of a page.
CALLED_BY_NAME = ["test_*", "Test*", "pytest_*", "pytestmark", "visit_*", "handle_*"]

PAGE = Path("a page")
CERTAIN = 100  # how sure vulture is of an argument that its function does not read


def find_unused(*folders: str, root: Path = ROOT, pages: Iterable[str] = ()) -> list[Item]:
    """List what is defined in some folders and used neither there nor by what is no Python.

    Args:
        folders: Folders or files, below `root`, whose Python is read.
        root: Where they lie.
        pages: Code of the executed pages, one text each.
    """
    found = Vulture(ignore_names=CALLED_BY_NAME, ignore_decorators=REGISTERING)
    fixtures: set[str] = set()
    for path in (path for folder in folders for path in python_in(root / folder)):
        source = path.read_text(encoding="utf-8")
        found.scan(source, path)
        tree = ast.parse(source)
        found.used_names.update(names_in_texts(tree))
        fixtures.update(fixtures_of(tree))
    for page in pages:
        found.scan(page, PAGE)
    elsewhere = words(root)
    return [
        item
        for item in found.get_unused_code()
        if item.filename != PAGE
        and item.name not in elsewhere
        and not (item.confidence == CERTAIN and item.name in fixtures)
        and not is_set_on_another(item)
    ]


def python_in(place: Path) -> list[Path]:
    """List the Python files of a folder, or the one that is named."""
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def names_in_texts(tree: ast.AST) -> Iterator[str]:
    """Walk the last parts of the dotted names that stand in texts.

    Of an f-string the last piece counts: `f"{PARTS}.flaky_tool"` names `flaky_tool`.
    """
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and (dotted := re.fullmatch(r"[\w.]*\.(\w+)", text)):
            yield dotted[1]


def fixtures_of(tree: ast.AST) -> Iterator[str]:
    """Walk the fixtures that a test file defines: as arguments, they are asked for what they do."""
    for node in ast.walk(tree):
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        if any(ast.unparse(each).startswith("pytest.fixture") for each in decorators):
            yield node.name


def is_set_on_another(item: Item) -> bool:
    """Tell whether an attribute is set on an object whose class is not ours, which reads it."""
    line = item.filename.read_text(encoding="utf-8").splitlines()[item.first_lineno - 1]
    return item.typ == "attribute" and f"self.{item.name}" not in line


def code_of_pages() -> Iterator[str]:
    """Walk the code of the chapters, appendices and live pages, without IPython's magics."""
    for slug in executed_slugs():
        cells = [c.source for c in read_text_notebook(slug).cells if c.cell_type == "code"]
        yield re.sub(r"(?m)^\s*[%!].*$", "", "\n".join(cells))


def words(root: Path) -> set[str]:
    """Return every word of what uses names of ours and is no Python that runs."""
    files = [
        *(root / "course_lib" / "figures").rglob("*.js"),
        *(root / "autograder").rglob("*.html"),
        *(path for name in ("_config.yml", "Makefile") if (path := root / name).is_file()),
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    for path in (root / "solutions").glob("*.md"):
        texts += re.findall(r"(?ms)^```python$(.*?)^```$", path.read_text(encoding="utf-8"))
    return set(re.findall(r"[A-Za-z_]\w*", " ".join(texts)))
