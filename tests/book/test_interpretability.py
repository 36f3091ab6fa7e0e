"""The drills on looking inside a model: answers pass, and typical mistakes are named."""

import pytest

from tests.book.drill_page import DrillPage

PAGE = DrillPage("interpretability")
DRILLS = ("where_to_look", "telling_apart", "labels_by_lot", "answer_gap", "share_restored")

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES = {
    "where_to_look": [
        ("last_place.get(token, -2) + 1", "last_place.get(token, -1)", "one place further"),
        ("last_place[token] = place", "last_place.setdefault(token, place)", "first occurrence"),
        ("get(token, -2) + 1", "get(token, -1) + 1", "no place to look at: -1"),
        (
            "        places.append(last_place.get(token, -2) + 1)\n"
            "        last_place[token] = place\n",
            "        last_place[token] = place\n"
            "        places.append(last_place.get(token, -2) + 1)\n",
            "only earlier places count",
        ),
    ],
    "telling_apart": [
        (".abs()", "", "these have a sign"),
        (".abs() / spread", ".abs()", "this is the gap alone"),
        ("(activations - own_mean)", "(activations - activations.mean(dim=0))", "of all rows"),
        (".sqrt()", "", "divided by the variance"),
        (
            "(activations - own_mean).square().mean(dim=0).sqrt()",
            "((activations[labels].var(0, correction=0)"
            " + activations[~labels].var(0, correction=0)) / 2).sqrt()",
            "each group counted alike",
        ),
    ],
    "labels_by_lot": [
        (
            "    n_words = int(token_ids.max()) + 1\n"
            "    drawn = torch.rand(n_words, generator=generator) < 0.5\n"
            "    return drawn[token_ids]",
            "    return torch.rand(len(token_ids), generator=generator) < 0.5",
            "each place got a coin of its own",
        ),
        ("< 0.5", "> 0.5", "yes and no are exchanged"),
        (" < 0.5", "", "these are the numbers drawn"),
        ("torch.rand(n_words, generator=generator)", "torch.rand(n_words)", "the result at"),
    ],
    "answer_gap": [
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "logits[each_text, wrong] - logits[each_text, right]",
            "the sign is turned round",
        ),
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "logits[:, right] - logits[:, wrong]",
            "every row was asked",
        ),
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "(logits[each_text, right] - logits[each_text, wrong]).mean()",
            "this is the mean",
        ),
        (
            "each_text = torch.arange(len(logits))",
            "each_text, logits = torch.arange(len(logits)), logits.softmax(dim=-1)",
            "differences of probabilities",
        ),
    ],
    "share_restored": [
        ("(patched - corrupt) / whole_way", "patched / clean", "this is patched / clean"),
        ("(patched - corrupt)", "(clean - patched)", "still missing"),
        (" / whole_way", "", "asked for is its share"),
        ("clean - corrupt", "abs(clean - corrupt)", "is 0.25, expected -0.25"),
    ],
}


def test_there_are_five_drills_and_each_has_typical_mistakes() -> None:
    assert tuple(PAGE.answers) == DRILLS
    assert all(len(MISTAKES[drill]) >= 3 for drill in DRILLS)


@pytest.mark.parametrize("drill", DRILLS)
def test_the_answer_passes(drill: str) -> None:
    assert PAGE.check(drill, PAGE.answers[drill]) == ""


@pytest.mark.parametrize("drill", DRILLS)
def test_the_stub_says_what_to_do(drill: str) -> None:
    with pytest.raises(NotImplementedError, match=f"^write {drill}, then run this cell"):
        PAGE.check(drill, PAGE.stub(drill))


@pytest.mark.parametrize(
    ("drill", "right", "wrong", "words"),
    [(drill, *mistake) for drill, found in MISTAKES.items() for mistake in found],
)
def test_a_mistake_is_named(drill: str, right: str, wrong: str, words: str) -> None:
    assert words in PAGE.check(drill, PAGE.with_mistake(drill, right, wrong))


@pytest.mark.parametrize("drill", DRILLS)
def test_a_drill_has_a_statement_with_two_folded_hints_and_is_named_at_the_top(drill: str) -> None:
    statement = PAGE.statement(drill)
    assert f"### Drill: `{drill}`" in statement
    assert statement.count(":::{dropdown} Hint 1") == statement.count(":::{dropdown} Hint 2") == 1
    assert PAGE.cells[0].source.count(f"`{drill}`") == 1


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
