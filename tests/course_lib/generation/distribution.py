"""Is a sample drawn from a distribution? The chi-square test of goodness of fit."""

import torch
from scipy.stats import chisquare

# A right sampler is called wrong once in a million seeds; the seeds are fixed.
REJECT_BELOW = 1e-6
# Cells with fewer expected draws than this are taken together, as the test's approximation asks.
LEAST_EXPECTED = 5


def p_value(drawn, probs):
    """How often a sample that fits no better would come from `probs`; 0 if it never could.

    `drawn` holds places in `probs`, a vector of probabilities.
    """
    probs = probs.double().flatten() / probs.double().sum()
    counts = torch.bincount(drawn.flatten(), minlength=len(probs)).double()
    if (counts[probs == 0] > 0).any():
        return 0.0
    expected = probs * counts.sum()
    rare = expected < LEAST_EXPECTED
    observed = torch.cat([counts[~rare], counts[rare].sum()[None]])
    expected = torch.cat([expected[~rare], expected[rare].sum()[None]])
    some = expected > 0
    if some.sum() == 1:
        return 1.0
    return float(chisquare(observed[some], expected[some]).pvalue)


def fits(drawn, probs):
    """Whether a sample passes for one from `probs`."""
    return p_value(drawn, probs) >= REJECT_BELOW
