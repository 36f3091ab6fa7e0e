"""Find, in a submitted notebook, the learner's answer to each exercise.

Editors copy, split, move and delete cells, and some throw their metadata away. An answer is looked
for by nbgrader's id, then by the cell's own id, then by its unchanged text, then by the name that
it defines.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.exercises.base import Exercise, WrittenAnswer
from autograder.judge.visible_tests import without_hidden_tests
from autograder.submissions.assignment import Assignment, grade_id
from autograder.submissions.reading import Cell

# A definition or an assignment at the start of a line. A regular expression, not Python's parser:
# the text is hostile, may hold magics or half a function, and is read in the trusted process.
_DEFINITION = re.compile(
    r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.M
)
_OF_CHAPTER = re.compile(r"(ch\d\d|capstone)_")  # how a grade id begins
BEFORE_ALL = -1


@dataclass
class Match:
    """What of a submission belongs where.

    Attributes:
        answers: Text by grade id; an answer that was not found is absent.
        added: The learner's own cells, by the index of our cell that they follow.
        repairs: One sentence for each thing that was not as it should be.
        other_chapter: Short name of the chapter whose notebook this is, if it is not ours; then
            nothing of it is taken over.
    """

    answers: dict[str, str] = field(default_factory=dict)
    added: dict[int, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    repairs: list[str] = field(default_factory=list)
    other_chapter: str = ""


def match(assignment: Assignment, cells: tuple[Cell, ...]) -> Match:
    """Say which submitted cell answers which exercise, and which are the learner's own."""
    matcher = _Matcher(assignment, cells)
    for exercise in assignment.asked:
        matcher.find_answer(exercise)
    other = _other_chapter(assignment, cells)
    if other and not matcher.has_work():
        ours = assignment.chapter.prefix
        sentence = f"This is a notebook of {other}, not of {ours}: no exercise of {ours} is in it."
        return Match(repairs=[sentence], other_chapter=other)
    matcher.report_changed_tests()
    matcher.place_added_cells()
    return matcher.found


def defined_names(source: str) -> set[str]:
    """Names that a cell defines or assigns at its outermost level."""
    return {name for pair in _DEFINITION.findall(source) for name in pair if name}


def normalised(source: str) -> str:
    """Text without what editors change unasked: blank lines and spaces at line ends."""
    # The instructor's own notebook, handed in as a trial, still holds the hidden tests.
    source = without_hidden_tests(source)
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


class _Matcher:
    """Matches one submission; `found` fills up as its methods are called in their order."""

    def __init__(self, assignment: Assignment, cells: tuple[Cell, ...]) -> None:
        self.assignment = assignment
        self.ours = assignment.notebook.cells
        self.cells = cells
        self.owners = _owners(self.ours, cells)
        self.used: set[int] = set()
        self.found = Match()

    def find_answer(self, exercise: Exercise | WrittenAnswer) -> None:
        """Find the answer to an exercise and mark its cells as used."""
        wanted = self.assignment.grade_id(exercise)
        home = next(i for i, cell in enumerate(self.ours) if grade_id(cell) == wanted)
        copies = [i for i, owner in enumerate(self.owners) if owner == home]
        if len(copies) > 1:
            self._repair(f"The cell of {exercise.name} stood {len(copies)} times.")
        untouched = ("", normalised(self.ours[home].source))
        worked = [i for i in copies if normalised(self.cells[i].source) not in untouched]
        if not worked:
            worked = self._stray_answer(exercise, home, lost=not copies)
        self.used.update(copies, worked)
        if worked:
            self.found.answers[wanted] = self._text(exercise, worked)
        elif copies:
            self.found.answers[wanted] = self.ours[home].source
        else:
            self._repair(f"The cell of {exercise.name} is missing{_in_its_place(exercise)}.")

    def has_work(self) -> bool:
        """Tell whether an answer was found that is not as it was handed out."""
        handed_out = self.assignment.by_grade_id
        return any(
            normalised(text) != normalised(handed_out[name].source)
            for name, text in self.found.answers.items()
        )

    def report_changed_tests(self) -> None:
        """Say which of the course's tests the learner had changed; ours are used anyway."""
        tests = {self.assignment.mark_id(one): one for one in self.assignment.chapter.autograded}
        for owner, cell in zip(self.owners, self.cells, strict=True):
            exercise = None if owner is None else tests.get(grade_id(self.ours[owner]))
            if exercise and normalised(cell.source) != normalised(self.ours[owner].source):
                self._repair(
                    f"The tests of {exercise.name} had been changed; the course's own were used."
                )

    def place_added_cells(self) -> None:
        """Keep each cell of the learner's own behind the cell of ours that it follows."""
        anchor = BEFORE_ALL
        for i, (owner, cell) in enumerate(zip(self.owners, self.cells, strict=True)):
            anchor = anchor if owner is None else owner
            if owner is None and i not in self.used and cell.source.strip():
                self.found.added[anchor].append(cell)

    def _stray_answer(
        self, exercise: Exercise | WrittenAnswer, home: int, *, lost: bool
    ) -> list[int]:
        """Look for an answer outside its own cell, which is lost or left as it was handed out."""
        if isinstance(exercise, Exercise):
            strays = [i for i in self._unowned() if _defines(exercise, self.cells[i].source)][-1:]
            how = "the name that it defines"
        else:
            asked = [i for i, owner in enumerate(self.owners) if owner == home - 1]
            strays = [i for i in self._unowned() if lost and asked and i == asked[-1] + 1]
            how = "its place after the question"
        if strays:
            self._repair(
                f"The answer to {exercise.name} was found by {how}; "
                "its own cell had been lost or left empty."
            )
        return strays

    def _unowned(self) -> list[int]:
        return [
            i
            for i, owner in enumerate(self.owners)
            if owner is None and i not in self.used and self.cells[i].source.strip()
        ]

    def _text(self, exercise: Exercise | WrittenAnswer, worked: list[int]) -> str:
        """Join what belongs together: the halves of a split cell, but not two attempts."""
        if isinstance(exercise, WrittenAnswer):
            return "\n\n".join(self.cells[i].source for i in worked)
        if any(self.cells[i].kind != "code" for i in worked):
            self._repair(f"The cell of {exercise.name} was no code cell; it was run as one.")
        attempts = [i for i in worked if _defines(exercise, self.cells[i].source)]
        parts = [i for i in worked if i not in attempts[:-1]]
        return "\n".join(self.cells[i].source for i in parts)

    def _repair(self, sentence: str) -> None:
        self.found.repairs.append(sentence)


def _in_its_place(exercise: Exercise | WrittenAnswer) -> str:
    """Say how a lost cell can be replaced."""
    if isinstance(exercise, WrittenAnswer):
        return ""
    return f"; any code cell that defines {', '.join(exercise.exports)} does in its place"


def _other_chapter(assignment: Assignment, cells: tuple[Cell, ...]) -> str:
    """Name the chapter from which most cells come, by their ids; "" if it is ours or unknown."""
    begun = (_OF_CHAPTER.match(cell.grade_id) for cell in cells)
    seen = Counter(found[1] for found in begun if found)
    if not seen or assignment.chapter.prefix in seen:
        return ""
    return seen.most_common(1)[0][0]


def _owners(ours: list[NotebookNode], cells: tuple[Cell, ...]) -> list[int | None]:
    """Give for each submitted cell the index of our cell that it comes from, or None."""
    by_grade_id = {grade_id(cell): i for i, cell in enumerate(ours) if grade_id(cell)}
    by_cell_id = {cell.id: i for i, cell in enumerate(ours) if cell.get("id")}
    by_text = {normalised(cell.source): i for i, cell in enumerate(ours) if cell.source.strip()}

    def owner(cell: Cell) -> int | None:
        candidates = (
            by_grade_id.get(cell.grade_id),
            by_cell_id.get(cell.cell_id),
            by_text.get(normalised(cell.source)),
        )
        return next((index for index in candidates if index is not None), None)

    return [owner(cell) for cell in cells]


def _defines(exercise: Exercise, source: str) -> bool:
    return set(exercise.exports) <= defined_names(source)
