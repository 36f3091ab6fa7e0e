from autograder.selftest.answers import judge_answers
from tests.autograder.mutation.toys import cells, make_exercise


def rows(exercise):
    return list(judge_answers(exercise, cells(), 1))


def test_every_answer_is_judged_once_in_order():
    exercise = make_exercise()

    @exercise.alternative
    def summed(numbers, low):
        return sum(one >= low for one in numbers)

    found = rows(exercise)
    assert [(row.kind, row.answer) for row in found] == [
        ("solution", "count"),
        ("alternative", "summed"),
        ("stub", "untouched"),
        ("misconception", "below"),
        ("misconception", "added_up"),
        ("misconception", "everything"),
    ]
    assert [row.points for row in found] == [2, 2, 0, 0, 0, 0]
    assert [row.named for row in found[3:]] == [("below",), ("added_up",), ("everything",)]
    assert all(row.fault == "" for row in found)


def test_a_fault_says_what_is_wrong():
    exercise = make_exercise()

    @exercise.misconception("Not wrong at all.")
    def right(numbers, low):
        return sum(one >= low for one in numbers)

    assert rows(exercise)[-1].fault == "is wrong, and gets all points"
