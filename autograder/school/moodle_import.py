"""A file for Moodle's "Grades, Import, CSV file": who it is, the grade, and the feedback.

As described in Moodle's documentation, "Grade import" (https://docs.moodle.org/en/Grade_import),
and done in its `grade/import/csv/classes/load_data.php`: people are found by user name, ID number
or e-mail address, each as Moodle writes it, capitals included. A single person whom Moodle does not
know ends the whole import; so does a grade above the maximum where the site allows none. An empty
grade deletes the one that is there: who awaits marking is not in the file at all. Not tried against
a live server.
"""

import csv
import io
from collections.abc import Sequence

from autograder.errors import CourseError
from autograder.pages.spreadsheet import harmless, is_formula
from autograder.school.filling import AWAITING, Filled, Leaving
from autograder.school.marks import Mark, number
from autograder.school.people import match
from autograder.school.roster import Person

IDENTIFIERS = {"email": "Email address", "idnumber": "ID number", "username": "Username"}

NOTHING = "The roster has no {} for them, so their marks are not in it"
NO_ADDRESS = "Their names are no e-mail addresses; give a --roster that has them"
FORMULA = "A spreadsheet would take the {} for a formula, so their marks are not in it"


def moodle_import(
    marks: Sequence[Mark],
    title: str,
    identifier: str,
    *,
    roster: Sequence[Person] = (),
    anyway: bool = False,
) -> Filled:
    """Write a file for the import of grades.

    Args:
        marks: The marks of the class.
        title: Header of the column of grades; Moodle asks which of its columns that is.
        identifier: A key of `IDENTIFIERS`: by what Moodle finds people.
        roster: People as Moodle knows them; without it learners' names must be the identifiers.
        anyway: Write what is known of marks that await a person.

    Raises:
        CourseError: There is no such identifier.
    """
    if identifier not in IDENTIFIERS:
        raise CourseError(
            f"There is no identifier {identifier!r}; there are email, idnumber, username."
        )
    leaving = Leaving()
    who = _identifiers(marks, identifier, roster, leaving)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([IDENTIFIERS[identifier], harmless(title), harmless(f"Feedback: {title}")])
    n_marks = 0
    for mark in marks:
        named = who.get(mark.learner)
        if named is None:
            continue
        if not named:
            leaving.out(NOTHING.format(IDENTIFIERS[identifier]), mark.learner)
        elif is_formula(named):
            leaving.out(FORMULA.format(IDENTIFIERS[identifier]), mark.learner)
        elif mark.awaiting and not anyway:
            leaving.out(AWAITING, mark.learner)
        else:
            words = harmless("\n".join(mark.lines))
            writer.writerow([named, number(mark.points), words])
            n_marks += 1
    return Filled(text.getvalue().encode(), n_marks, leaving.notices())


def _identifiers(
    marks: Sequence[Mark], identifier: str, roster: Sequence[Person], leaving: Leaving
) -> dict[str, str]:
    """Give by what Moodle finds each learner, where that is certain."""
    learners = [mark.learner for mark in marks]
    if not roster:
        as_they_are = {name: name for name in learners if identifier != "email" or "@" in name}
        for name in learners:
            if name not in as_they_are:
                leaving.out(NO_ADDRESS, name)
        return as_they_are
    matched = match(learners, {row: person.keys for row, person in enumerate(roster)})
    leaving.unmatched(matched)
    return {learner: roster[row].get(identifier) for learner, row in matched.rows.items()}
