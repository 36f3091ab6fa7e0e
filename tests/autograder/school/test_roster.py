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


class TestSeveralFiles:
    def read(self, tmp_path, *texts):
        paths = [tmp_path / f"{n}.csv" for n in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return [dict(one.fields) for one in read_roster(paths)]

    def test_what_one_says_of_somebody_joins_what_another_says(self, tmp_path):
        own = "learner,Email\nnobody,ADA@example.edu\nbob,bob@example.edu\n"
        theirs = "user_id,Email\nu-1,Ada@example.edu\nu-2,eve@example.edu\n"
        assert self.read(tmp_path, theirs, own) == [
            {"userid": "u-1", "email": "Ada@example.edu", "learner": "nobody"},
            {"userid": "u-2", "email": "eve@example.edu"},
            {"learner": "bob", "email": "bob@example.edu"},
        ]

    def test_two_rows_of_one_file_are_two_people(self, tmp_path):
        text = "learner,user_id\nada,u-1\nbob,u-1\n"
        assert len(self.read(tmp_path, text)) == 2
        again = "user_id,username\nu-1,a\n"  # of whom is not certain
        assert len(self.read(tmp_path, text, again)) == 3

    @pytest.mark.parametrize(
        "text", ["user_id,Email,username\nu-1,e@x.org,eve\n", "Email\nb@x.org"]
    )
    def test_what_speaks_against_it_keeps_them_apart(self, tmp_path, text):
        first = "user_id,Email,username\nu-1,a@x.org,ada\n"
        assert len(self.read(tmp_path, first, text)) == 2

    def test_nobody_becomes_two_others(self, tmp_path):
        first = "user_id,username\nu-1,ada\nu-2,bob\n"
        assert len(self.read(tmp_path, first, "user_id,username\nu-1,bob\n")) == 3
        both = "learner,user_id\na,u-1\nb,u-1\n"
        assert [one.get("learner") for one in self.read(tmp_path, first, both)] == ["a", None, "b"]

    def test_a_number_in_one_is_no_login_in_the_other(self, tmp_path):
        assert len(self.read(tmp_path, "user_id\n7\n", "username\n7\n")) == 2

    def test_two_files_that_disagree_stay_two_lists(self):
        files = [HAND_MADE / "roster.csv", HAND_MADE / "lti_memberships.json"]
        assert len(read_roster(files)) == 4
