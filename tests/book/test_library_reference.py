"""The reference is made from the source: signatures, sections, types, links to the source."""

from pathlib import Path

import pytest
from library_entries import walk
from library_reference import HouseDocstring, is_shown
from library_source import read_library

from tests.book.prose import ROOT
from tests.book.small_library import build_library, entry, page, warnings_of, words

CORE = '''"""The core of `run`.

Axes: T positions.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes.

    Attributes:
        width: Width of the stream; see `Model`.
        eps: Small: it only keeps the divisor from 0.
    """

    width: int
    eps: float = 1e-5

    @property
    def half(self) -> int:
        """Half the width."""
        return self.width // 2


class OddError(ValueError):
    """The width is odd."""


def run(
    x: Float[Tensor, "*batch T"], cfg: Config, mode: str = "fast", n: int = 1
) -> Float[Tensor, " T"]:
    """Run once.

    A second paragraph, a < b and *starred*.

    Args:
        x: What goes in: *anything*.
        cfg: Sizes.
            They are checked.

    Returns:
        One row per input: the first, then the rest.

    Raises:
        OddError: The width is odd.
        ValueError: `mode` is unknown.
    """


class Model(nn.Module):
    """Own the weights.

    Attributes:
        weight: Set in `__init__`.
    """

    def __init__(self, cfg: Config) -> None:
        self.weight = torch.zeros(3)

    def forward(self, x: Float[Tensor, "B T"]) -> "Model":
        """See `run`."""
'''
OTHER = '''"""Other."""

from collections.abc import Sequence

from course_lib.core import Config as Sizes

LIMIT = 3
"""How many there may be."""


def use(cfg: Sizes, names: Sequence[str], dtype: "torch.dtype | None" = None) -> tuple[int, ...]:
    """Use what `core` has, `Sizes`, `LIMIT` and `names`."""
'''.replace("from course", "import torch\nfrom course", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    build_library(folder, {"core": CORE, "other": OTHER}, shown="core\noth*")
    return folder


def test_shapes_and_defaults_stand_as_in_the_source(folder: Path) -> None:
    signature = words(entry(folder, "course_lib.core.run").find("dt"))
    assert '( x: Float[Tensor, "*batch T"]' in signature.replace("run(", "run( ")
    assert 'mode: str = "fast"' in signature
    assert '→ Float[Tensor, "T"]' in signature


def test_a_type_of_the_library_is_a_link_and_others_are_not(folder: Path) -> None:
    signature = entry(folder, "course_lib.other.use").find("dt")
    assert signature.find("a", string="Sizes")["href"] == "#course_lib.core.Config"
    assert not signature.find("a", string="Sequence")
    assert "torch.dtype" in words(signature)


def test_the_sections_of_a_docstring(folder: Path) -> None:
    fields = entry(folder, "course_lib.core.run").find("dl", class_="field-list")
    names = [words(name) for name in fields.find_all("dt", recursive=False)]
    bodies = [words(body) for body in fields.find_all("dd", recursive=False)]
    assert names == ["Parameters:", "Returns:", "Raises:"]
    assert bodies[0] == "x – What goes in: anything. cfg – Sizes. They are checked."
    assert bodies[1] == "One row per input: the first, then the rest."
    assert bodies[2].startswith("OddError – The width is odd. ValueError – ")
    assert fields.find("a", string="OddError")["href"] == "#course_lib.core.OddError"


def test_paragraphs_are_markdown(folder: Path) -> None:
    text = entry(folder, "course_lib.core.run").find("dd", recursive=False)
    assert words(text.find_all("p", recursive=False)[1]) == "A second paragraph, a < b and starred."
    assert text.find("em", string="starred")


def test_fields_have_their_type_default_and_words(folder: Path) -> None:
    config = entry(folder, "course_lib.core.Config")
    assert words(config.find("dt")).startswith("class Config(*, width, eps)")
    assert "frozen dataclass" in words(config)
    assert words(entry(folder, "course_lib.core.Config.width")).startswith(
        "width: int Width of the"
    )
    eps = words(entry(folder, "course_lib.core.Config.eps"))
    assert eps == "eps: float = 1e-5 Small: it only keeps the divisor from 0."
    assert "property half: int" in words(entry(folder, "course_lib.core.Config.half"))
    assert words(config).count("Width of the stream") == 1


def test_an_attribute_set_in_init_is_described(folder: Path) -> None:
    assert words(entry(folder, "course_lib.core.Model.weight")) == "weight Set in __init__."
    assert "based on nn.Module" in words(entry(folder, "course_lib.core.Model"))


def test_a_constant_has_its_value_and_its_words(folder: Path) -> None:
    limit = words(entry(folder, "course_lib.other.LIMIT"))
    assert "LIMIT = 3" in limit
    assert "How many there may be." in limit


def test_a_module_says_what_it_defines_with_links(folder: Path) -> None:
    head = page(folder, "library/room").find(id="course_lib-core")
    contents = head.find("p", class_="module-contents")
    assert words(contents) == "Defines Config, OddError, run, Model."
    assert [a["href"] for a in contents.find_all("a")] == [
        f"#course_lib.core.{name}" for name in ("Config", "OddError", "run", "Model")
    ]


def test_a_module_on_no_page_stops_the_build(tmp_path: Path) -> None:
    said = warnings_of(tmp_path, {"core": CORE, "other": OTHER}, shown="core")
    assert "course_lib.other is on no page: add it to one in book/library" in said


def test_a_module_that_is_asked_for_twice_stops_the_build(tmp_path: Path) -> None:
    said = warnings_of(tmp_path, {"core": "X = 1\n"}, shown="core\ncor*")
    assert "course_lib.core has its place already, in library/room" in said


def test_a_page_that_asks_for_nothing_known_stops_the_build(tmp_path: Path) -> None:
    assert "the library has no module course_lib.cor" in warnings_of(
        tmp_path, {"core": "X = 1\n"}, shown="core\ncor"
    )


def test_a_type_that_nobody_knows_stops_the_build(tmp_path: Path) -> None:
    said = warnings_of(tmp_path, {"core": "def f(x: Gone) -> int: ...\n"}, shown="core")
    assert "Gone" in said


@pytest.mark.parametrize("name", sorted(read_library()))
def test_every_docstring_of_the_library_has_sections_that_are_known(name: str) -> None:
    """A misspelt section, or one that is set otherwise, would be shown as running text."""
    module = read_library()[name]
    for path, each in walk(module.entries):
        lines = HouseDocstring(each.docstring).lines()
        assert not [line for line in lines if line.startswith(".. ")], f"{name}.{path}"
        heads = {line.strip() for line in lines}
        assert not heads & {"Args:", "Returns:", "Return:", "Raises:", "Attributes:"}, path


def test_every_module_has_its_place(site: Path) -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in (site / "library").glob("*.html"))
    for name, module in read_library().items():
        if is_shown(module):
            assert text.count(f'id="module-{name}"') == 1, name
            for path, _ in walk(module.entries):
                assert text.count(f'id="{name}.{path}"') == 1, f"{name}.{path}"


def test_no_page_of_the_reference_is_committed() -> None:
    for written in (ROOT / "book" / "library").iterdir():
        text = written.read_text(encoding="utf-8")
        assert "```{library" in text
        assert "{py:" not in text
