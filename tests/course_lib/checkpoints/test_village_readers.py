import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from course_lib.checkpoints.village_readers import (
    COEFFICIENT,
    EXPERTS,
    answer_logits,
    answer_loss,
    config_of,
    dense_trial,
    experts_trial,
    single_trial,
    train_trial,
)
from course_lib.data.village_facts import all_questions, question_batches
from course_lib.expert_balance import uneven_use
from course_lib.models.expert_decoder import (
    active_parameters,
    build_expert_decoder,
    watched_routers,
)

SHORT = {"n_villages": 1, "n_steps": 60}


def built(trial):
    return build_expert_decoder(config_of(trial), torch.Generator().manual_seed(0))


def n_parameters(trial):
    return sum(each.numel() for each in built(trial).parameters())


class TestTrials:
    def test_the_dense_twin_costs_no_less_than_any_decoder_of_experts(self):
        costs = [active_parameters(built(experts_trial(each))) for each in EXPERTS]
        assert max(costs) <= active_parameters(built(dense_trial(2))) < 1.05 * min(costs)

    @pytest.mark.parametrize("n_experts", EXPERTS)
    def test_a_dense_reference_has_as_many_weights(self, n_experts):
        dense, sparse = n_parameters(dense_trial(n_experts)), n_parameters(experts_trial(n_experts))
        assert 1 <= dense / sparse < 1.05

    def test_a_single_expert_is_as_wide_as_two(self):
        single, two = single_trial(COEFFICIENT), experts_trial(max(EXPERTS))
        assert active_parameters(built(single)) == active_parameters(built(two))
        assert (config_of(single).n_chosen, config_of(single).among_all) == (1, True)
        assert (config_of(two).n_chosen, config_of(two).among_all) == (2, False)
        assert single_trial(0.0).coefficient == 0

    def test_changes_are_taken(self):
        assert dense_trial(2, **SHORT) == replace(dense_trial(2), **SHORT)
        assert experts_trial(4, 0.0, **SHORT) == replace(experts_trial(4), coefficient=0.0, **SHORT)


class TestTraining:
    def test_it_repeats_learns_and_reports(self):
        torch.set_num_threads(1)
        seen = []
        trial = experts_trial(4, **SHORT)
        first, history = train_trial(trial, 3, lambda step, loss: seen.append((step, loss)))
        second, again = train_trial(trial, 3)
        kept = first.state_dict()
        assert all(torch.equal(kept[name], value) for name, value in second.state_dict().items())
        assert history == again
        assert len(history) == len(seen) == 60
        assert sum(history[-10:]) < 0.9 * sum(history[:10])
        # What is reported is the loss with that for uneven use.
        for (_, total), at_answers in zip(seen, history, strict=True):
            assert 0 < total - at_answers < 2 * COEFFICIENT
        assert not first.training

    def test_without_the_coefficient_nothing_is_added(self):
        seen = []
        trial = experts_trial(4, 0.0, n_villages=1, n_steps=51)
        _, history = train_trial(trial, 0, lambda _, loss: seen.append(loss))
        assert seen == history

    def test_what_is_added_is_of_words_and_not_of_padding(self):
        torch.set_num_threads(1)
        seen = []
        trial = experts_trial(4, n_villages=1, n_steps=2, n_warmup=1)
        _, history = train_trial(trial, 7, lambda _, loss: seen.append(loss))
        generator = torch.Generator().manual_seed(7)
        model = build_expert_decoder(config_of(trial), generator)
        asked = next(question_batches(all_questions(1), trial.batch_size, generator))
        with watched_routers(model) as said:
            answer_loss(model, asked)
        due = uneven_use(said[0][asked.counted.flatten()], 2).item()
        assert (seen[0] - history[0]) / COEFFICIENT == pytest.approx(due, abs=1e-4)

    def test_the_loss_is_that_of_the_answers(self):
        asked, model = all_questions(1), built(dense_trial(2))
        logits = answer_logits(model, asked)
        for at in (0, 4, 16):  # questions of unequal lengths
            alone = model(asked.token_ids[at : at + 1, : asked.last[at] + 1]).logits[0, -1]
            torch.testing.assert_close(logits[at], alone)
        assert answer_loss(model, asked).item() == pytest.approx(
            F.cross_entropy(logits, asked.answers).item()
        )
        assert answer_loss(model, asked).item() > 0.7 * math.log(100)
