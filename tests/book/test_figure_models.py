"""The story writer's model in the site: what it is called, what it holds, what it weighs."""

from pathlib import Path
from types import SimpleNamespace

import figure_models
import pytest

from course_lib.figures.writer_model import MAX_FILE_BYTES
from course_lib.kernels.decoder_file import unpack_decoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "_static").mkdir()
    return tmp_path / "_static"


def app_of(folder: Path, kind: str = "html") -> SimpleNamespace:
    return SimpleNamespace(builder=SimpleNamespace(format=kind), outdir=str(folder.parent))


def test_the_file_is_a_decoder_that_a_page_may_fetch(folder: Path) -> None:
    path = figure_models.write_model(folder)
    assert path.stat().st_size <= MAX_FILE_BYTES
    assert unpack_decoder(path.read_bytes()).cfg.vocab_size == 293


def test_it_comes_when_the_pages_are_written_and_older_ones_go(folder: Path) -> None:
    (folder / "story-writer-0123456789ab.safetensors").write_bytes(b"old")
    (folder / "site.css").write_text("")
    figure_models.add_model(app_of(folder), None)
    css, model = sorted(path.name for path in folder.iterdir())
    assert css == "site.css"
    assert model == figure_models.write_model(folder).name


@pytest.mark.parametrize(("kind", "error"), [("latex", None), ("html", ValueError("no book"))])
def test_there_is_none_without_pages(folder: Path, kind: str, error: Exception | None) -> None:
    figure_models.add_model(app_of(folder, kind), error)
    assert list(folder.iterdir()) == []
