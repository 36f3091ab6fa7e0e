"""What a group has handed in together in Moodle, as the marks of its members.

As Moodle's `mod/assign/classes/downloader.php` and `mod/assign/gradingtable.php` have it, in
https://github.com/moodle/moodle: a group's folder is called by its name and its number,
`Group A_77`, and that of everyone who is in no group by Moodle's word for it alone. The worksheet
has a row a person, with the name of the group and no number. Each row is uploaded for its person
and for nobody else (`mod/assign/feedback/offline/locallib.php`), so every member's row is filled.
A folder without a number is nobody's: a person may be called as a group is.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from autograder.school.marks import Mark
from autograder.school.moodle_folders import folder_name
from autograder.school.people import Matched, folded
from autograder.school.tables import Table

_NUMBERED = re.compile(r".+_(?P<number>[0-9]+)(?:~[0-9a-f]+)?", re.S)  # a mended name has a mark


def marks_of_members(
    table: Table, rows: Iterable[int], column: int, marks: Sequence[Mark], matched: Matched
) -> tuple[list[Mark], Matched]:
    """Give the members of each group the mark that their group has.

    A learner is a group where nobody answers to the name, exactly one group of the worksheet may be
    called so, and that group is no other learner's. Where any of its members has a mark of their
    own, or may have, the group's is in doubt.

    Args:
        table: The worksheet.
        rows: The rows of people.
        column: Where the names of their groups are.
        marks: The marks of the class.
        matched: Who was found as a person.

    Returns:
        The marks and whose the rows are, with a mark a member in the place of each group's.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if group := table.cell(row, column).strip():
            members[group].append(row)
    groups = {learner: _called(learner, members) for learner in matched.unknown}
    claims = [group for found in groups.values() for group in found]
    certain = {
        learner: members[found[0]]
        for learner, found in groups.items()
        if [claims.count(group) for group in found] == [1]
        and set(members[found[0]]) <= set(matched.absent)
    }
    given, whose = [], dict(matched.rows)
    for mark in marks:
        if mark.learner not in certain:
            given.append(mark)
            continue
        for row in certain[mark.learner]:
            member = f"{mark.learner}: {table.cell(row, 0)}"
            given.append(replace(mark, learner=member))
            whose[member] = row
    doubtful = [learner for learner, found in groups.items() if found and learner not in certain]
    return given, Matched(
        rows=whose,
        unknown=tuple(learner for learner, found in groups.items() if not found),
        doubtful=(*matched.doubtful, *doubtful),
        absent=tuple(row for row in matched.absent if row not in set(whose.values())),
    )


def _called(learner: str, groups: Iterable[str]) -> list[str]:
    """Give the groups whose folder may have the name of a learner."""
    found = _NUMBERED.fullmatch(learner)
    if not found:
        return []
    name = learner.casefold()
    return [one for one in groups if folded(folder_name(one, found["number"])) == name]
