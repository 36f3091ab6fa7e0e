import contextlib
import copy
import shutil
import sqlite3
import warnings
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.classroom.database import gradebook_url
from autograder.classroom.gradebook import open_gradebook, write_gradebook
from autograder.classroom.runner import Graded
from autograder.errors import CourseError
from autograder.grading import grade, unreadable
from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.classroom.killed import killed_at

SLUG = "ch99_small"


@pytest.fixture(scope="module")
def begun(tmp_path_factory, small):
    """A gradebook that knows the chapter and no submission; to make one takes a second."""
    folder = tmp_path_factory.mktemp("begun")
    open_gradebook(gradebook_url("", folder), small)
    return folder / "gradebook.db"


@pytest.fixture
def database(tmp_path, begun):
    shutil.copy(begun, tmp_path)
    return gradebook_url("", tmp_path)


@pytest.fixture(scope="module")
def result(worker, small):
    from tests.autograder.small_chapter import solved

    return grade(nbformat.writes(solved()).encode(), small, "ada", 0, worker)


def enter(database, small, *results, submission="first"):
    graded = [Graded(result, fresh=True, submission=submission) for result in results]
    return write_gradebook(database, small, graded)


def grades(database, learner="ada"):
    """Each graded cell's automatic and manual points, and whether a person has to look."""
    with Gradebook(database) as gradebook:
        notebook = gradebook.find_submission_notebook(SLUG, SLUG, learner)
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for grade in notebook.grades
        }


def mark_by_hand(database, cell, points):
    with Gradebook(database) as gradebook:
        grade = gradebook.find_grade(cell, SLUG, SLUG, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
        comment.manual_comment = "Well said."
        gradebook.db.commit()


class TestEntering:
    def test_marks_are_entered_and_words_await_marking(self, database, small, result):
        enter(database, small, result)
        assert grades(database) == {
            "ch99_double_test": (60.0, None, False),
            "ch99_largest_test": (30.0, None, False),
            "ch99_written": (None, None, True),
        }
        with Gradebook(database) as gradebook:
            submission = gradebook.find_submission(SLUG, "ada")
            assert (submission.score, submission.max_score) == (90.0, 100.0)
            assert submission.needs_manual_grade
            assert gradebook.find_source_cell("ch99_double", SLUG, SLUG).checksum

    def test_the_rows_are_those_that_nbgrader_itself_makes(self, database, small, result):
        enter(database, small, result)
        with Gradebook(database) as gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gradebook.update_or_create_student("bob")
            theirs = gradebook.update_or_create_submission(SLUG, "bob")
            ours = gradebook.find_submission(SLUG, "ada")
            for kind in ("grades", "comments"):
                made = [
                    {one.cell_id for one in getattr(submission.notebooks[0], kind)}
                    for submission in (theirs, ours)
                ]
                assert made[0] == made[1]
                assert made[0]
            assert theirs.notebooks[0].flagged == ours.notebooks[0].flagged

    def test_submissions_that_nbgrader_made_are_filled_in(self, database, small, result):
        with Gradebook(database) as gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gradebook.update_or_create_student("ada", first_name="Ada")
            gradebook.update_or_create_submission(SLUG, "ada", timestamp="2026-01-01 10:00")
        enter(database, small, result)
        assert grades(database)["ch99_double_test"] == (60.0, None, False)
        with Gradebook(database) as gradebook:
            assert gradebook.find_student("ada").first_name == "Ada"
            assert gradebook.find_submission(SLUG, "ada").timestamp.hour == 10

    def test_entering_again_writes_nothing(self, database, small, result):
        enter(database, small, result)
        before = contents_of(database.database)
        statements = []

        def seen(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", seen)
        try:
            enter(database, small, result)
        finally:
            event.remove(Engine, "before_cursor_execute", seen)
        assert statements
        assert not [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))]
        assert contents_of(database.database) == before

    def test_a_regrade_changes_what_changed(self, database, small, result):
        enter(database, small, result, replace(result, learner="bob"))
        worse = replace(
            result, verdicts=(replace(result.verdicts[0], points=20.0), result.verdicts[1])
        )
        enter(database, small, worse, replace(result, learner="bob"))
        assert grades(database)["ch99_double_test"] == (20.0, None, False)
        assert grades(database, "bob")["ch99_double_test"] == (60.0, None, False)

    def test_unanswered_words_get_nothing_and_await_nobody(self, database, small, result):
        silent = replace(result, written=(replace(result.written[0], answer=""),))
        enter(database, small, silent)
        assert grades(database)["ch99_written"] == (0.0, None, False)
        with Gradebook(database) as gradebook:
            comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
            assert comment.comment == "No response."

    def test_an_unreadable_submission_gets_zeros_and_the_reason(self, database, small):
        enter(database, small, unreadable(small, "bob", 0, "The file is empty."))
        assert set(grades(database, "bob").values()) == {(0.0, None, False)}
        with Gradebook(database) as gradebook:
            comment = gradebook.find_comment("ch99_double", SLUG, SLUG, "bob")
            assert comment.comment == "The file is empty."

    def test_who_is_in_the_gradebook_and_not_in_the_class_is_told(self, database, small, result):
        assert enter(database, small, result) == ()
        assert enter(database, small, replace(result, learner="bob")) == ("ada",)
        assert grades(database)["ch99_double_test"] == (60.0, None, False)

    def test_a_class_of_hundreds_takes_seconds(self, database, small, result):
        import time

        class_of_300 = [replace(result, learner=f"learner-{i:03d}") for i in range(300)]
        began = time.process_time()
        enter(database, small, *class_of_300)
        assert time.process_time() - began < 5
        with Gradebook(database) as gradebook:
            assert len(gradebook.find_assignment(SLUG).submissions) == 300


class TestMarksByHand:
    def test_survive_a_rerun(self, database, small, result):
        enter(database, small, result)
        mark_by_hand(database, "ch99_written", 7.0)
        enter(database, small, result)
        assert grades(database)["ch99_written"] == (None, 7.0, False)
        with Gradebook(database) as gradebook:
            assert gradebook.find_submission(SLUG, "ada").score == 97.0
            comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
            assert comment.comment == "Well said."

    def test_survive_a_fix_of_the_course_without_review(self, database, small, result):
        enter(database, small, result)
        mark_by_hand(database, "ch99_written", 7.0)
        enter(database, small, replace(result, version="mended"))
        assert grades(database)["ch99_written"] == (None, 7.0, False)

    def test_are_up_for_review_when_the_submission_changed(self, database, small, result):
        enter(database, small, result)
        mark_by_hand(database, "ch99_written", 7.0)
        enter(database, small, result, submission="second")
        assert grades(database)["ch99_written"] == (None, 7.0, True)
        enter(database, small, result, submission="second")
        assert grades(database)["ch99_written"] == (None, 7.0, True)

    def test_in_place_of_the_judges_are_up_for_review_when_that_changed(
        self, database, small, result
    ):
        enter(database, small, result)
        mark_by_hand(database, "ch99_double_test", 55.0)
        enter(database, small, result)
        assert grades(database)["ch99_double_test"] == (60.0, 55.0, False)
        worse = replace(
            result, verdicts=(replace(result.verdicts[0], points=20.0), result.verdicts[1])
        )
        enter(database, small, worse)
        assert grades(database)["ch99_double_test"] == (20.0, 55.0, True)


class TestWhatCannotBeUsed:
    def test_other_cells_than_the_gradebook_knows(self, database, small, result):
        enter(database, small, result)
        notebook = copy.deepcopy(small.notebook)
        cell = next(cell for cell in notebook.cells if cell.id == "ch99_double")
        cell.metadata.nbgrader["grade_id"] = "ch99_renamed"
        with pytest.raises(CourseError, match="grade into another folder"):
            open_gradebook(database, replace(small, notebook=notebook))

    def test_what_is_no_url(self, tmp_path):
        with pytest.raises(CourseError, match="is no URL") as told:
            gradebook_url("user:hush@host", tmp_path)
        assert "hush" not in str(told.value)

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("postgres9://ada:hush@host/name", "knows no kind of database called postgres9"),
            ("sqlite:////nowhere/at/all.db", "unable to open database file"),
            ("oracle://ada:hush@host/name", "its driver is not installed"),
        ],
    )
    def test_is_told_without_the_password(self, small, tmp_path, url, sentence):
        with pytest.raises(CourseError, match=sentence) as told:
            open_gradebook(gradebook_url(url, tmp_path), small)
        assert "hush" not in str(told.value)

    def test_a_file_that_is_no_database(self, small, tmp_path):
        (tmp_path / "gradebook.db").write_bytes(b"not a database, but long enough to be one" * 99)
        with pytest.raises(CourseError, match="file is not a database"):
            open_gradebook(gradebook_url("", tmp_path), small)

    def test_a_database_that_another_program_holds(self, database, small, result, monkeypatch):
        enter(database, small, result)
        real = Gradebook.__init__
        monkeypatch.setattr(
            Gradebook,
            "__init__",
            lambda self, url, *rest: real(self, url.update_query_dict({"timeout": "0.1"}), *rest),
        )
        with contextlib.closing(sqlite3.connect(database.database)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(CourseError, match="database is locked"):
                enter(database, small, replace(result, learner="bob"))
        enter(database, small, replace(result, learner="bob"))
        assert grades(database, "bob")


def test_a_path_with_signs_of_a_url_is_taken_as_it_is(small, tmp_path):
    folder = tmp_path / "is this it?#1%20"
    folder.mkdir()
    open_gradebook(gradebook_url("", folder), small)
    assert [path.name for path in folder.iterdir()] == ["gradebook.db"]


@pytest.mark.slow
class TestKilled:
    """At any moment: what the next run leaves is what an undisturbed one does."""

    def test_while_the_gradebook_is_made(self, small, tmp_path, begun, monkeypatch):
        version = contents_of(begun)["version"][0][0]  # asking alembic for it takes a second
        monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: version)
        monkeypatch.setattr("autograder.classroom.gradebook.get_alembic_version", lambda: version)
        n, killed = 0, True
        while killed:
            n += 1
            (tmp_path / str(n)).mkdir()
            database = gradebook_url("", tmp_path / str(n))
            killed = killed_at(n, lambda database=database: open_gradebook(database, small))
            open_gradebook(database, small)
            assert contents_of(database.database) == contents_of(begun), n
        assert n > 20

    def test_while_marks_are_entered(self, small, result, tmp_path, begun):
        """Nothing lost, nothing twice, marks by hand kept, and put up for review when they must."""
        other = replace(result, learner="bob")
        worse = (replace(result.verdicts[0], points=1.0), result.verdicts[1])
        again = replace(result, verdicts=worse)

        def undisturbed():
            database = gradebook_url("", tmp_path)
            shutil.copy(begun, database.database)
            enter(database, small, result)
            mark_by_hand(database, "ch99_written", 7.0)
            yield contents_of(database.database)
            enter(database, small, again, other, submission="second")
            yield contents_of(database.database)

        wanted = list(undisturbed())
        assert wanted[0] != wanted[1]
        n, killed = 0, True
        while killed:
            n += 1
            (tmp_path / str(n)).mkdir()
            database = gradebook_url("", tmp_path / str(n))
            shutil.copy(begun, database.database)
            killed = killed_at(n, lambda database=database: enter(database, small, result))
            enter(database, small, result)
            mark_by_hand(database, "ch99_written", 7.0)
            assert contents_of(database.database) == wanted[0], n
            killed |= killed_at(
                n,
                lambda database=database: enter(database, small, again, other, submission="second"),
            )
            assert contents_of(database.database) in wanted, f"{n}: neither before nor after"
            enter(database, small, again, other, submission="second")
            assert contents_of(database.database) == wanted[1], n
        assert n > 10
