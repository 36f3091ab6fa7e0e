import copy
import math

import torch

from course_lib.data.tale_tokens import TOKENS
from course_lib.decoder import build_decoder
from course_lib.training.group_policy import GroupSettings, improve, log_probs
from course_lib.training.larger_vocabulary import with_more_tokens
from course_lib.training.policy_gradient import PolicyConfig
from course_lib.training.story_chat import TEMPLATE, write_chats

WORD = TOKENS.index("because")


def model(seed=0):
    sizes = {"vocab_size": len(TOKENS), "d_model": 8, "n_heads": 2, "n_layers": 1, "d_ff": 8}
    own = torch.Generator().manual_seed(seed)
    return with_more_tokens(build_decoder(**sizes, seed=seed), TEMPLATE.n_special, own)


def settings(kl_weight=0.0, **changes):
    policy = PolicyConfig(by_answer=True, kl_weight=kl_weight)
    sizes = {"n_rounds": 6, "n_groups": 3, "n_answers": 4, "n_updates": 2, "learning_rate": 0.02}
    return GroupSettings(**{**sizes, **changes}, policy=policy)


def how_often_said(openings, answers, batch):
    return torch.tensor([float(answer.token_ids.count(WORD)) for answer in answers])


def even_tokens(openings, answers, batch):
    """A reward in which answers always differ."""
    return torch.tensor([sum(i % 2 == 0 for i in a.token_ids) / 1.0 for a in answers])


def improved(chosen, reward=how_often_said, seed=1):
    policy, rounds = model(), []
    generator = torch.Generator().manual_seed(seed)
    improve(policy, reward, chosen, generator, lambda number, seen: rounds.append((number, seen)))
    return policy, rounds


def test_the_reward_rises():
    _, rounds = improved(settings(n_rounds=16, n_groups=4, n_answers=8))
    rewards = [seen.rewards.mean().item() for _, seen in rounds]
    assert sum(rewards[-4:]) > 2 * sum(rewards[:4])


def test_a_round_is_reported_before_the_policy_moves():
    _policy, rounds = improved(settings(n_rounds=2), even_tokens)
    assert [number for number, _ in rounds] == [0, 1]
    first, second = (seen for _, seen in rounds)
    assert abs(first.kl) < 1e-5
    assert abs(second.kl) > 1e-3
    assert len(first.answers) == len(first.openings) == len(first.rewards) == 12
    for start in range(0, 12, 4):  # one opening a group
        assert len(set(first.openings[start : start + 4])) == 1
    assert len({first.openings[0], first.openings[4], first.openings[8]}) == 3
    batch = write_chats(first.openings, first.answers)
    assert torch.equal(first.rewards, even_tokens(first.openings, first.answers, batch))


def test_the_divergence_is_that_of_the_answers_drawn():
    _policy, rounds = improved(settings(n_rounds=3, n_updates=1), even_tokens)
    reference, moved = model(), model()
    improve(
        moved,
        even_tokens,
        settings(n_rounds=2, n_updates=1),
        torch.Generator().manual_seed(1),
    )
    seen = rounds[2][1]
    batch = write_chats(seen.openings, seen.answers)
    with torch.no_grad():
        apart = log_probs(moved, batch).totals - log_probs(reference, batch).totals
    assert math.isclose(seen.kl, apart.mean().item(), rel_tol=1e-4)


def test_what_all_answers_to_an_opening_share_teaches_nothing():
    def of_the_opening(openings, answers, batch):
        return torch.tensor([0.1 * len(set(opening)) + len(opening[1]) for opening in openings])

    policy, rounds = improved(settings(), of_the_opening)
    assert len(set(rounds[0][1].rewards.tolist())) > 1  # openings do differ
    for moved, first in zip(policy.parameters(), model().parameters(), strict=True):
        assert torch.equal(moved, first)


def test_a_leash_keeps_it_near():
    def strayed(weight):
        _, rounds = improved(settings(weight, n_rounds=12, n_groups=4, n_answers=8))
        return rounds[-1][1].kl

    assert strayed(20.0) < 0.5 * strayed(0.0)


def test_only_the_policy_is_moved_and_repeatably():
    before = copy.deepcopy(model().state_dict())
    one, same, other = (
        improved(settings())[0],
        improved(settings())[0],
        improved(settings(), seed=2)[0],
    )
    states = [m.state_dict()["embedding.weight"] for m in (one, same, other)]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
    assert not torch.equal(states[0], before["embedding.weight"])
