import json
import os
import zipfile

import pytest

from autograder.errors import CourseError
from autograder.submissions.collect import HandedIn, HandedInClass, collect, guess_chapter

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
        put(tmp_path, "submitted/ada/capstone_other/x.ipynb")
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

    def test_the_notebook_of_an_appendix_is_left_out(self, tmp_path):
        put(tmp_path, "ada.ipynb", "pytorch_refresher.ipynb")
        assert learners(tmp_path) == ["ada"]
        put(tmp_path, f"submitted/bob/{SLUG}/mine.ipynb", data=b"mine")
        put(tmp_path, f"submitted/bob/{SLUG}/pytorch_refresher.ipynb")
        (bob,) = [one for one in collect([tmp_path], SLUG) if one.learner == "bob"]
        assert (bob.data, bob.problem) == (b"mine", "")

    def test_but_not_where_nothing_else_was_handed_in(self, tmp_path):
        put(tmp_path, f"submitted/ada/{SLUG}/pytorch_refresher.ipynb")
        assert learners(tmp_path) == ["ada"]

    def test_links_are_not_followed(self, tmp_path):
        put(tmp_path, "secret/solution.txt", data=b"secret")
        put(tmp_path, "class/ada.ipynb")
        os.symlink(tmp_path / "secret" / "solution.txt", tmp_path / "class" / "bob.ipynb")
        os.symlink(tmp_path / "secret", tmp_path / "class" / "more")
        ada, bob = collect([tmp_path / "class"], SLUG)
        assert ada.data == b"{}"
        assert bob.data == b""
        assert "is a link" in bob.problem

    def test_a_name_that_could_do_harm_is_mended_and_told(self, tmp_path):
        put(tmp_path, "a\nb;<i>.ipynb", "a_b__i_.ipynb")
        plain, mended = collect([tmp_path], SLUG)
        assert (plain.learner, plain.note) == ("a_b__i_", "")
        assert mended.learner.startswith("a_b__i_~")
        assert mended.note.startswith(
            "The name a b;<i> does not go everywhere; here it is a_b__i_~"
        )

    def test_no_byte_of_a_hostile_file_name_reaches_a_sentence(self, tmp_path):
        folder = os.fsencode(tmp_path) + b"/submitted/eve/" + SLUG.encode()
        os.makedirs(folder)
        for name in (b"\x1b[2J\xff", "\u202egpj".encode(), b"<script>\n"):
            with open(folder + b"/" + name + b".ipynb", "wb") as file:
                file.write(b"{}")
        (eve,) = collect([tmp_path], SLUG)
        assert "several notebooks" in eve.problem
        assert eve.problem.isprintable()
        assert eve.problem.encode()
        os.unlink(folder + b"/<script>\n.ipynb")
        os.unlink(folder + b"/" + "\u202egpj".encode() + b".ipynb")
        (eve,) = collect([tmp_path], SLUG)
        assert "was called" in eve.note
        assert eve.note.isprintable()
        assert eve.note.encode()

    def test_two_learners_whose_names_are_one_to_a_file_system(self, tmp_path):
        put(tmp_path, "one/Ada.ipynb", data=b"first")
        put(tmp_path, "two/ada.ipynb", data=b"second")
        found = collect([tmp_path / "one", tmp_path / "two"], SLUG)
        assert [one.data for one in found] == [b"first", b"second"]
        assert len({one.learner.casefold() for one in found}) == 2

    def test_the_ending_may_be_in_capitals(self, tmp_path):
        put(tmp_path, "ada.IPYNB")
        assert learners(tmp_path) == ["ada"]

    @pytest.mark.parametrize("place", ["bob", f"bob/{SLUG}"])
    def test_a_folder_that_cannot_be_opened_is_told(self, tmp_path, monkeypatch, place):
        put(tmp_path, f"submitted/ada/{SLUG}/{SLUG}.ipynb", f"submitted/bob/{SLUG}/{SLUG}.ipynb")
        real = os.scandir

        def closed(path):
            if str(path).endswith(place):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", closed)  # for root no folder is closed
        ada, bob = collect([tmp_path], SLUG)
        assert ada.data == b"{}"
        assert (bob.learner, bob.data) == ("bob", b"")
        assert bob.problem == "The folder cannot be opened: Permission denied."

    def test_a_submission_is_read_when_it_is_asked_for(self, tmp_path):
        put(tmp_path, "ada.ipynb", "bob.ipynb")
        found = collect([tmp_path], SLUG)
        assert len(found) == 2
        assert found.learners == ("ada", "bob")
        put(tmp_path, "bob.ipynb", data=b"later")
        os.unlink(tmp_path / "ada.ipynb")
        assert found[1].data == b"later"
        assert found[:1][0].problem == "The file cannot be opened: No such file or directory."

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


class TestGuessChapter:
    @pytest.mark.parametrize("chapter", ["ch99", "capstone"])
    def test_by_the_ids_in_the_notebooks(self, tmp_path, chapter):
        cell = {"metadata": {"nbgrader": {"grade_id": f"{chapter}_double"}}}
        put(tmp_path, "ada.ipynb", data=json.dumps(cell).encode())
        put(tmp_path, "bob.ipynb", data=b"broken")
        assert guess_chapter([tmp_path]) == chapter

    def test_else_it_must_be_given(self, tmp_path):
        put(tmp_path, "ada.ipynb")
        with pytest.raises(CourseError, match="give --chapter"):
            guess_chapter([tmp_path])


def test_a_class_may_be_in_memory_already():
    ada, bob = HandedIn("ada", b"1"), HandedIn("bob", b"2")
    made = HandedInClass.of([bob, ada])
    assert list(made) == [ada, bob]
    assert bob in made
