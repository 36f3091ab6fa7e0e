from autograder.exercises.capstone_mini_gpt.written import exercise


def test_the_rubric_has_three_to_five_criteria_worth_ten_points():
    assert 3 <= len(exercise.rubric) <= 5
    assert sum(criterion.points for criterion in exercise.rubric) == exercise.points == 10
    assert all(criterion.sentence.endswith(".") for criterion in exercise.rubric)
