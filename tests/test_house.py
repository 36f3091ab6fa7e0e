"""The house keeps its own rules: who may import whom, and no module without its tests.

The imports are read from the source, those inside functions too; nothing is run.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("course_lib", "autograder")


def modules_of(*packages, root=ROOT):
    """Every module of the packages: its dotted name, and its file."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    }


def imported_names(name, path):
    """Every dotted name that a module imports, relative ones made absolute."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            # `from package import name`: the name may be a module, or something in the package.
            yield from (f"{source}.{alias.name}" for alias in node.names)


def import_graph(modules):
    """Each module with those of `modules` that it imports."""
    graph = {}
    for name, path in modules.items():
        found = set()
        for imported in imported_names(name, path):
            while imported and imported not in modules:
                imported = imported.rpartition(".")[0]
            found.add(imported)
        graph[name] = found - {"", name}
    return graph


def reachable(graph, prefix):
    """Every module that those under `prefix` import, directly or through others."""
    todo = [name for name in graph if name == prefix or name.startswith(prefix + ".")]
    seen = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return seen


@pytest.mark.parametrize("forbidden", ["autograder", "book"])
def test_the_library_knows_nothing_of_grader_and_book(forbidden):
    offenders = [
        f"{name} imports {imported}"
        for name, path in modules_of("course_lib").items()
        for imported in imported_names(name, path)
        if imported.split(".")[0] == forbidden
    ]
    assert offenders == []


def test_the_untrusted_side_reaches_nothing_of_the_judge():
    reached = reachable(import_graph(modules_of("autograder")), "autograder.sandbox")
    assert "autograder.sandbox" in reached
    assert [name for name in sorted(reached) if name.startswith("autograder.judge")] == []


def test_no_import_cycles():
    order = list(TopologicalSorter(import_graph(modules_of(*PACKAGES))).static_order())
    assert "course_lib.attention" in order


def test_every_module_of_the_library_has_its_tests():
    missing = []
    for name, path in modules_of("course_lib").items():
        if path.name != "__init__.py":
            *folders, module = name.split(".")
            test_file = ROOT.joinpath("tests", *folders, f"test_{module}.py")
            if not test_file.is_file():
                missing.append(str(test_file.relative_to(ROOT)))
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_runs_nothing(package):
    docstring, *rest = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert rest == []


def test_the_library_neither_prints_nor_seeds_the_whole_process():
    forbidden = {"print", "torch.manual_seed", "np.random.seed", "random.seed"}
    offenders = [
        f"{name}:{node.lineno} calls {ast.unparse(node.func)}"
        for name, path in modules_of("course_lib").items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in forbidden
    ]
    assert offenders == []


def test_values_of_the_library_are_frozen():
    # Its caches take the place of those before them while a text grows.
    thawed = [
        f"{name}.{node.name}"
        for name, path in modules_of("course_lib").items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for decorator in map(ast.unparse, node.decorator_list)
        if decorator.startswith("dataclass") and "frozen=True" not in decorator
    ]
    assert thawed == ["course_lib.generation.speculative._Reader"]


class TestTheReadingOfImports:
    @pytest.fixture
    def graph(self, tmp_path):
        package = tmp_path / "shop"
        (package / "till").mkdir(parents=True)
        (package / "__init__.py").write_text('"""Shop."""\n')
        (package / "till" / "__init__.py").write_text("from .. import shelf\n")
        (package / "till" / "coins.py").write_text("import shop.shelf\nfrom . import notes\n")
        (package / "till" / "notes.py").write_text("from ..shelf import Shelf\n")
        (package / "shelf.py").write_text("import os\n\ndef late():\n    from shop.till import x\n")
        return import_graph(modules_of("shop", root=tmp_path))

    def test_finds_absolute_relative_and_late_imports(self, graph):
        assert graph == {
            "shop": set(),
            "shop.till": {"shop.shelf"},
            "shop.till.coins": {"shop.shelf", "shop.till.notes"},
            "shop.till.notes": {"shop.shelf"},
            "shop.shelf": {"shop.till"},
        }

    def test_follows_imports_through_others(self, graph):
        assert reachable(graph, "shop.shelf") == {"shop.shelf", "shop.till"}

    def test_finds_a_cycle(self, graph):
        with pytest.raises(CycleError, match=r"shop\.shelf"):
            list(TopologicalSorter(graph).static_order())


TRUST = sorted(
    path
    for folder in ("sandbox", "judge")
    for path in (ROOT / "autograder" / folder).glob("*.py")
    if path.name not in ("__init__.py", "seeds.py", "verdict.py")  # arithmetic and plain data
)


@pytest.mark.parametrize("path", TRUST, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_stands_between_learners_and_marks_says_what_it_stops(path):
    head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    stops, does_not = head.find("Stops"), head.find("Does not stop")
    assert 0 <= stops < does_not
