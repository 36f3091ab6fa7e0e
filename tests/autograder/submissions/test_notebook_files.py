import os
import zipfile

import pytest

from autograder.errors import CourseError, UnreadableError
from autograder.submissions import notebook_files as module
from autograder.submissions.notebook_files import find_notebooks


def zipped(tmp_path, *names, data=b"{}"):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    for name in ("ada.ipynb", ".hidden.ipynb", ".ipynb_checkpoints/ada.ipynb", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    (found,) = find_notebooks(tmp_path)
    assert (str(found.path), found.read()) == ("ada.ipynb", b"{}")


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(CourseError, match=r"There is no .*nowhere"):
        find_notebooks(tmp_path / "nowhere")


class TestArchives:
    @pytest.mark.parametrize(
        "name", ["../ada.ipynb", "/etc/ada.ipynb", "a/../../ada.ipynb", "C:\\a"]
    )
    def test_that_point_outside_themselves_are_refused(self, tmp_path, name):
        with pytest.raises(CourseError, match="points outside it"):
            find_notebooks(zipped(tmp_path, "ada.ipynb", name))

    def test_that_unpack_to_too_much_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_ARCHIVE_BYTES", 1000)
        with pytest.raises(CourseError, match="unpacks to more than"):
            find_notebooks(zipped(tmp_path, "ada.ipynb", data=b"0" * 2000))

    def test_with_too_many_files_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_FILES", 1)
        with pytest.raises(CourseError, match="holds 2 files"):
            find_notebooks(zipped(tmp_path, "ada.ipynb", "bob.ipynb"))

    def test_an_entry_that_lies_about_its_size_is_not_unpacked_whole(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_BYTES", 1000)
        (ada,) = find_notebooks(zipped(tmp_path, "ada.ipynb", data=b"0" * 10**6))
        assert len(ada.read()) == 1001  # one more than allowed: the reader refuses it

    @pytest.mark.parametrize("damaged", [range(100, 900), range(60, 70), range(1500, 1510)])
    def test_a_damaged_entry_costs_itself_alone(self, tmp_path, damaged):
        path = zipped(tmp_path, "ada.ipynb", "bob.ipynb", data=os.urandom(2000))
        raw = bytearray(path.read_bytes())
        for place in damaged:
            raw[place] ^= 0xFF
        path.write_bytes(raw)
        ada, bob = find_notebooks(path)
        with pytest.raises(UnreadableError, match="cannot be taken out"):
            ada.read()
        assert len(bob.read()) == 2000

    def test_an_entry_whose_compressed_bytes_make_no_sense_costs_itself_alone(self, tmp_path):
        path = zipped(tmp_path, "ada.ipynb", data=b"a text that compresses well " * 100)
        raw = bytearray(path.read_bytes())
        start = 30 + len("ada.ipynb")  # behind the entry's header
        raw[start : start + 4] = b"\xff" * 4
        path.write_bytes(raw)
        (ada,) = find_notebooks(path)
        with pytest.raises(UnreadableError, match="cannot be taken out"):
            ada.read()

    def test_a_link_inside_is_refused(self, tmp_path):
        path = tmp_path / "class.zip"
        entry = zipfile.ZipInfo("ada.ipynb")
        entry.external_attr = 0o120777 << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(entry, "/etc/passwd")
        (ada,) = find_notebooks(path)
        with pytest.raises(UnreadableError, match="is a link"):
            ada.read()

    def test_whose_list_is_damaged_are_refused(self, tmp_path):
        path = zipped(tmp_path, "ada.ipynb", "bob.ipynb")
        path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"XX\x01\x02"))
        with pytest.raises(CourseError, match="damaged zip archive"):
            find_notebooks(path)
