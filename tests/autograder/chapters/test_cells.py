import pytest

from autograder.chapters.cells import ChapterError, parts, refusal, statement_end
from autograder.exercises.base import Exercise
from autograder.source import read_chapter
from tests.autograder.small_course import SLUG, TEXT, chapter, make_course


def fault_of(tmp_path, text):
    with pytest.raises(ChapterError) as caught:
        read_chapter(SLUG, make_course(tmp_path, text))
    return str(caught.value)


def cell(notebook, cell_id):
    (found,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return found


def test_ids_are_the_grade_id_or_the_chapter_and_position(tmp_path):
    notebook = read_chapter(SLUG, make_course(tmp_path))
    assert [cell.id for cell in notebook.cells] == [
        "ch07-0001",
        "ch07-0002",
        "ch07-0003",
        "ch07-0004",
        "ch07_double",
        "ch07_double_test",
        "ch07-0007",
        "ch07_written",
        "ch07-0009",
    ]


def test_nbgrader_metadata_follow_from_the_exercise(tmp_path):
    notebook = read_chapter(SLUG, make_course(tmp_path))
    common = {"schema_version": 3, "task": False}
    assert cell(notebook, "ch07_double").metadata.nbgrader == {
        **common,
        "grade": False,
        "grade_id": "ch07_double",
        "locked": False,
        "solution": True,
    }
    assert cell(notebook, "ch07_double_test").metadata.nbgrader == {
        **common,
        "grade": True,
        "grade_id": "ch07_double_test",
        "locked": True,
        "points": 90,
        "solution": False,
    }
    assert cell(notebook, "ch07_written").metadata.nbgrader == {
        **common,
        "grade": True,
        "grade_id": "ch07_written",
        "locked": False,
        "points": 10,
        "solution": True,
    }


def test_a_statement_ends_with_points_refused_calls_and_folded_hints(tmp_path):
    statement = read_chapter(SLUG, make_course(tmp_path)).cells[3].source
    assert statement.endswith(
        "**90 points.** Not allowed here: `numpy.multiply`, `torch.Tensor.mul`.\n\n"
        "<details>\n<summary>Hint 1</summary>\n\nAdd something to the number.\n\n</details>\n\n"
        "<details>\n<summary>Hint 2</summary>\n\nAdd the number to itself.\n\n</details>"
    )


def test_a_long_list_of_calls_is_folded():
    calls = tuple(f"torch.{letter}" for letter in "abcde")
    strict = Exercise(name="x", points=9, exports=("x",), hints=("a", "b"), not_allowed=calls)
    assert statement_end(strict).startswith(
        "**9 points.** Not allowed here: `torch.a`, `torch.b`, `torch.c`, `torch.d` and their like."
        "\n\n<details>\n<summary>All calls that are not allowed</summary>\n\n"
        "`torch.a`, `torch.b`, `torch.c`, `torch.d`, `torch.e`\n\n</details>\n\n<details>"
    )


def test_one_point_is_singular():
    lone = Exercise(name="one", points=1, exports=("one",), hints=("a", "b"))
    assert statement_end(lone).startswith("**1 point.**\n")


def test_a_test_cell_ends_with_the_call_of_the_hidden_checks(tmp_path):
    source = cell(read_chapter(SLUG, make_course(tmp_path)), "ch07_double_test").source
    assert source.endswith(
        'print("double(3) is", double(3))\n'
        "### BEGIN HIDDEN TESTS\n"
        "from autograder.judge import mark\n\n"
        f'mark("{SLUG}/double")\n'
        "### END HIDDEN TESTS"
    )


def test_a_test_cell_begins_with_the_calls_that_it_refuses(tmp_path):
    source = cell(read_chapter(SLUG, make_course(tmp_path)), "ch07_double_test").source
    assert source.startswith(
        "from autograder.visible import without\n\n"
        "# Write the steps yourself: these calls are refused here, as when it is graded.\n"
        'double = without(double, "numpy.multiply", "torch.Tensor.mul")\n\n'
        "assert double(3) == 6"
    )


def test_many_calls_are_wrapped_for_each_function():
    calls = tuple(f"torch.nn.functional.operation_{letter}" for letter in "abcd")
    strict = Exercise(name="x", points=9, exports=("x", "y"), hints=("a", "b"), not_allowed=calls)
    first, second = refusal(strict).split("\n)\n", 1)
    assert first.endswith(
        "x = without(\n"
        '    x, "torch.nn.functional.operation_a", "torch.nn.functional.operation_b",\n'
        '    "torch.nn.functional.operation_c", "torch.nn.functional.operation_d"'
    )
    assert second.startswith("y = without(\n    y, ")
    assert max(map(len, refusal(strict).splitlines())) <= 100
    namespace = {"x": len, "y": max}
    exec(refusal(strict), namespace)
    assert (namespace["x"]("abc"), namespace["y"](1, 2)) == (3, 2)


def test_where_everything_is_allowed_nothing_is_refused():
    assert refusal(Exercise(name="x", points=9, exports=("x",), hints=("a", "b"))) == ""


def test_parts_are_listed_in_order(tmp_path):
    found = parts(read_chapter(SLUG, make_course(tmp_path)))
    assert [(part.number, part.role, part.name) for part in found] == [
        (4, "statement", "double"),
        (5, "exercise", "double"),
        (6, "tests", "double"),
        (7, "statement", "written"),
        (8, "exercise", "written"),
    ]


SOLUTION = TEXT[
    TEXT.index(":exercise: double") : TEXT.index("```", TEXT.index(":exercise: double"))
]

FAULTS = {
    "no test cell": (
        (":tests: double\n", ""),
        "double has no cell with `tests: double`; add one",
    ),
    "no statement": (
        ('+++ {"statement": "written"}', "+++"),
        "written has no cell with `statement: written`; add one",
    ),
    "no answer": (
        (":exercise: double\n", ""),
        "double has no cell with `exercise: double`; add one",
    ),
    "unknown exercise": (
        (":tests: double\n", ":tests: dubble\n"),
        "cell 6 names the exercise 'dubble', which no file under "
        f"autograder/exercises/{SLUG}/ defines; there are double, written",
    ),
    "named twice": (
        ("+++\n\nThat", '+++ {"statement": "double"}\n\n### Again\n\nThat'),
        "double has 2 cells with `statement`: cells 4, 9; keep one",
    ),
    "tests of a written answer": (
        ("+++\n\nThat", "```{code-cell} ipython3\n:tests: written\n\n1\n```\n\nThat"),
        "written is marked by hand and cannot have a `tests` cell",
    ),
    "no region": (
        (SOLUTION, ":exercise: double\n\ndef double(number):\n    return 2\n"),
        "cell 5, the answer to double, has no '### BEGIN SOLUTION'",
    ),
    "region not closed": (
        ("    ### END SOLUTION\n```", "```"),
        "cell 5, the answer to double, must close each '### BEGIN SOLUTION'",
    ),
    "odd marker": (
        ("    ### END SOLUTION\n```", "    ### END SOLUTION\n    # BEGIN SOLUTION\n```"),
        "cell 5, the answer to double, holds a marker that is not",
    ),
    "marker elsewhere": (
        ('print("two', '### BEGIN SOLUTION\nprint("two'),
        "cell 3 holds 'BEGIN SOLUTION' but is no exercise",
    ),
    "not Python": (
        ("    the_other_half = number\n", "    the other half\n"),
        "cell 5, the answer to double, is not Python: line 4,",
    ),
    "not defined": (
        ("def double(number: float)", "def twice(number: float)"),
        "cell 5, the answer to double, does not define double",
    ),
    "no heading": (
        ("### Exercise: double", "Exercise: double"),
        "cell 4, the statement of double, must open with a `### ` heading",
    ),
    "wrong kind of cell": (
        ('+++ {"exercise": "written"}\n\n### BEGIN SOLUTION\nBecause it is two times something '
         "whole, which is what even means.\n### END SOLUTION",
         "```{code-cell} ipython3\n:exercise: written\n\n1\n```"),
        "cell 8, `exercise: written`, must be a markdown cell",
    ),
    "given cell missing": (
        (":given: imports\n", ""),
        "double needs the given cell 'imports', but no cell is so tagged",
    ),
    "own nbgrader metadata": (
        ("+++\n\nThat", '+++ {"nbgrader": {"grade": true}}\n\nThat'),
        "cell 9 has nbgrader metadata of its own; remove it",
    ),
    "wrong order": (
        ('+++ {"statement": "double"}\n\n### Exercise: double', "### Double"),
        "double has no cell with `statement: double`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_text_is_said_in_words(tmp_path, name):
    (old, new), sentence = FAULTS[name]
    assert TEXT.count(old) == 1
    assert f"{SLUG}: {sentence}" in fault_of(tmp_path, TEXT.replace(old, new))


def test_tests_before_the_answer_are_refused(tmp_path):
    text = TEXT.replace(":exercise: double", ":swap: 1").replace(
        ":tests: double", ":exercise: double"
    )
    text = text.replace(":swap: 1", ":tests: double")
    assert "its cells must come in the order statement, exercise, tests" in fault_of(tmp_path, text)


def test_all_faults_are_said_at_once(tmp_path):
    text = TEXT.replace(":tests: double\n", "").replace("### Exercise: why", "Why?")
    assert len(fault_of(tmp_path, text).splitlines()) == 2


def test_points_must_add_up_to_a_hundred(tmp_path):
    course = make_course(tmp_path)
    small = chapter()
    small.exercises[0].points = 80
    with pytest.raises(ChapterError, match="add up to 90 points, not 100; change `points` under"):
        read_chapter(SLUG, type(course)(course.root, lambda slug: small))
