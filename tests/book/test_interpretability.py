"""The answers to the drills agree with the library."""

from tests.book.drill_page import DrillPage

PAGE = DrillPage("interpretability")


def test_the_answers_agree_with_the_library() -> None:
    names: dict[str, object] = {}
    drills = ("telling_apart", "answer_gap", "share_restored", "labels_by_lot")
    for code in (PAGE.cells[1].source, *(PAGE.answers[drill] for drill in drills), AGREEMENT):
        exec(code, names)


AGREEMENT = """
from course_lib.analysis.activation_patching import PatchEffects, logit_difference
from course_lib.analysis.sparse_probes import control_labels, rank_neurons

own = torch.Generator().manual_seed(0)
x, labels = torch.randn(50, 7, generator=own), torch.rand(50, generator=own) < 0.4
order = telling_apart(x, labels).argsort(descending=True)
assert torch.equal(order, rank_neurons(x, labels))

logits, right, wrong = x[:3], torch.tensor([1, 2, 3]), torch.tensor([0, 5, 6])
assert torch.equal(answer_gap(logits, right, wrong), logit_difference(right, wrong)(logits))

effects = PatchEffects(3.0, -1.0, torch.tensor([[2.0]]))
assert effects.shares.item() == share_restored(3.0, -1.0, 2.0) == 0.75

words = torch.tensor([3, 0, 3, 9])
lots = [draw(words, torch.Generator().manual_seed(2)) for draw in (labels_by_lot, control_labels)]
assert torch.equal(*lots)
"""
