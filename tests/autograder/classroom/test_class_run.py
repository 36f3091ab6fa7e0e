import contextlib

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.classroom.class_run import grade_and_write, report_of, write_pages
from autograder.errors import CourseError
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder.classroom.gradebook_contents import contents_of

SLUG = "ch99_small"


@pytest.fixture(scope="module")
def handed_in():
    from tests.autograder.small_chapter import solved

    whole = nbformat.writes(solved()).encode()
    return HandedInClass.of(
        [HandedIn("ada", whole), HandedIn("bob", b"{"), HandedIn("cyd", b"", "A link.")]
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory, small, handed_in):
    out = tmp_path_factory.mktemp("graded")
    return out, grade_and_write(small, handed_in, out)


def test_everything_is_written(graded):
    out, run = graded
    assert [one.result.points for one in run.graded] == [90.0, 0.0, 0.0]
    for name in ("report.html", "marks.csv", "feedback/ada.html", "feedback/cyd.html"):
        assert (out / SLUG / name).stat().st_size > 0
    for learner in ("ada", "bob", "cyd"):
        marked = out / "autograded" / learner / SLUG / f"{SLUG}.ipynb"
        nbformat.validate(nbformat.read(marked, as_version=4))
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.find_assignment(SLUG).submissions}
    assert scores == {"ada": 90.0, "bob": 0.0, "cyd": 0.0}


@pytest.mark.usefixtures("lent_worker")
def test_a_second_run_changes_no_file(graded, small, handed_in):
    out, _ = graded
    files = [path for path in out.rglob("*") if path.is_file()]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    again = grade_and_write(small, handed_in, out)
    assert [one.fresh for one in again.graded] == [False, False, False]
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in files} == before
    added = {path for path in out.rglob("*") if path.is_file()} - set(files)
    assert [path.parent for path in added] == [out / SLUG / "log"]


def test_the_pages_are_written_again_from_what_is_kept(graded, small):
    out, run = graded
    names = ["report.html", "marks.csv", *(f"feedback/{who}.html" for who in ("ada", "bob", "cyd"))]
    names = [f"{SLUG}/{name}" for name in names]
    before = {name: (out / name).read_bytes() for name in names}
    for name in names:
        (out / name).unlink()
    pages = write_pages(small, out)
    assert {name: (out / name).read_bytes() for name in names} == before
    assert [result.points for result in pages.results] == [90.0, 0.0, 0.0]
    assert [marks.total for marks in pages.marks] == [90.0, 0.0, 0.0]
    assert pages.flags == run.flags
    assert report_of(small, out).is_file()


@pytest.mark.usefixtures("lent_worker")
def test_who_does_not_hand_in_again_leaves_the_report_and_stays_in_the_gradebook(
    small, handed_in, tmp_path
):
    grade_and_write(small, handed_in, tmp_path)
    entered = contents_of(tmp_path / "gradebook.db")
    run = grade_and_write(small, HandedInClass.of(handed_in[1:]), tmp_path)
    assert run.absent == ("ada",)
    assert [result.learner for result in write_pages(small, tmp_path).results] == ["bob", "cyd"]
    assert "ada" not in (tmp_path / SLUG / "marks.csv").read_text()
    assert not (tmp_path / SLUG / "feedback" / "ada.html").exists()
    assert contents_of(tmp_path / "gradebook.db") == entered
    back = grade_and_write(small, handed_in, tmp_path)
    assert [one.fresh for one in back.graded] == [False, False, False]
    assert (tmp_path / SLUG / "feedback" / "ada.html").exists()


@pytest.mark.usefixtures("lent_worker")
def test_the_gradebook_may_be_elsewhere_and_hold_what_was_graded_into_other_folders(
    small, handed_in, tmp_path
):
    url = f"sqlite:///{tmp_path / 'all.db'}"
    for out in ("one", "two"):
        grade_and_write(small, handed_in, tmp_path / out, database=url)
        assert not (tmp_path / out / "gradebook.db").exists()
    assert contents_of(tmp_path / "all.db")["rows of submitted_assignment"] == (3,)


def test_a_gradebook_that_cannot_be_used_is_told_before_anything_is_graded(
    small, handed_in, tmp_path
):
    with pytest.raises(CourseError, match="unable to open database file"):
        grade_and_write(small, handed_in, tmp_path, database="sqlite:////nowhere/at/all.db")
    assert not (tmp_path / SLUG / "results").exists()


@pytest.mark.parametrize("step", ["grade_class", "write_gradebook", "class_report"])
@pytest.mark.usefixtures("lent_worker")
def test_a_run_that_ends_between_two_steps_is_completed_by_the_next(
    graded, small, handed_in, tmp_path, monkeypatch, step
):
    module = "gradebook" if step == "write_gradebook" else "class_run"
    where = f"autograder.classroom.{module}"

    def ends(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        patched.setattr(f"{where}.{step}", ends)
        grade_and_write(small, handed_in, tmp_path)
    if step == "grade_class":
        with pytest.raises(CourseError, match="was not finished; run `course grade` again"):
            write_pages(small, tmp_path)
    grade_and_write(small, handed_in, tmp_path)
    whole, _ = graded
    for path in (*whole.glob(f"{SLUG}/results/*.json"), whole / SLUG / "marks.csv"):
        assert (tmp_path / path.relative_to(whole)).read_bytes() == path.read_bytes()
    assert contents_of(tmp_path / "gradebook.db") == contents_of(whole / "gradebook.db")
    assert len(list(tmp_path.glob(f"{SLUG}/feedback/*.html"))) == 3


def test_a_folder_without_results_is_refused(small, tmp_path):
    with pytest.raises(CourseError, match="run `course grade` first"):
        write_pages(small, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("lent_worker")
def test_a_damaged_result_is_named(small, handed_in, tmp_path):
    grade_and_write(small, handed_in, tmp_path)
    (tmp_path / SLUG / "results" / "ada.json").write_text("{")
    with pytest.raises(CourseError, match=r"ada\.json is damaged"):
        write_pages(small, tmp_path)
