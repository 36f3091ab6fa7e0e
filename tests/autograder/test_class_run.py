import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.class_run import grade_and_write, read_results, write_pages
from autograder.errors import CourseError
from autograder.submissions.collect import HandedIn

SLUG = "ch99_small"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, small):
    from tests.autograder.small_chapter import solved

    out = tmp_path_factory.mktemp("graded")
    whole = nbformat.writes(solved()).encode()
    handed_in = [HandedIn("ada", whole), HandedIn("bob", b"{"), HandedIn("cyd", b"", "A link.")]
    return out, handed_in, grade_and_write(small, handed_in, out)


def test_everything_is_written(graded):
    out, _, results = graded
    assert [one.result.points for one in results] == [90.0, 0.0, 0.0]
    for name in ("report.html", "marks.csv", "feedback/ada.html", "feedback/bob.html"):
        assert (out / name).stat().st_size > 0
    for learner in ("ada", "bob", "cyd"):
        marked = out / "autograded" / learner / SLUG / f"{SLUG}.ipynb"
        nbformat.validate(nbformat.read(marked, as_version=4))
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.find_assignment(SLUG).submissions}
    assert scores == {"ada": 90.0, "bob": 0.0, "cyd": 0.0}


@pytest.mark.usefixtures("lent_worker")
def test_a_second_run_changes_no_file_but_the_gradebook(graded, small):
    out, handed_in, _ = graded
    files = [path for path in out.rglob("*") if path.is_file() and path.suffix != ".db"]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    again = grade_and_write(small, handed_in, out)
    assert [one.fresh for one in again] == [False, False, True]
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in files} == before


def test_results_are_read_back_and_pages_written_again(graded, small, tmp_path):
    out, _, results = graded
    read = read_results(out)
    assert read == [results[0].result, results[1].result]  # a link leaves nothing to keep
    write_pages(small, read, tmp_path)
    assert (tmp_path / "feedback/ada.html").read_text() == (out / "feedback/ada.html").read_text()


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(CourseError, match="run `course grade` first"):
        read_results(tmp_path)


def test_a_damaged_result_is_named(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ada.json").write_text("{")
    with pytest.raises(CourseError, match=r"ada\.json is damaged"):
        read_results(tmp_path)
