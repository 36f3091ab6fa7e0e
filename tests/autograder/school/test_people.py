import pytest

from autograder.school.people import match
from autograder.submissions.names import learner_names

KEYS = {1: {"ada@example.edu", "11", ""}, 2: {"charles", "12"}, 3: {"jo", "13"}, 4: {"jo", "14"}}


def test_exact_names_whatever_their_capitals():
    found = match(["Ada@Example.edu", "CHARLES"], KEYS)
    assert found.rows == {"Ada@Example.edu": 1, "CHARLES": 2}
    assert match(["una"], {1: {" Una "}}).rows == {"una": 1}
    assert (found.unknown, found.doubtful) == ((), ())
    assert found.absent == (3, 4)


def test_nearly_is_not_enough():
    found = match(["ada", "charle", "ada@example.ed", "1"], KEYS)
    assert found.rows == {}
    assert found.unknown == ("ada", "charle", "ada@example.ed", "1")


def test_a_name_of_two_people_is_nobodys():
    found = match(["jo", "14"], KEYS)
    assert found.rows == {}  # "jo" may be the one whose number is 14 too
    assert found.doubtful == ("jo", "14")
    assert found.absent == (1, 2)


def test_two_learners_of_one_row_are_both_in_doubt():
    found = match(["charles", "12", "11"], KEYS)
    assert found.rows == {"11": 1}
    assert found.doubtful == ("charles", "12")


def test_an_empty_key_answers_to_nothing():
    assert match(["_", ""], {1: {"", " "}}).unknown == ("_", "")


def test_a_name_that_had_to_be_mended_is_known_by_what_it_became():
    learner = learner_names(["a/b"])["a/b"]
    assert learner.startswith("a_b~")
    assert match([learner], {1: {"a/b"}}).rows == {learner: 1}
    assert match(["a_b"], {1: {"a/b"}}).unknown == ("a_b",)  # somebody else
    assert match([learner], {1: {"7"}}, [(learner, "7")]).rows == {learner: 1}


class TestFurtherNames:
    def test_a_row_that_has_one_of_them_answers_to_all(self):
        found = match(["anon_x3Kd9"], KEYS, [("anon_x3Kd9", "12")])
        assert found.rows == {"anon_x3Kd9": 2}

    @pytest.mark.parametrize("person", [("anon", "11", "12"), ("anon", "jo")])
    def test_somebody_who_would_be_two_is_nobody(self, person):
        assert match(["anon"], KEYS, [person]).doubtful == ("anon",)

    def test_who_is_in_no_row_stays_unknown(self):
        assert match(["anon"], KEYS, [("anon", "99")]).unknown == ("anon",)
