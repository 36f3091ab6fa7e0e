"""An edition is there whole, or as it was."""

from pathlib import Path

import pytest

from book.editions.one_step import write_in_one_step


def test_a_file_in_a_new_folder_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "book.pdf"
    for data in (b"first", b"second"):
        write_in_one_step(path, data)
        assert path.read_bytes() == data
        assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(b"old")

    def half(unfinished: Path, data: bytes) -> None:
        with unfinished.open("wb") as file:
            file.write(data[:1])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        write_in_one_step(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_editions_of_one_name_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    monkeypatch.setattr(Path, "replace", lambda unfinished, _: written.append(unfinished.name))
    write_in_one_step(tmp_path / "book.pdf", b"")
    write_in_one_step(tmp_path / "book.epub", b"")
    assert written == [".book.pdf.part", ".book.epub.part"]
