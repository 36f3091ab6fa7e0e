"""Hostile zip archives: refused as a whole where they lie, else each file stands for itself."""

import io
import stat
import zipfile

import pytest

from autograder.errors import CourseError, UnreadableError
from autograder.submissions.collect import collect
from autograder.submissions.reading import read_submission
from tests.attacks.registry import saved, solved
from tests.autograder.small_chapter import CHAPTER

RIGHT = saved(solved())


@pytest.fixture
def collected(tmp_path):
    """Collect from an archive that holds ada's notebook and what `fill` puts beside it."""

    def make(fill, spoil=lambda data: data):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("ada.ipynb", RIGHT)
            fill(archive)
        path = tmp_path / "class.zip"
        path.write_bytes(spoil(packed.getvalue()))
        class_ = {one.learner: one for one in collect([path], CHAPTER.slug)}
        assert sorted(one.name for one in tmp_path.iterdir()) == ["class.zip"]
        return class_

    return make


@pytest.mark.parametrize(
    "name",
    [
        "../evil.ipynb",
        "/etc/evil.ipynb",
        "a/../../evil.ipynb",
        "a\\..\\..\\evil.ipynb",
        "C:\\e.ipynb",
    ],
)
def test_a_path_that_leaves_the_archive(collected, name):
    with pytest.raises(CourseError, match="points outside it"):
        collected(lambda archive: archive.writestr(name, RIGHT))


def test_a_bomb_is_read_no_further_than_a_notebook_is_long(collected):
    class_ = collected(lambda archive: archive.writestr("bomb.ipynb", bytes(60 << 20)))
    assert len(class_["bomb"].data) <= (20 << 20) + 1
    assert class_["ada"].data == RIGHT


def test_a_bomb_that_says_how_large_it_is(collected):
    def fill(archive):
        for number in range(3):
            archive.writestr(f"bomb-{number}.ipynb", b"{}")
            archive.filelist[-1].file_size = 1 << 30

    with pytest.raises(CourseError, match="unpacks to more than"):
        collected(fill)


def test_a_bomb_that_lies_about_its_size(collected):
    def fill(archive):
        archive.writestr("bomb.ipynb", bytes(60 << 20))
        archive.filelist[-1].file_size = 2

    class_ = collected(fill)
    assert class_["bomb"].problem or len(class_["bomb"].data) <= 2
    assert class_["ada"].data == RIGHT


def test_more_files_than_a_class_has(collected):
    def fill(archive):
        for number in range(20_001):
            archive.writestr(f"{number}.txt", b"")

    with pytest.raises(CourseError, match="20000 are allowed"):
        collected(fill)


def test_a_link(collected):
    def fill(archive):
        entry = zipfile.ZipInfo("link.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")

    class_ = collected(fill)
    assert "link" in class_["link"].problem
    assert class_["ada"].data == RIGHT


def test_an_archive_in_the_archive(collected):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("inner.ipynb", RIGHT)

    def fill(archive):
        archive.writestr("inner.zip", inner.getvalue())

    assert list(collected(fill)) == ["ada"]


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile warns whoever writes it
def test_one_name_twice(collected):
    class_ = collected(lambda archive: archive.writestr("ada.ipynb", b"{}"))
    assert "several notebooks" in class_["ada"].problem


def test_names_that_differ_in_case_are_two_learners(collected):
    class_ = collected(lambda archive: archive.writestr("ADA.ipynb", b"{}"))
    assert len(class_) == 2
    assert len({name.casefold() for name in class_}) == 2
    assert sorted(one.data for one in class_.values()) == sorted([RIGHT, b"{}"])


def test_an_encrypted_file(collected):
    def fill(archive):
        archive.writestr("locked.ipynb", RIGHT)
        archive.filelist[-1].flag_bits |= 1

    class_ = collected(fill)
    assert "cannot be taken out of the archive" in class_["locked"].problem
    assert class_["ada"].data == RIGHT


def test_a_file_that_is_damaged_inside(collected):
    def fill(archive):
        archive.writestr("broken.ipynb", RIGHT)
        archive.filelist[-1].CRC ^= 1

    class_ = collected(fill)
    assert "cannot be taken out of the archive" in class_["broken"].problem
    assert class_["ada"].data == RIGHT


def test_an_archive_cut_off_is_one_unreadable_file(collected):
    class_ = collected(lambda archive: None, spoil=lambda data: data[:-10])
    assert list(class_) == ["class"]
    with pytest.raises(UnreadableError, match="zip archive"):
        read_submission(class_["class"].data)


def test_an_archive_whose_list_is_damaged(collected):
    def spoil(data):
        at = data.rindex(b"PK\x01\x02")
        return data[:at] + b"XX" + data[at + 2 :]

    with pytest.raises(CourseError, match="damaged zip archive"):
        collected(lambda archive: None, spoil=spoil)
