import math

import pytest
import torch

from course_lib.analysis.alignment import antidiagonal_share
from course_lib.training.reversal import (
    SETTINGS,
    TASK,
    Settings,
    share_right,
    train_reverser,
    writing_loss,
)

SHORT = Settings(n_steps=3, batch_size=4, n_warmup=1)
either = pytest.mark.parametrize("attends", [True, False])


def test_sequences_grow_to_the_longest_and_stay_there():
    settings = Settings(n_steps=100, shortest=4, longest=14, share_of_growth=0.5)
    assert [settings.longest_at(step) for step in (0, 25, 50, 99)] == [4, 9, 14, 14]


@either
def test_training_repeats_with_the_seed(attends):
    first, second, other = (train_reverser(attends, seed, settings=SHORT) for seed in (5, 5, 6))
    names = first.state_dict()
    assert all(torch.equal(names[name], second.state_dict()[name]) for name in names)
    assert not torch.equal(first.table, other.table)


@either
def test_training_reports_each_step_and_ends_in_evaluation_mode(attends):
    steps = []
    model = train_reverser(attends, 0, on_step=lambda *step: steps.append(step), settings=SHORT)
    assert [step for step, _ in steps] == [0, 1, 2]
    assert not model.training
    # Before it has learned anything, it does little better than guessing.
    assert steps[0][1] == pytest.approx(math.log(TASK.vocab_size), abs=0.3)


def test_both_have_as_many_parameters():
    sizes = [
        sum(p.numel() for p in train_reverser(attends, 0, settings=SHORT).parameters())
        for attends in (True, False)
    ]
    assert max(sizes) < 1.05 * min(sizes)


def test_the_loss_is_the_mean_cross_entropy_of_the_tokens_to_write():
    model = train_reverser(True, 0, settings=SHORT)
    batch = TASK.batch(2, 3, torch.Generator().manual_seed(0))
    shares = model(batch.source_ids, batch.told_ids).logits.log_softmax(dim=-1)
    right = [
        shares[row, place, batch.target_ids[row, place]] for row in range(2) for place in range(3)
    ]
    torch.testing.assert_close(writing_loss(model, batch), -torch.stack(right).mean())


def test_the_share_right_goes_on_from_the_models_own_tokens():
    model = train_reverser(True, 0, settings=SHORT)
    share = share_right(model, length=3, n_sequences=10)
    batch = TASK.batch(10, 3, torch.Generator().manual_seed(10_003))
    written, _ = model.write(batch.source_ids, TASK.start_id)
    assert share == (written == batch.target_ids).double().mean().item()


@pytest.mark.slow
@pytest.mark.load
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_claims_of_the_course_hold_on_other_seeds(seed):
    torch.set_num_threads(1)
    writer, without = (train_reverser(attends, seed) for attends in (True, False))
    assert SETTINGS.longest == 40
    assert share_right(writer, 40) > share_right(without, 40) + 0.3
    for length in (10, 20, 30, 40):
        batch = TASK.batch(200, length, torch.Generator().manual_seed(length))
        with torch.no_grad():
            weights = writer(batch.source_ids, batch.told_ids).weights
        assert antidiagonal_share(weights) >= 0.95
