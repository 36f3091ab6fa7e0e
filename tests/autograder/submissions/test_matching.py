import pytest

from autograder.submissions.assignment import grade_id
from autograder.submissions.matching import BEFORE_ALL, defined_names, match, normalised
from autograder.submissions.reading import Cell
from tests.autograder.small_chapter import SOLUTIONS

DOUBLE, LARGEST, WRITTEN = "ch99_double", "ch99_largest", "ch99_written"


def submitted(small, *, with_ids=True, **answers):
    """The handed-out notebook as submitted cells, with answers filled in."""
    cells = []
    for cell in small.notebook.cells:
        name = grade_id(cell)
        source = answers.get(name.removeprefix("ch99_"), cell.source)
        ids = (name, cell.id) if with_ids else ("", "")
        cells.append(Cell(cell.cell_type, source, *ids))
    return cells


def place(small, wanted):
    return next(i for i, c in enumerate(small.notebook.cells) if grade_id(c) == wanted)


class TestAnswers:
    def test_are_found_by_id(self, small):
        found = match(small, tuple(submitted(small, **SOLUTIONS)))
        assert found.answers == {f"ch99_{name}": text for name, text in SOLUTIONS.items()}
        assert found.repairs == []
        assert not any(found.added.values())

    def test_untouched_ones_stay_as_handed_out(self, small):
        found = match(small, tuple(submitted(small)))
        assert found.answers[DOUBLE] == small.by_grade_id[DOUBLE].source
        assert found.repairs == []

    def test_are_found_without_any_id(self, small):
        cells = submitted(small, with_ids=False, **SOLUTIONS)
        found = match(small, tuple(cells))
        assert found.answers == {f"ch99_{name}": text for name, text in SOLUTIONS.items()}
        assert not any(found.added.values()), "the course's own cells must not be run as theirs"
        assert "the name that it defines" in found.repairs[0]
        assert "its place after the question" in found.repairs[-1]

    def test_are_found_by_the_cells_own_id(self, small):
        cells = [Cell(c.kind, c.source, "", c.cell_id) for c in submitted(small, **SOLUTIONS)]
        assert match(small, tuple(cells)).answers[DOUBLE] == SOLUTIONS["double"]

    def test_under_a_renamed_id_are_found_by_name(self, small):
        cells = submitted(small, **SOLUTIONS)
        at = place(small, DOUBLE)
        cells[at] = Cell("code", SOLUTIONS["double"], "my_double", "abc")
        assert match(small, tuple(cells)).answers[DOUBLE] == SOLUTIONS["double"]

    def test_in_a_cell_of_their_own_beside_the_stub_are_found(self, small):
        cells = submitted(small)
        cells.append(Cell("code", SOLUTIONS["double"]))
        found = match(small, tuple(cells))
        assert found.answers[DOUBLE] == SOLUTIONS["double"]
        assert not any(found.added.values())

    def test_deleted_ones_are_missing_and_said_so(self, small):
        cells = submitted(small, **SOLUTIONS)
        del cells[place(small, LARGEST)]
        found = match(small, tuple(cells))
        assert LARGEST not in found.answers
        assert found.repairs == [
            "The cell of largest is missing; any code cell that defines largest does in its place."
        ]

    def test_of_two_attempts_the_last_counts_and_the_first_is_gone(self, small):
        cells = submitted(small, **SOLUTIONS)
        at = place(small, DOUBLE)
        cells.insert(at, Cell("code", "def double(x):\n    return 0", DOUBLE, "old"))
        found = match(small, tuple(cells))
        assert found.answers[DOUBLE] == SOLUTIONS["double"]
        assert not any(found.added.values())
        assert found.repairs == ["The cell of double stood 2 times."]

    def test_a_stub_that_stands_after_the_answer_does_not_win(self, small):
        cells = submitted(small, **SOLUTIONS)
        at = place(small, DOUBLE)
        cells.insert(at + 1, Cell("code", small.by_grade_id[DOUBLE].source, DOUBLE, "copy"))
        assert match(small, tuple(cells)).answers[DOUBLE] == SOLUTIONS["double"]

    @pytest.mark.parametrize("line", [1, 2])
    def test_the_halves_of_a_split_cell_are_joined(self, small, line):
        cells = submitted(small, **SOLUTIONS)
        at = place(small, DOUBLE)
        lines = SOLUTIONS["double"].split("\n")
        cells[at] = Cell("code", "\n".join(lines[:line]), DOUBLE, DOUBLE)
        cells.insert(at + 1, Cell("code", "\n".join(lines[line:]), DOUBLE, "half"))
        assert match(small, tuple(cells)).answers[DOUBLE] == SOLUTIONS["double"]

    def test_in_a_cell_of_the_wrong_kind_are_taken(self, small):
        cells = submitted(small, **SOLUTIONS)
        cells[place(small, DOUBLE)] = Cell("markdown", SOLUTIONS["double"], DOUBLE)
        found = match(small, tuple(cells))
        assert found.answers[DOUBLE] == SOLUTIONS["double"]
        assert "no code cell" in found.repairs[0]

    def test_in_words_are_joined_from_all_copies(self, small):
        cells = submitted(small, **SOLUTIONS)
        cells.append(Cell("markdown", "And more.", WRITTEN))
        assert match(small, tuple(cells)).answers[WRITTEN].endswith("3 + 3.\n\nAnd more.")


class TestAnotherChaptersNotebook:
    """Its cells are not the learner's own, and ten sentences on lost cells would hide the one."""

    OTHER = (
        Cell("markdown", "# Another", "", "title"),
        Cell("code", "def other():\n    return 1", "ch02_other", "a"),
        Cell("code", "print(other())", "ch02_other_test", "b"),
        Cell("code", "1 / 0", "capstone_update", "c"),
        Cell("markdown", "YOUR ANSWER HERE", "ch02_written", "d"),  # the text of ours, too
    )

    def test_is_said_to_be_one_and_nothing_of_it_is_taken(self, small):
        found = match(small, self.OTHER)
        assert found.other_chapter == "ch02"
        assert found.repairs == [
            "This is a notebook of ch02, not of ch99: no exercise of ch99 is in it."
        ]
        assert (found.answers, dict(found.added)) == ({}, {})

    def test_with_an_answer_of_ours_in_it_is_read(self, small):
        found = match(small, (*self.OTHER, Cell("code", SOLUTIONS["double"])))
        assert found.other_chapter == ""
        assert found.answers[DOUBLE] == SOLUTIONS["double"]

    def test_is_not_what_bears_one_of_our_ids_or_none_at_all(self, small):
        test = Cell("code", "60.0", f"{DOUBLE}_test")
        for cells in ((*self.OTHER, test), (Cell("code", "x = 1"),)):
            found = match(small, cells)
            assert found.other_chapter == ""
            assert found.repairs[0].startswith("The cell of double is missing; any code cell that")


class TestOtherCells:
    def test_added_cells_follow_the_cell_that_they_stood_behind(self, small):
        cells = submitted(small, **SOLUTIONS)
        cells.insert(place(small, LARGEST), Cell("code", "helper = 1"))
        cells.insert(0, Cell("markdown", "Mine"))
        found = match(small, tuple(cells))
        assert [c.source for c in found.added[BEFORE_ALL]] == ["Mine"]
        assert [c.source for c in found.added[place(small, LARGEST) - 1]] == ["helper = 1"]

    def test_a_changed_test_is_named(self, small):
        cells = submitted(small, **SOLUTIONS)
        cells[place(small, f"{DOUBLE}_test")] = Cell("code", "60.0", f"{DOUBLE}_test")
        found = match(small, tuple(cells))
        assert found.repairs == [
            "The tests of double had been changed; the course's own were used."
        ]

    def test_a_changed_demonstration_is_dropped(self, small):
        cells = submitted(small, **SOLUTIONS)
        demo = next(i for i, c in enumerate(cells) if "demonstration" in c.source)
        cells[demo] = Cell("code", "print('changed')", "", cells[demo].cell_id)
        assert not any(match(small, tuple(cells)).added.values())


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    def g(): pass", {"f"}),
        ("async def f(): pass\nclass G: pass", {"f", "G"}),
        ("f = lambda x: x\ng: int = 3\nh == 4\nk(x=1)", {"f", "g"}),
        ("%magic\n!shell\ndef f(", {"f"}),
    ],
)
def test_defined_names(source, names):
    assert defined_names(source) == names


def test_normalised_forgets_blank_lines_space_at_ends_and_hidden_tests():
    hidden = "### BEGIN HIDDEN TESTS\nmark('x')\n### END HIDDEN TESTS"
    assert normalised(f"a  \n\nb\n{hidden}\n") == normalised("a\nb")
    assert normalised(" a") != normalised("a")
