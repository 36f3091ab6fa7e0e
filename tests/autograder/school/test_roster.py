import json

import pytest

from autograder.errors import CourseError
from autograder.school.roster import read_roster
from tests.autograder.school.made import HAND_MADE

ADA = "0ae836b9-7fc9-4060-006f-27b2066ac545"


def members(tmp_path, *given):
    path = tmp_path / "members.json"
    path.write_text(json.dumps({"members": list(given)}))
    return read_roster([path])


class TestNamesAndRoles:
    def test_active_learners_alone(self):
        people = read_roster([HAND_MADE / "lti_memberships.json"])
        assert [one.get("userid") for one in people] == [ADA, "u-2"]
        assert people[0].keys == (ADA, "ada@example.edu", "s-0001")
        assert people[1].get("idnumber") == ""

    @pytest.mark.parametrize(
        ("roles", "learns"),
        [
            (["Learner"], True),
            (["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"], True),
            (["Instructor", "Learner"], True),
            (["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"], False),
            ([], False),
        ],
    )
    def test_roles(self, tmp_path, roles, learns):
        assert len(members(tmp_path, {"user_id": "1", "roles": roles})) == learns

    @pytest.mark.parametrize(("status", "counts"), [("active", 1), ("Deleted", 0), (None, 1)])
    def test_status(self, tmp_path, status, counts):
        member = {"user_id": "1", "roles": ["Learner"], "status": status}
        assert len(members(tmp_path, member)) == counts

    @pytest.mark.parametrize(
        ("member", "told"),
        [
            ({"roles": []}, "no `user_id`"),
            ({"user_id": 7, "roles": []}, "no `user_id`"),
            ({"user_id": "7"}, "'7' has no list of `roles`"),
            ("Ada", "no `user_id`"),
        ],
    )
    def test_a_member_that_is_none(self, tmp_path, member, told):
        with pytest.raises(CourseError, match=told):
            members(tmp_path, member)

    @pytest.mark.parametrize("text", ["[]", "{}", '{"members": {}}', "null"])
    def test_json_that_is_no_roster(self, tmp_path, text):
        path = tmp_path / "members.json"
        path.write_text(text)
        with pytest.raises(CourseError, match="no list of `members`"):
            read_roster([path])

    def test_what_is_no_json(self, tmp_path):
        path = tmp_path / "members.json"
        path.write_text("{")
        with pytest.raises(CourseError, match="is no JSON"):
            read_roster([path])

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(CourseError, match="There is no"):
            read_roster([tmp_path / "members.json"])


class TestTables:
    def test_headers_in_any_writing(self):
        people = read_roster([HAND_MADE / "moodle_participants.csv"])
        assert people[0].fields == (
            *(("idnumber", "s-0001"), ("email", "Ada@Example.edu"), ("username", "ada")),
        )

    def test_a_gradebook_of_canvas(self):
        people = read_roster([HAND_MADE / "canvas_gradebook_semicolons.csv"])
        assert people[0].keys == ("ada@example.edu",)

    def test_rows_that_say_nothing_are_nobody(self, tmp_path):
        path = tmp_path / "roster.csv"
        path.write_text("learner,user_id\nada, u-1 \n,\nbob,\n")
        ada, bob = read_roster([path])
        assert ada.fields == (("learner", "ada"), ("userid", "u-1"))
        assert (bob.get("userid"), bob.keys) == ("", ("bob",))

    def test_no_known_header(self, tmp_path):
        path = tmp_path / "roster.csv"
        path.write_text("Name,Town\nAda,London\n")
        with pytest.raises(CourseError, match="none of its headers"):
            read_roster([path])


def test_several_files_are_one_roster():
    files = [HAND_MADE / "roster.csv", HAND_MADE / "lti_memberships.json"]
    assert len(read_roster(files)) == 4
