import pytest
import torch

from autograder.exercises.ch06_training.lr_at import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_falls_as_torchs_schedule_does(answer):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=13, eta_min=0.2)
    for step in range(14):
        assert answer.function(step, 0, 13, 0.9, 0.2) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_a_tensor_is_no_learning_rate():
    def tensor(*schedule):
        return torch.tensor(exercise.alternatives[0].function(*schedule))

    assert judge_function(exercise, tensor).points == 0


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("peak_one_step_late", ["warm-up"]),
        (
            "decays_to_zero",
            ["half a cosine down to the floor", "level after the end", "no warm-up"],
        ),
        ("starts_again", ["level after the end"]),
        ("divides_by_no_warmup", ["no warm-up"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
