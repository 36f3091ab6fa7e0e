import json
import os
import zipfile

import pytest

from autograder.errors import CourseError
from autograder.submissions import collect as module
from autograder.submissions.collect import collect, guess_chapter

SLUG = "ch99_small"


def put(root, *paths, data=b"{}"):
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def zipped(tmp_path, *names, data=b"{}"):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def learners(path, slug=SLUG):
    return [one.learner for one in collect([path], slug)]


class TestFolders:
    def test_one_notebook_a_learner(self, tmp_path):
        put(tmp_path, "bob.ipynb", "ada.ipynb", "notes.txt", ".hidden.ipynb")
        put(tmp_path, ".ipynb_checkpoints/ada-checkpoint.ipynb")
        assert learners(tmp_path) == ["ada", "bob"]

    def test_nbgraders_tree(self, tmp_path):
        put(tmp_path, f"submitted/ada/{SLUG}/{SLUG}.ipynb", "submitted/ada/ch98_other/x.ipynb")
        put(tmp_path, f"submitted/bob/{SLUG}/mine.ipynb", f"source/{SLUG}/{SLUG}.ipynb")
        ada, bob = collect([tmp_path], SLUG)
        assert (ada.learner, ada.note) == ("ada", "")
        assert bob.note == f"The notebook was called mine.ipynb, not {SLUG}.ipynb."

    def test_folders_named_after_learners(self, tmp_path):
        put(tmp_path, "Ada Lovelace_123/hw.ipynb", "Bob_124/hw.ipynb")
        assert learners(tmp_path) == ["Ada Lovelace_123", "Bob_124"]

    def test_of_several_notebooks_the_one_with_the_chapters_name_counts(self, tmp_path):
        put(tmp_path, f"submitted/ada/{SLUG}/{SLUG}.ipynb", data=b"right")
        put(tmp_path, f"submitted/ada/{SLUG}/draft.ipynb", data=b"draft")
        put(tmp_path, f"submitted/bob/{SLUG}/one.ipynb", f"submitted/bob/{SLUG}/two.ipynb")
        ada, bob = collect([tmp_path], SLUG)
        assert ada.data == b"right"
        assert "draft.ipynb" in ada.note
        assert bob.data == b""
        assert "several notebooks" in bob.problem

    def test_links_are_not_followed(self, tmp_path):
        put(tmp_path, "secret/solution.txt", data=b"secret")
        put(tmp_path, "class/ada.ipynb")
        os.symlink(tmp_path / "secret" / "solution.txt", tmp_path / "class" / "bob.ipynb")
        os.symlink(tmp_path / "secret", tmp_path / "class" / "more")
        ada, bob = collect([tmp_path / "class"], SLUG)
        assert ada.data == b"{}"
        assert bob.data == b""
        assert "is a link" in bob.problem

    def test_a_name_that_no_table_could_hold_is_mended(self, tmp_path):
        put(tmp_path, "a\nb;<i>.ipynb")
        assert learners(tmp_path) == ["a_b__i_"]

    def test_single_notebooks(self, tmp_path):
        put(tmp_path, "ada.ipynb", "bob.ipynb")
        found = collect([tmp_path / "ada.ipynb", tmp_path / "bob.ipynb"], SLUG)
        assert [one.learner for one in found] == ["ada", "bob"]

    def test_nothing_found_says_what_to_give(self, tmp_path):
        with pytest.raises(CourseError, match=r"No notebooks of ch99_small .*NAME\.ipynb"):
            collect([tmp_path], SLUG)

    def test_a_missing_path_is_named(self, tmp_path):
        with pytest.raises(CourseError, match=r"There is no .*nowhere"):
            collect([tmp_path / "nowhere"], SLUG)


class TestArchives:
    def test_are_read_like_folders(self, tmp_path):
        assert learners(zipped(tmp_path, "class/ada.ipynb", "class/bob.ipynb")) == ["ada", "bob"]
        tree = zipped(tmp_path, f"all/submitted/ada/{SLUG}/{SLUG}.ipynb")
        assert learners(tree) == ["ada"]

    @pytest.mark.parametrize(
        "name", ["../ada.ipynb", "/etc/ada.ipynb", "a/../../ada.ipynb", "C:\\a"]
    )
    def test_that_point_outside_themselves_are_refused(self, tmp_path, name):
        with pytest.raises(CourseError, match="points outside it"):
            collect([zipped(tmp_path, "ada.ipynb", name)], SLUG)

    def test_that_unpack_to_too_much_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_ARCHIVE_BYTES", 1000)
        with pytest.raises(CourseError, match="unpacks to more than"):
            collect([zipped(tmp_path, "ada.ipynb", data=b"0" * 2000)], SLUG)

    def test_with_too_many_files_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_FILES", 1)
        with pytest.raises(CourseError, match="holds 2 files"):
            collect([zipped(tmp_path, "ada.ipynb", "bob.ipynb")], SLUG)

    def test_an_entry_that_lies_about_its_size_is_not_unpacked_whole(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MAX_BYTES", 1000)
        (ada,) = collect([zipped(tmp_path, "ada.ipynb", data=b"0" * 10**6)], SLUG)
        assert len(ada.data) == 1001  # one more than allowed: the reader refuses it

    def test_a_damaged_entry_costs_itself_alone(self, tmp_path):
        path = zipped(tmp_path, "ada.ipynb", "bob.ipynb", data=os.urandom(2000))
        raw = bytearray(path.read_bytes())
        raw[100:900] = b"\0" * 800
        path.write_bytes(raw)
        ada, bob = collect([path], SLUG)
        assert "cannot be taken out" in ada.problem
        assert len(bob.data) == 2000

    def test_a_link_inside_is_refused(self, tmp_path):
        path = tmp_path / "class.zip"
        entry = zipfile.ZipInfo("ada.ipynb")
        entry.external_attr = 0o120777 << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(entry, "/etc/passwd")
        (ada,) = collect([path], SLUG)
        assert "is a link" in ada.problem


class TestGuessChapter:
    def test_by_the_ids_in_the_notebooks(self, tmp_path):
        cell = {"metadata": {"nbgrader": {"grade_id": "ch99_double"}}}
        put(tmp_path, "ada.ipynb", data=json.dumps(cell).encode())
        put(tmp_path, "bob.ipynb", data=b"broken")
        assert guess_chapter([tmp_path]) == "ch99"

    def test_else_it_must_be_given(self, tmp_path):
        put(tmp_path, "ada.ipynb")
        with pytest.raises(CourseError, match="give --chapter"):
            guess_chapter([tmp_path])
