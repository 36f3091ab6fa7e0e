"""One list of dependencies: pyproject.toml, pinned in constraints.txt; environment.yml agrees."""

import ast
import re
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    requirement
    for line in [*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
    if (requirement := Requirement(line)).name != PROJECT["name"]
]


def pins() -> dict[str, str]:
    """Return the version that constraints.txt pins for each package."""
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([^\s;]+)(\s*;.*)?", line)
            assert match, f"constraints.txt: not an exact version: {line}"
            name = canonicalize_name(match[1])
            assert name not in found, f"constraints.txt: {name} stands there twice"
            found[name] = match[2]
    return found


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = pins().get(canonicalize_name(requirement.name))
    assert pinned, f"{requirement.name} is missing in constraints.txt: run `make constraints`"
    assert requirement.specifier.contains(Version(pinned), prereleases=True)


def test_torch_is_the_version_that_results_were_made_with() -> None:
    assert pins()["torch"] == "2.13.0"


def test_no_dependency_is_listed_twice() -> None:
    names = [canonicalize_name(requirement.name) for requirement in REQUIREMENTS]
    assert sorted(names) == sorted(set(names))


def test_all_means_all() -> None:
    (everything,) = (Requirement(line) for line in EXTRAS["all"])
    assert everything.extras == set(EXTRAS) - {"all"}


def test_every_pin_takes_the_oldest_python_of_the_course() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    wants = {
        f"{one.name} {one.version}": one.metadata.get("Requires-Python")
        for one in distributions()
        if pins().get(canonicalize_name(one.name)) == one.version
    }
    assert len(wants) > 100
    too_new = {
        name: wanted
        for name, wanted in wants.items()
        if wanted and not SpecifierSet(wanted).contains(oldest)
    }
    assert not too_new


def test_pins_name_no_machine() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|file:|@|\+cpu|\+cu", text)


def test_environment_yml_is_python_and_the_same_list() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert {re.split(r"[<>=]", entry)[0] for entry in conda} == {"python", "nodejs", "pip"}
    assert f"python{PROJECT['requires-python']}" in conda
    assert sorted(pip) == ["--constraint constraints.txt", "--editable .[all]"]


OWN = {"autograder", "book", "course_lib", "tests"}
CODE = (
    "course_lib",
    "autograder",
    "tests",
    "benchmarks",
    "book/editions",
    "book/epub",
    "book/extensions",
    "book/print",
)


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_import_is_a_dependency_of_our_own() -> None:
    """What only another package brings along may be gone with its next version."""
    listed = {canonicalize_name(requirement.name) for requirement in REQUIREMENTS}
    brought_by = packages_distributions()
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    neighbours = {path.stem for path in files}
    for path in files:
        for name in imported(path) - sys.stdlib_module_names - OWN - neighbours:
            if "tests" in path.parts and name not in brought_by:
                continue  # a module that the test writes itself
            brings = {canonicalize_name(package) for package in brought_by.get(name, [name])}
            assert brings & listed, f"{path.relative_to(ROOT)} imports {name}: list {brings}"
