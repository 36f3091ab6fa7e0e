"""The people of a course, from a list that the school's system gives.

JSON is taken as LTI's Names and Role Provisioning Services give it (1EdTech, "LTI Names and Role
Provisioning Services 2.0", https://www.imsglobal.org/spec/lti-nrps/v2p0): an object with `members`,
each with a `user_id` and `roles`. Of them the active learners are taken: platforms refuse marks for
others. CSV is taken with any of the headers below, whatever stands between their words, such as
Moodle's `Email address` or Canvas's `SIS Login ID`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.school.tables import read_table

USER_ID = "userid"
# What a column or an entry may be called, and the name by which it is known here.
_FIELDS = {
    **{USER_ID: USER_ID, "ltiuserid": USER_ID, "sub": USER_ID},
    **{"email": "email", "emailaddress": "email"},
    **{"username": "username", "login": "username", "loginid": "username"},
    **{"sisloginid": "username"},
    **{"idnumber": "idnumber", "sisuserid": "idnumber", "sid": "idnumber", "studentid": "idnumber"},
    **{"lispersonsourcedid": "idnumber"},
    "learner": "learner",
}
_LEARNER = "learner"  # how a role of NRPS ends, as a whole or behind `#`
_ACTIVE = "active"


@dataclass(frozen=True)
class Person:
    """Somebody of the course.

    Attributes:
        fields: What is known of them: `userid`, `email`, `username`, `idnumber`, and `learner`, the
            name by which `course grade` knows them.
    """

    fields: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What the person answers to."""
        return tuple(value for _, value in self.fields)

    def get(self, name: str) -> str:
        """Give a field, "" where it is not known."""
        return dict(self.fields).get(name, "")

    def agrees_with(self, other: "Person") -> bool:
        """Whether nothing that is known of both differs but for capitals."""
        both = ((self.get(name), value) for name, value in other.fields if self.get(name))
        return all(mine.casefold() == theirs.casefold() for mine, theirs in both)


def read_roster(paths: Iterable[Path]) -> list[Person]:
    """Read the people of a course from one or more files.

    Who is in several is one person: an address, a login or a number in common says so, where
    nothing else speaks against it. The first file says how these are written.

    Raises:
        CourseError: A file is missing, or is no roster.
    """
    people: list[Person] = []
    for path in paths:
        people = _joined(people, _read(path))
    return people


def _joined(people: Sequence[Person], more: Iterable[Person]) -> list[Person]:
    """Add the people of a further list, in which everybody is somebody else."""
    known: dict[tuple[str, str], set[int]] = defaultdict(set)
    for place, person in enumerate(people):
        for name, value in person.fields:
            known[name, value.casefold()].add(place)
    joined = list(people)
    for person in more:
        keys = [(name, value.casefold()) for name, value in person.fields]
        places = set().union(*(known[key] for key in keys if key in known))
        if len(places) == 1 and joined[place := places.pop()].agrees_with(person):
            new = (field for field in person.fields if not joined[place].get(field[0]))
            joined[place] = Person((*joined[place].fields, *new))
        else:
            joined.append(person)
    return joined


def _read(path: Path) -> list[Person]:
    if path.suffix.lower() != ".json":
        return _from_csv(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CourseError(f"There is no {path}.") from None
    except ValueError as error:
        raise CourseError(f"{path} is no JSON: {error}.") from None
    members = plain.get("members") if isinstance(plain, dict) else None
    if not isinstance(members, list):
        raise CourseError(f"{path} is no roster: it has no list of `members`.")
    return [_member(one) for one in members if _counts(one, path)]


def _from_csv(path: Path) -> list[Person]:
    table = read_table(path)
    names = ["".join(filter(str.isalnum, header)).lower() for header in table.header]
    known = {index: _FIELDS[name] for index, name in enumerate(names) if name in _FIELDS}
    if not known:
        raise CourseError(
            f"{path} is no roster: none of its headers is one of user_id, email, username, login, "
            "ID number, learner."
        )
    people = (
        _person((name, table.cell(row, index)) for index, name in known.items())
        for row in table.rows()
    )
    return [person for person in people if person.fields]


def _member(member: dict[str, Any]) -> Person:
    named = (("user_id", USER_ID), ("email", "email"), ("lis_person_sourcedid", "idnumber"))
    return _person((name, str(member.get(key) or "")) for key, name in named)


def _counts(member: object, path: Path) -> bool:
    """Whether a member is an active learner."""
    if not isinstance(member, dict) or not isinstance(member.get("user_id"), str):
        raise CourseError(f"{path} is no roster: a member has no `user_id` in quotes.")
    roles = member.get("roles")
    if not isinstance(roles, list):
        raise CourseError(f"{path} is no roster: {member['user_id']!r} has no list of `roles`.")
    status = str(member.get("status") or _ACTIVE)
    learns = any(str(role).rpartition("#")[2].lower() == _LEARNER for role in roles)
    return learns and status.lower() == _ACTIVE


def _person(fields: Iterable[tuple[str, str]]) -> Person:
    kept: Sequence[tuple[str, str]] = [(name, value.strip()) for name, value in fields]
    return Person(tuple((name, value) for name, value in kept if value))
