"""Names as Canvas, Moodle and nbgrader's exchange give them; all made by hand for these tests."""

import zipfile
from pathlib import PurePosixPath

import pytest

from autograder.errors import CourseError
from autograder.submissions.collect import collect
from autograder.submissions.platforms import AGAIN, LATE, Named, named_by_platform

SLUG = "ch99_small"


def read(*names):
    found = named_by_platform([PurePosixPath(name) for name in names], SLUG)
    return [found.get(PurePosixPath(name)) for name in names]


def archive(tmp_path, *files):
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files:
            made.writestr(name, data)
    return path


def handed_in(path):
    return {one.learner: one for one in collect([path], SLUG)}


class TestCanvas:
    def test_a_name_run_together_and_two_numbers(self):
        (named,) = read(f"lovelaceada_12345_67890_{SLUG}.ipynb")
        assert named == Named("lovelaceada_12345", f"{SLUG}.ipynb", (67890, ""))

    def test_late_is_told(self):
        (named,) = read(f"lovelaceada_LATE_12345_67890_{SLUG}.ipynb")
        assert (named.learner, named.note) == ("lovelaceada_12345", LATE)

    @pytest.mark.parametrize(
        ("given", "name"), [(f"{SLUG}-1", SLUG), (f"{SLUG}-12", SLUG), ("mine-2", "mine-2")]
    )
    def test_the_number_of_a_further_attempt_hides_no_chapter(self, given, name):
        (named,) = read(f"oneilzoë_1_22_{given}.ipynb")
        assert (named.learner, named.name) == ("oneilzoë_1", f"{name}.ipynb")

    def test_a_name_with_underscores_is_read_with_its_whole_class(self):
        found = read(
            "ada_test_11_501_hw.ipynb", "_x__LATE_12_502_a_1_2.ipynb", "bob_13_503_b.ipynb"
        )
        assert [one.learner for one in found] == ["ada_test_11", "_x__12", "bob_13"]
        assert [one.name for one in found] == ["hw.ipynb", "a_1_2.ipynb", "b.ipynb"]
        assert [one.note for one in found] == ["", LATE, ""]

    def test_the_anonymous(self):
        found = read("anon_x3Kd9_501_hw.ipynb", "LATE_anon_12345_502_hw.ipynb")
        assert found == [
            Named("anon_x3Kd9", "hw.ipynb", (501, "")),
            Named("anon_12345", "hw.ipynb", (502, ""), note=LATE),
        ]

    def test_one_name_of_another_kind_and_none_is_believed(self):
        assert read("ada_2024_1_plan.ipynb", "bob.ipynb") == [None, None]

    def test_a_download_of_a_class(self, tmp_path):
        class_ = handed_in(
            archive(
                tmp_path,
                (f"lovelaceada_11_501_{SLUG}.ipynb", b"first"),
                (f"lovelaceada_11_730_{SLUG}-1.ipynb", b"second"),
                (f"babbagecharles_LATE_12_502_{SLUG}.ipynb", b"late"),
                ("smithjo_13_503_hw.ipynb", b"one smith"),
                ("smithjo_14_504_hw.ipynb", b"another smith"),
            )
        )
        assert {name: one.data for name, one in class_.items()} == {
            "lovelaceada_11": b"second",
            "babbagecharles_12": b"late",
            "smithjo_13": b"one smith",
            "smithjo_14": b"another smith",
        }
        assert class_["lovelaceada_11"].note == AGAIN
        assert class_["babbagecharles_12"].note == LATE
        assert class_["smithjo_13"].note == ""

    def test_the_later_file_counts_whatever_its_place_in_the_archive(self, tmp_path):
        files = [
            (f"lovelaceada_11_9_{SLUG}.ipynb", b"old"),
            (f"lovelaceada_11_10_{SLUG}-1.ipynb", b"new"),
        ]
        for n, order in enumerate((files, files[::-1])):
            (tmp_path / str(n)).mkdir()
            (one,) = handed_in(archive(tmp_path / str(n), *order)).values()
            assert one.data == b"new"


class TestMoodle:
    def test_a_folder_a_learner(self):
        found = read(
            f"Ada Lovelace_12345_assignsubmission_file_/{SLUG}.ipynb",
            "Ana María de la O_7_assignsubmission_file/hw.ipynb",
            "class/Participant_99_assignsubmission_file_/a/hw.ipynb",
        )
        assert [one.learner for one in found] == [
            *("Ada Lovelace_12345", "Ana María de la O_7", "Participant_99")
        ]
        assert [one.name for one in found] == [f"{SLUG}.ipynb", "hw.ipynb", "hw.ipynb"]

    def test_without_folders(self):
        (named,) = read(f"Ada Lovelace_12345_assignsubmission_file_{SLUG}.ipynb")
        assert named == Named("Ada Lovelace_12345", f"{SLUG}.ipynb")

    def test_the_folders_of_groups_and_of_those_in_none(self):
        found = read(
            f"Group A_77_assignsubmission_file/{SLUG}.ipynb",
            "Default group_assignsubmission_file/bob@example.edu.ipynb",
            "Gruppe_assignsubmission_file_Bob_2_assignsubmission_file_x.ipynb",
        )
        assert [one.learner for one in found] == ["Group A_77", "Default group", "Gruppe"]
        assert found[1].name == "bob@example.edu.ipynb"

    def test_nobody_takes_anothers_place_by_the_name_of_a_file(self):
        taken = "Bob_2_assignsubmission_file_x.ipynb"
        found = read(
            f"Ada_1_assignsubmission_file_/{taken}", f"Ada_1_assignsubmission_file_{taken}"
        )
        assert [one.learner for one in found] == ["Ada_1", "Ada_1"]

    def test_a_download_of_a_class(self, tmp_path):
        class_ = handed_in(
            archive(
                tmp_path,
                (f"Ada Lovelace_1_assignsubmission_file_/{SLUG}.ipynb", b"ada"),
                ("Ada Lovelace_1_assignsubmission_file_/draft.ipynb", b"draft"),
                ("Ada Lovelace_1_assignsubmission_onlinetext_/onlinetext.html", b"<p>hello</p>"),
                ("Bob_2_assignsubmission_file_/one.ipynb", b"1"),
                ("Bob_2_assignsubmission_file_/two.ipynb", b"2"),
            )
        )
        assert sorted(class_) == ["Ada Lovelace_1", "Bob_2"]
        assert class_["Ada Lovelace_1"].data == b"ada"
        assert "several notebooks" in class_["Bob_2"].problem

    def test_a_class_of_one(self, tmp_path):
        path = archive(tmp_path, (f"Ada_1_assignsubmission_file_/{SLUG}.ipynb", b"ada"))
        assert list(handed_in(path)) == ["Ada_1"]


class TestExchange:
    def put(self, root, folder, data, name=f"{SLUG}.ipynb"):
        path = root / "inbound" / folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)

    def test_the_last_of_each_counts_and_other_chapters_do_not(self, tmp_path):
        self.put(tmp_path, f"ada+{SLUG}+2026-03-01 10:00:00.000001 UTC+aGVsbG8", b"new")
        self.put(tmp_path, f"ada+{SLUG}+2026-02-28 23:59:59.000001 UTC+d29ybGQ", b"old")
        self.put(tmp_path, "ada+ch98_other+2026-03-02 10:00:00.000001 UTC+eA", b"other", "x.ipynb")
        self.put(tmp_path, f"b+b+{SLUG}+2026-03-01 10:00:00.000001 UTC", b"plus")
        class_ = handed_in(tmp_path)
        assert {name: one.data for name, one in class_.items()} == {"ada": b"new", "b+b": b"plus"}
        assert class_["ada"].note == AGAIN


class TestHostile:
    """Platforms hand through what learners name their files."""

    def test_numbers_without_end(self):
        digits = "9" * 60_000
        assert read(f"eve_{digits}_{digits}_x.ipynb", f"e_{digits}_assignsubmission_file_") == [
            None,
            None,
        ]

    @pytest.mark.parametrize(
        "name", ["../x_1_2_a.ipynb", "/x_1_2_a.ipynb", "Ada_1_assignsubmission_file_/../../a.ipynb"]
    )
    def test_a_path_that_leaves_the_archive(self, tmp_path, name):
        with pytest.raises(CourseError, match="points outside it"):
            handed_in(archive(tmp_path, (name, b"{}")))

    def test_a_bomb_is_read_no_further_than_a_notebook_is_long(self, tmp_path):
        path = tmp_path / "submissions.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(f"evileve_1_2_{SLUG}.ipynb", bytes(60 << 20))
            made.writestr(f"lovelaceada_3_4_{SLUG}.ipynb", b"{}")
        class_ = handed_in(path)
        assert len(class_["evileve_1"].data) <= (20 << 20) + 1
        assert class_["lovelaceada_3"].data == b"{}"

    @pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile warns whoever writes it
    def test_one_name_twice_is_its_learners_trouble_alone(self, tmp_path):
        name = f"Eve_1_assignsubmission_file_/{SLUG}.ipynb"
        other = (f"Ada_2_assignsubmission_file_/{SLUG}.ipynb", b"ada")
        class_ = handed_in(archive(tmp_path, (name, b"first"), (name, b"second"), other))
        assert class_["Ada_2"].data == b"ada"
        assert "several notebooks" in class_["Eve_1"].problem
