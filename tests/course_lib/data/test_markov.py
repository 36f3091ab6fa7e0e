import math

import pytest
import torch

from course_lib.data.markov import MarkovSource, make_markov_source

TIGHT = {"rtol": 1e-12, "atol": 1e-12}
SOURCE = make_markov_source(3, n_symbols=5)


def draw(batch_size, seq_len, seed=0, source=SOURCE):
    return source.draw(batch_size, seq_len, torch.Generator().manual_seed(seed))


def two_symbols(stay):
    """After two equal symbols the same comes with probability `stay`, else either alike."""
    table = torch.full((2, 2, 2), 0.5, dtype=torch.float64)
    table[0, 0] = torch.tensor([stay, 1 - stay])
    table[1, 1] = torch.tensor([1 - stay, stay])
    return MarkovSource(table)


def test_by_hand():
    # Let x be the share of the pair (0,0). It is entered from (1,0) with 1/2 and from itself with
    # 3/4, so x = 3x/4 + y/2 with y that of (1,0): y = x/2. By symmetry 2x + 2y = 1: x = 1/3.
    source = two_symbols(stay=0.75)
    third, sixth = 1 / 3, 1 / 6
    expected = torch.tensor([[third, sixth], [sixth, third]], dtype=torch.float64)
    torch.testing.assert_close(source.pairs, expected, **TIGHT)
    surprise = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert math.isclose(source.entropy, 2 / 3 * surprise + 1 / 3 * math.log(2), rel_tol=1e-12)


def test_the_shares_of_pairs_stay_what_they_are():
    after = torch.einsum("ab,abc->bc", SOURCE.pairs, SOURCE.table)
    torch.testing.assert_close(after, SOURCE.pairs, **TIGHT)
    assert math.isclose(SOURCE.pairs.sum().item(), 1.0, rel_tol=1e-12)


def test_the_entropy_is_the_surprise_of_who_knows_the_table():
    """With 60,000 draws a mean surprise has a standard error of about 0.004."""
    text = draw(3000, 22)
    probs = SOURCE.table[text[:, :-2], text[:, 1:-1]].gather(-1, text[:, 2:, None])
    assert abs(-probs.log().mean().item() - SOURCE.entropy) < 0.02


def test_draws_follow_the_table():
    """Each frequency within five standard errors of its probability."""
    text = draw(4000, 12)
    for a in range(2):
        for b in range(3):
            follows = text[:, 2:][(text[:, :-2] == a) & (text[:, 1:-1] == b)]
            seen = torch.bincount(follows, minlength=5) / len(follows)
            wanted = SOURCE.table[a, b]
            error = (wanted * (1 - wanted) / len(follows)).sqrt()
            assert ((seen - wanted).abs() < 5 * error).all()


def test_texts_begin_as_they_go_on():
    text = draw(6000, 9)
    first = torch.bincount(text[:, 0] * 5 + text[:, 1], minlength=25) / len(text)
    last = torch.bincount(text[:, -2] * 5 + text[:, -1], minlength=25) / len(text)
    error = (SOURCE.pairs.flatten() / len(text)).sqrt()
    assert ((first - SOURCE.pairs.flatten()).abs() < 5 * error).all()
    assert ((last - SOURCE.pairs.flatten()).abs() < 5 * error).all()


def test_batches_are_draws_from_one_generator():
    batches = SOURCE.batches(3, 7, torch.Generator().manual_seed(4))
    some = [next(batches) for _ in range(51)]
    assert {tuple(batch.shape) for batch in some} == {(3, 7)}
    own = torch.Generator().manual_seed(4)
    assert torch.equal(torch.cat(some[:50]), SOURCE.draw(150, 7, own))
    assert torch.equal(some[50], SOURCE.draw(150, 7, own)[:3])


class TestExcess:
    def test_it_is_nothing_for_who_knows_the_table(self):
        text = draw(4, 9)
        logits = torch.zeros(4, 9, 5, dtype=torch.float64)
        logits[:, 1:] = SOURCE.table[text[:, :-1], text[:, 1:]].log() + 2.5
        assert abs(SOURCE.excess(logits, text).item()) < 1e-12

    def test_against_loops(self):
        text = draw(3, 4)
        logits = torch.randn(
            3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
        )
        total = 0.0
        for row in range(3):
            for t in range(1, 4):
                q = logits[row, t].softmax(-1)
                p = SOURCE.table[text[row, t - 1], text[row, t]]
                total += sum((p[c] * math.log(p[c] / q[c])).item() for c in range(5))
        assert math.isclose(SOURCE.excess(logits, text).item(), total / 9, rel_tol=1e-12)


def test_the_logits_are_a_sum_over_features_of_falling_weight():
    """Differences between two rows of the table show the features of one place alone."""
    n_symbols, fall = 6, 2.0
    logits = make_markov_source(1, n_symbols, fall).table.log()
    for steps in (logits[1:, 0] - logits[:1, 0], logits[0, 1:] - logits[0, :1]):
        # The softmax took one number off each row; the mean takes it off again.
        centred = steps - steps.mean(dim=-1, keepdim=True)
        spectrum = torch.linalg.svdvals(centred)
        assert spectrum[0] > 2 * spectrum[1] > 2 * spectrum[2]
    # What the older symbol adds does not depend on the newer one.
    first, second = logits[2, 1] - logits[4, 1], logits[2, 3] - logits[4, 3]
    apart = first - second
    torch.testing.assert_close(apart, apart[:1].expand(n_symbols), **TIGHT)


def test_the_spread_is_that_of_the_logits():
    sharp, flat = (make_markov_source(0, spread=spread).entropy for spread in (3.0, 0.1))
    assert sharp < 2.0 < 3.6 < flat < math.log(40)


def test_the_seed_makes_the_table():
    assert torch.equal(make_markov_source(3, 5).table, SOURCE.table)
    assert not torch.equal(make_markov_source(4, 5).table, SOURCE.table)


def test_what_is_no_source():
    table = SOURCE.table.clone()
    table[0, 0] *= 1.1
    with pytest.raises(ValueError, match="add up to"):
        MarkovSource(table)
    table[0, 0] = torch.tensor([0.0, 0.25, 0.25, 0.25, 0.25])
    with pytest.raises(ValueError, match="above 0"):
        MarkovSource(table)
    with pytest.raises(ValueError, match="seq_len=1"):
        draw(2, 1)
