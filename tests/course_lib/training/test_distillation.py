import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.distillation import DistillationConfig, distillation_loss
from tests.course_lib.training.chats import TIGHT, rand

B, T, V = 2, 5, 7


def inputs():
    targets = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(2))
    return rand(B, T, V), 2 * rand(B, T, V, seed=1), targets


def test_hand_worked_case():
    # Logits log 9 at temperature 2 are log 3: the teacher gives 3/4 and 1/4, the student 1/2 each.
    # Divergence 3/4 log(3/2) + 1/4 log(1/2) = 3/4 log 3 − log 2, times 4. The truth costs log 2.
    teacher = torch.tensor([[[math.log(9), 0.0]]], dtype=torch.float64)
    student = torch.zeros(1, 1, 2, dtype=torch.float64)
    cfg = DistillationConfig(temperature=2.0, soft_share=0.25)
    found = distillation_loss(student, teacher, torch.tensor([[1]]), cfg)
    soft = 4 * (0.75 * math.log(3) - math.log(2))
    assert found.soft.item() == pytest.approx(soft, rel=1e-12)
    assert found.hard.item() == pytest.approx(math.log(2), rel=1e-12)
    assert found.loss.item() == pytest.approx(0.25 * soft + 0.75 * math.log(2), rel=1e-12)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_matches_torch(temperature):
    student, teacher, targets = inputs()
    cfg = DistillationConfig(temperature=temperature, soft_share=0.7)
    found = distillation_loss(student, teacher, targets, cfg)
    flat = [(rows / temperature).log_softmax(-1).flatten(0, 1) for rows in (student, teacher)]
    soft = F.kl_div(*flat, reduction="batchmean", log_target=True) * temperature**2
    hard = F.cross_entropy(student.flatten(0, 1), targets.flatten())
    torch.testing.assert_close(found.soft, soft, **TIGHT)
    torch.testing.assert_close(found.hard, hard, **TIGHT)
    torch.testing.assert_close(found.loss, 0.7 * soft + 0.3 * hard, **TIGHT)


def test_the_gradient_is_that_of_the_cross_entropy_with_soft_targets():
    student, teacher, targets = inputs()
    student.requires_grad_()
    cfg = DistillationConfig(temperature=3.0, soft_share=1.0)
    distillation_loss(student, teacher, targets, cfg).loss.backward()
    # Hinton et al., equation 2: (student's share − teacher's share)/temperature, times its square.
    shares = [(rows.detach() / 3.0).softmax(-1) for rows in (student, teacher)]
    torch.testing.assert_close(student.grad, 3.0 * (shares[0] - shares[1]) / (B * T), **TIGHT)


def test_a_student_that_agrees_has_nothing_soft_to_learn():
    student, _, targets = inputs()
    found = distillation_loss(student, student + 4, targets, DistillationConfig())
    assert abs(found.soft.item()) < 1e-12


def test_positions_that_do_not_count_do_not_matter():
    student, teacher, targets = inputs()
    counts = torch.tensor([[True, False, True, True, False], [False, True, False, False, False]])
    cfg = DistillationConfig()
    found = distillation_loss(student, teacher, targets, cfg, counts)
    rows = [each[counts][None] for each in (student, teacher, targets)]
    torch.testing.assert_close(found.loss, distillation_loss(*rows, cfg).loss, **TIGHT)
    student[~counts] = torch.nan
    assert torch.equal(distillation_loss(student, teacher, targets, cfg, counts).loss, found.loss)


def test_no_gradient_reaches_the_teacher():
    student, teacher, targets = inputs()
    student.requires_grad_()
    teacher.requires_grad_()
    distillation_loss(student, teacher, targets, DistillationConfig()).loss.backward()
    assert teacher.grad is None


def test_nothing_that_counts_is_refused():
    student, teacher, targets = inputs()
    none = torch.zeros(B, T, dtype=torch.bool)
    with pytest.raises(ValueError, match="no position counts"):
        distillation_loss(student, teacher, targets, DistillationConfig(), none)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"temperature": 0.0}, r"temperature=0.0 must be above 0"),
        ({"soft_share": 1.1}, r"soft_share=1.1 is not between 0 and 1"),
        ({"soft_share": -0.1}, r"soft_share=-0.1 is not between 0 and 1"),
    ],
)
def test_settings_are_checked(setting, message):
    with pytest.raises(ValueError, match=message):
        DistillationConfig(**setting)
