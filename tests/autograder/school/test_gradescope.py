import json
from dataclasses import replace

import pytest

from autograder.errors import CourseError
from autograder.school.gradescope import VISIBILITIES, gradescope_results
from tests.autograder.school.made import mark
from tests.autograder.school.results import item, result


def made(one, points, visibility="visible", lines=("Total",)):
    return json.loads(gradescope_results(one, mark(one.learner, points, lines=lines), visibility))


def test_a_test_an_item():
    found = made(result(), 50.0)
    assert {name: found[name] for name in found if name != "tests"} == {
        "score": 50.0,
        "output": "Total",
        "visibility": "visible",
        "stdout_visibility": "hidden",
    }
    assert found["tests"] == [
        {"name": "double: whole numbers", "score": 20.0, "max_score": 20.0, "output": ""},
        {
            "name": "double: tensors",
            "score": 0.0,
            "max_score": 40.0,
            "output": "About tensors.\nnot ␛",
        },
        {"name": "largest: the largest", "score": 30.0, "max_score": 30.0, "output": ""},
    ]


def test_extra_credit_has_no_maximum():
    tests = made(result(bonus=True), 53.0)["tests"]
    assert tests[-2] == {"name": "halve: even numbers", "score": 3.0, "output": ""}
    assert "max_score" not in tests[-1]


def test_what_a_person_gave_makes_tests_and_score_agree():
    found = made(result(), 62.5)
    assert found["tests"][-1] == {"name": "Marked by a person", "score": 12.5, "output": ""}
    assert sum(test["score"] for test in found["tests"]) == found["score"] == 62.5


def test_a_submission_that_could_not_be_read():
    found = made(result(reason="It is empty."), 0.0, lines=("Total", "Not graded: It is empty."))
    assert found["tests"] == []
    assert found["score"] == 0.0
    assert "It is empty." in found["output"]


def test_a_long_message_is_cut_and_in_a_line():
    one = result()
    long = replace(one.verdicts[0], items=(item("tensors", 0.0, 60.0, "a\n" * 10_000),))
    found = made(replace(one, verdicts=(long,)), 0.0)
    sentence, message = found["tests"][0]["output"].split("\n")
    assert sentence == "About tensors."
    assert len(message) == 600


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_when_learners_see_it(visibility):
    assert made(result(), 50.0, visibility)["visibility"] == visibility


def test_an_unknown_visibility():
    with pytest.raises(CourseError, match="there are visible, hidden, after_due_date"):
        made(result(), 50.0, "secret")


def test_the_same_again_is_the_same():
    one = mark("ada", 50.0)
    assert gradescope_results(result(), one, "hidden") == gradescope_results(
        result(), one, "hidden"
    )
