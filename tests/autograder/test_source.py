import json

import jupytext
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from autograder.chapters.cells import ChapterError
from autograder.source import (
    COURSE,
    Course,
    appendix_slugs,
    chapter_slugs,
    find_left_over,
    main,
    read_chapter,
    read_page,
    read_text_notebook,
    render,
    solved_notebook,
    student_notebook,
)
from tests.autograder.small_course import SLUG, TEXT, make_course

STUB = '''\
def double(number: float) -> float:
    """Give twice a number."""
    # YOUR CODE HERE
    raise NotImplementedError()'''


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


@pytest.fixture
def student(course):
    return student_notebook(read_chapter(SLUG, course), course)


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


class TestStudentNotebook:
    def test_solutions_become_stubs(self, student):
        assert by_id(student)["ch07_double"].source == STUB
        assert by_id(student)["ch07_written"].source == "YOUR ANSWER HERE"

    def test_hidden_tests_are_gone_and_visible_tests_stay(self, student):
        source = by_id(student)["ch07_double_test"].source
        assert source.startswith("from autograder.visible import without\n")
        assert source.endswith(
            '\n\nassert double(3) == 6, "twice 3 is 6"\nprint("double(3) is", double(3))'
        )

    def test_markdown_is_plain(self, student):
        assert student.cells[0].source == (
            "# Doubling\n\nTwice a number, as [Euclid (1482)](https://example.org/e) has it; "
            "see (1).\n\n$$\ny = 2x \\tag{1}\n$$"
        )
        assert "> **Note**\n>\n> Half of the answer is the number." in student.cells[3].source

    def test_checksums_are_those_of_the_cells_as_released(self, student):
        graded = [cell for cell in student.cells if "nbgrader" in cell.metadata]
        assert len(graded) == 3
        for cell in graded:
            assert cell.metadata.nbgrader.checksum == compute_checksum(cell)

    def test_locked_cells_cannot_be_edited_and_no_graded_cell_deleted(self, student):
        cells = by_id(student)
        assert cells["ch07_double_test"].metadata.editable is False
        assert "editable" not in cells["ch07_double"].metadata
        assert cells["ch07_double"].metadata.deletable is False
        assert cells["ch07_written"].metadata.deletable is False

    def test_jupyterlab_folds_what_the_page_folds(self, tmp_path):
        hidden = TEXT.replace(":given: imports\n", ":given: imports\n:tags: [hide-input]\n")
        course = make_course(tmp_path, hidden)
        cells = student_notebook(read_chapter(SLUG, course), course).cells
        assert cells[1].metadata["jupyter"] == {"source_hidden": True}
        assert "jupyter" not in cells[2].metadata

    def test_run_all_goes_on_behind_tests_that_fail_until_an_answer_is_written(self, student):
        tagged = [
            cell for cell in student.cells if "raises-exception" in cell.metadata.get("tags", [])
        ]
        assert tagged
        assert tagged == [cell for cell in student.cells if "tests" in cell.metadata]

    def test_nbgrader_accepts_its_metadata(self, student):
        MetadataValidator().validate_nb(student)

    def test_the_notebook_says_its_chapter_and_kernel(self, student):
        assert student.metadata == {
            "course": {"chapter": SLUG},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "name": "python",
            },
        }

    def test_the_chapter_that_was_read_stays_as_it_is(self, course):
        notebook = read_chapter(SLUG, course)
        before = render(notebook)
        student_notebook(notebook, course)
        assert render(notebook) == before


def test_the_solved_notebook_keeps_answers_and_has_plain_markdown(course):
    cells = by_id(solved_notebook(read_chapter(SLUG, course), course))
    assert "return number + the_other_half" in cells["ch07_double"].source
    assert "mark(" in cells["ch07_double_test"].source
    assert "{note}" not in cells["ch07-0004"].source


def test_rendering_is_reproducible_sorted_and_ends_with_one_line_end(course):
    texts = {render(student_notebook(read_chapter(SLUG, course), course)) for _ in range(2)}
    (text,) = texts
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_nbgrader_metadata_survive_the_text_form(course):
    notebook = read_chapter(SLUG, course)
    text = jupytext.writes(notebook, fmt="md:myst")
    again = jupytext.reads(text, fmt="md:myst")
    assert [(c.cell_type, c.source, c.metadata) for c in again.cells] == [
        (c.cell_type, c.source, c.metadata) for c in notebook.cells
    ]
    assert jupytext.writes(again, fmt="md:myst") == text


class TestReading:
    def test_a_description_reaches_the_page_and_not_the_notebook(self, tmp_path):
        course = make_course(
            tmp_path, TEXT.replace("kernelspec:", "description: Twice.\nkernelspec:")
        )
        notebook = read_chapter(SLUG, course)
        assert notebook.metadata.myst == {"html_meta": {"description": "Twice."}}
        assert "myst" not in student_notebook(notebook, course).metadata

    def test_an_unknown_chapter_is_named_with_the_known_ones(self, course):
        with pytest.raises(ChapterError, match=f"no chapter 'ch08_x' in .*; there are: {SLUG}"):
            read_chapter("ch08_x", course)

    def test_a_text_that_is_no_notebook(self, tmp_path):
        broken = make_course(tmp_path, TEXT.replace('{"statement": "double"}', '{"statement"}'))
        with pytest.raises(ChapterError, match=f"{SLUG}.md cannot be read as a MyST notebook"):
            read_chapter(SLUG, broken)

    def test_a_fault_of_the_exercise_files_names_the_chapter(self, course):
        def load(slug):
            raise ValueError("double: 1 hints, wanted 2")

        with pytest.raises(
            ChapterError, match=f"^{SLUG}: its exercises cannot be loaded: double: 1 h"
        ):
            read_chapter(SLUG, Course(course.root, load))


class TestCommand:
    def test_it_writes_then_finds_nothing_to_do(self, course, capsys):
        assert main([], course) == 0
        assert capsys.readouterr().out == f"notebooks/{SLUG}.ipynb written\n"
        assert main([], course) == 0
        assert capsys.readouterr().out == f"notebooks/{SLUG}.ipynb unchanged\n"
        assert main(["--check"], course) == 0

    def test_check_names_what_is_missing_stale_or_left_over(self, course, capsys):
        assert main(["--check"], course) == 1
        assert f"notebooks/{SLUG}.ipynb is missing" in capsys.readouterr().out
        main([], course)
        text = course.solutions / f"{SLUG}.md"
        text.write_text(text.read_text().replace("That was all.", "That was nearly all."))
        for old in ("ch08_old", "capstone_old"):
            (course.notebooks / f"{old}.ipynb").write_text("{}")
        capsys.readouterr()
        assert main(["--check"], course) == 1
        assert capsys.readouterr().out == (
            f"notebooks/{SLUG}.ipynb is stale; run `make notebooks`\n"
            "notebooks/ch08_old.ipynb has no text in solutions/; delete it\n"
            "notebooks/capstone_old.ipynb has no text in solutions/; delete it\n"
        )

    def test_a_broken_chapter_is_a_sentence_and_writes_nothing(self, tmp_path, capsys):
        course = make_course(tmp_path, TEXT.replace(":tests: double\n", ""))
        assert main([], course) == 1
        error = capsys.readouterr().err
        assert error == f"{SLUG}: double has no cell with `tests: double`; add one\n"
        assert not course.notebooks.exists()


@pytest.mark.parametrize("slug", chapter_slugs() + appendix_slugs())
class TestChapters:
    def test_the_committed_notebook_is_fresh(self, slug):
        committed = COURSE.notebooks / f"{slug}.ipynb"
        assert committed.is_file(), "run `make notebooks`"
        assert committed.read_text() == render(student_notebook(read_page(slug)))

    def test_ids_are_unique(self, slug):
        ids = [cell.id for cell in read_page(slug).cells]
        assert len(ids) == len(set(ids))

    def test_text_to_notebook_to_text_loses_nothing(self, slug):
        notebook = read_text_notebook(slug)
        again = jupytext.reads(jupytext.writes(notebook, fmt="md:myst"), fmt="md:myst")
        assert [(c.cell_type, c.source, c.metadata) for c in again.cells] == [
            (c.cell_type, c.source, c.metadata) for c in notebook.cells
        ]


def test_no_notebook_is_left_over():
    assert find_left_over() == []
