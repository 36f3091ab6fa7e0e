import torch

from course_lib.generation.choices import pick_at_random, pick_largest
from course_lib.own_gpt.parameters import nothing_yet, params_from_seed
from course_lib.own_gpt.reference_model import reference_gpt
from course_lib.own_gpt.reference_writing import reference_write

H = 2
PARAMS = {
    name: one.double()
    for name, one in params_from_seed(
        1, vocab_size=9, d_model=8, n_heads=H, n_layers=2, d_ff=5
    ).items()
}
PROMPT = torch.tensor([[3, 1, 4]])


def whole_reading(n_new, sample):
    text = PROMPT
    for _ in range(n_new):
        logits, _ = reference_gpt(text, PARAMS, nothing_yet(PARAMS, 1, H), H)
        text = torch.cat([text, torch.tensor([[sample(logits[0, -1])]])], dim=1)
    return text


def test_the_text_is_that_of_a_whole_reading():
    got = reference_write(PROMPT, 12, PARAMS, H, pick_at_random(5))
    assert torch.equal(got, whole_reading(12, pick_at_random(5)))
    assert len(set(got[0].tolist())) > 3


def test_it_stops_behind_the_end():
    whole = whole_reading(12, pick_at_random(5))
    end = int(whole[0, 7])
    first = whole[0, 3:].tolist().index(end) + 4
    got = reference_write(PROMPT, 12, PARAMS, H, pick_at_random(5), end)
    assert torch.equal(got, whole[:, :first])


def test_nothing_to_write():
    got = reference_write(PROMPT, 0, PARAMS, H, pick_largest())
    assert torch.equal(got, PROMPT)
    assert got.dtype == torch.int64
