"""The library read as text: its modules, its imports, and where a name is defined."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from library_entries import walk
from library_source import canonical, imported_names, read_library

import course_lib
from tests.book.small_library import write_site

FILES = {
    "core": "from torch import Tensor\n\ndef run(): ...\n\nclass C:\n    def step(self): ...\n",
    "shop/__init__": 'from course_lib.shop.till import Coin\n\n__all__ = ["Coin"]\n',
    "shop/till": "from ..core import C as Core\nfrom . import notes\n\nclass Coin: ...\n",
    "shop/notes": "NOTE = 5\n",
}


@pytest.fixture
def modules(tmp_path: Path) -> dict:
    write_site(tmp_path, FILES, "*")
    return read_library(tmp_path)


def test_every_file_is_a_module(modules: dict) -> None:
    assert list(modules) == [
        "course_lib",
        "course_lib.core",
        "course_lib.shop",
        "course_lib.shop.notes",
        "course_lib.shop.till",
    ]


@pytest.mark.parametrize(
    ("code", "bound"),
    [
        ("import a.b", {"a": "a"}),
        ("import a.b as c", {"c": "a.b"}),
        ("from a.b import c, d as e", {"c": "a.b.c", "e": "a.b.d"}),
        ("from . import c", {"c": "p.q.c"}),
        ("from .b import c", {"c": "p.q.b.c"}),
        ("from ..b import c", {"c": "p.b.c"}),
        ("def f():\n    import late", {"late": "late"}),
    ],
)
def test_what_imports_bind(code: str, bound: dict[str, str]) -> None:
    assert imported_names(ast.parse(code), "p.q") == bound


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("course_lib.core", "course_lib.core"),
        ("course_lib.core.run", "course_lib.core.run"),
        ("course_lib.core.C.step", "course_lib.core.C.step"),
        ("course_lib.shop.Coin", "course_lib.shop.till.Coin"),
        ("course_lib.shop.till.Core.step", "course_lib.core.C.step"),
        ("course_lib.shop.till.notes.NOTE", "course_lib.shop.notes.NOTE"),
        ("course_lib.core.Tensor", None),
        ("course_lib.core.gone", None),
        ("course_lib.core.C.gone", None),
        ("torch.Tensor", None),
    ],
)
def test_a_name_is_followed_to_where_it_is_defined(
    modules: dict, name: str, where: str | None
) -> None:
    assert canonical(name, modules) == where


def test_the_real_library_is_read_as_python_sees_it() -> None:
    """What the text defines and what an import gives are the same functions and classes."""
    for name, module in read_library().items():
        if ".flash_triton" in name:
            continue  # Triton wraps its kernels
        loaded = importlib.import_module(name)
        seen = {
            each
            for each, thing in vars(loaded).items()
            if not each.startswith("_")
            and (inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)))
            and getattr(thing, "__module__", "") == name
        }
        read = {e.name for e in module.entries if e.kind in ("function", "class", "exception")}
        assert read == seen, name


def test_signatures_have_the_arguments_that_python_sees() -> None:
    for info in pkgutil.iter_modules(course_lib.__path__, "course_lib."):
        loaded = importlib.import_module(info.name)
        for path, entry in walk(read_library()[info.name].entries):
            if entry.kind == "function":
                parameters = inspect.signature(getattr(loaded, path)).parameters
                assert entry.parameters == tuple(parameters), f"{info.name}.{path}"
