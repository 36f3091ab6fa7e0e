"""A second build sees what the first one saw."""

from pathlib import Path

from tests.book.small_site import build

SETTINGS = 'extensions = ["myst_parser", "whole_builds"]\n'
FAULTY = "# Page\n\n[nowhere](missing.md)\n"


def test_a_warning_fails_the_second_build_too(tmp_path: Path) -> None:
    assert build(tmp_path, FAULTY, SETTINGS, "--keep-going").returncode != 0
    assert build(tmp_path, FAULTY, SETTINGS, "--keep-going").returncode != 0


def test_a_changed_stylesheet_alone_is_copied(tmp_path: Path) -> None:
    settings = SETTINGS + 'html_static_path = ["assets"]\n'
    style = tmp_path / "source" / "assets" / "site.css"
    style.parent.mkdir(parents=True)
    for colour in ("red", "green"):
        style.write_text(f"p {{ color: {colour}; }}", encoding="utf-8")
        assert build(tmp_path, "# Page\n\nText.\n", settings).returncode == 0
        built = tmp_path / "html" / "_static" / "site.css"
        assert colour in built.read_text(encoding="utf-8")
