"""What the visible tests of the chapters say to answers that learners have given."""

from functools import cache

import pytest

from autograder.exercises.base import load_chapter
from autograder.exercises.cells import cells_of
from autograder.source import read_chapter, student_notebook
from autograder.visible import VisibleTestError

CHANGES_X = """
class PreNormBlock(PreNormBlock):
    def forward(self, x, mask=None):
        x += self.attention(self.norm_1(x), mask).x
        x += self.feed_forward(self.norm_2(x))
        return x
"""
LIST_RETURNED = """
right = lstm_step

def lstm_step(*inputs):
    return list(right(*inputs))
"""
BENT_APART = """
def additive_scores(query, keys, W_q, W_k, v):
    return (query @ W_q).tanh() @ v + (keys @ W_k).tanh() @ v
"""
NO_OUTPUT_PROJECTION = """
class MultiHeadAttention(MultiHeadAttention):
    def forward(self, x, mask=None):
        own, self.to_out = self.to_out, nn.Identity()
        out = super().forward(x, mask)
        self.to_out = own
        return out
"""
BIASED = """
class MultiHeadAttention(MultiHeadAttention):
    def __init__(self, d_model, n_heads):
        super().__init__(d_model, n_heads)
        self.to_v = nn.Linear(d_model, d_model)
"""
SUMS_OF_PROBABILITIES = """
def beam_search(model, token_ids, n_beams, n_new):
    texts, sums, totals = token_ids, torch.zeros(1), torch.zeros(1)
    for _ in range(n_new):
        p = model(texts)[:, -1].softmax(-1)
        sums, places = (sums[:, None] + p).flatten().topk(min(n_beams, p.numel()))
        parents, tokens = places // p.shape[1], places % p.shape[1]
        totals = totals[parents] + p.flatten()[places].log()
        texts = torch.cat([texts[parents], tokens[:, None]], dim=1)
    return texts[:1], totals[0].item()
"""


@cache
def cells(chapter, name):
    notebook = read_chapter(chapter)
    exercise = next(one for one in load_chapter(chapter).autograded if one.name == name)
    return cells_of(exercise, notebook, student_notebook(notebook))


def run_as_a_notebook(chapter, name, wrong):
    """Run the solution, a wrong answer in its place and the tests, where nothing stands between."""
    own = cells(chapter, name)
    namespace = own.run(own.solution)
    exec(compile(wrong, "<answer>", "exec"), namespace)
    exec(compile(own.tests, "<visible tests>", "exec"), namespace)


CH01, CH03 = "ch01_why_attention", "ch03_heads_and_positions"
GIVEN = [
    (CH01, "lstm_step", LIST_RETURNED, "what lstm_step returns: the result is 'list'"),
    (CH01, "additive_scores", BENT_APART, r"the result at \[2\] is 3\.046"),
    (CH03, "MultiHeadAttention", NO_OUTPUT_PROJECTION, "twice the second number, then the first"),
    (CH03, "MultiHeadAttention", BIASED, "the four layers have no bias"),
    ("ch04_generation", "beam_search", SUMS_OF_PROBABILITIES, r"\[\[D\]\], n_beams=16"),
    ("ch05_transformer_block", "PreNormBlock", CHANGES_X, "the caller's x, .* is -0.1587"),
]


@pytest.mark.parametrize(("chapter", "name", "wrong", "told"), GIVEN)
def test_a_wrong_answer_is_told_of_by_its_cell(chapter, name, wrong, told):
    run_as_a_notebook(chapter, name, "")
    with pytest.raises(VisibleTestError, match=told):
        run_as_a_notebook(chapter, name, wrong)
