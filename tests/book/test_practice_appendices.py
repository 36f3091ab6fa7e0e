"""The appendices on retrieval, evaluation and distributed training: drills, tables, questions."""

import functools
import re

import pytest

from tests.book.drill_page import DrillPage
from tests.book.prose import ROOT

# Page → drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "retrieval_in_practice": {
        "windows": [
            ("len(words), size - overlap)", "len(words), size)", "the step was the size"),
            ("            break\n", "            pass\n", "lies wholly inside the one before it"),
            ("len(words), size - overlap)", "len(words), overlap)", "the step was the overlap"),
            (
                "len(words), size - overlap)",
                "len(words) - size + 1, size - overlap)",
                "the end of the text is lost",
            ),
        ],
        "weighted_fusion": [
            ("-sums[name]", "sums[name]", "from the worst to the best"),
            (
                "return sorted(sums, ",
                "return sorted(set.intersection(*map(set, rankings)), ",
                "only",
            ),
            ("weight / (60", "1 / (60", "the weights were not used"),
            ("(60 + place)", "place", "without the 60"),
            ("start=1", "start=0", "counted from 0"),
        ],
        "index_changes": [
            ("indexed.get(key) != print_now", "key not in indexed", "another text under the same"),
            (
                "indexed.get(key) != print_now",
                "indexed.get(key, print_now) != print_now",
                "nobody would ever find it",
            ),
            (" if indexed.get(key) != print_now", "", "embedding is what costs"),
            ("sorted(key for", "list(key for", "not sorted"),
            ("indexed.keys() - current.keys()", "()", "is still found"),
            (
                "indexed.keys() - current.keys()",
                "dict(indexed.items() - current.items())",
                "it is replaced, and not removed",
            ),
        ],
        "unsupported": [
            ("not plain(quote) or ", "", "an empty quote promises nothing"),
            ('sources.get(key, "")', '" ".join(sources.values())', "not in the one that it names"),
            ("text.lower().split()", "text.split()", "capital letters make no difference"),
            ('" ".join(text.lower().split())', "text.lower().strip()", "white space is all the"),
            (
                'plain(quote) not in plain(sources.get(key, ""))',
                'not set(plain(quote).split()) <= set(plain(sources.get(key, "")).split())',
                "not these words one after the other",
            ),
        ],
    },
    "evaluation_frameworks": {
        "questions_needed": [
            ("math.ceil", "math.floor", "it was rounded down"),
            (
                "1.96**2 * p * (1 - p) / half_width**2",
                "1.96 * (p * (1 - p)) ** 0.5 / half_width",
                "square",
            ),
            ("/ half_width**2", "/ (half_width / 2) ** 2", "the width was halved once more"),
            ("1.96**2 * ", "", "1.96 is missing"),
        ],
        "pick_per_byte": [
            (" / len(text.encode())", "", "the most probable text, whatever its length"),
            ("scores.index(max(scores))", "scores.index(min(scores))", "the least probable one"),
            ("len(text.encode())", "len(text)", "characters were counted"),
            ("len(text.encode())", "len(text.split())", "words were counted"),
        ],
        "share_seen": [
            (
                "len(covered) / len(question)",
                "sum(tuple(question[i:i+n]) in known for i in range(len(question) - n + 1))"
                " / (len(question) - n + 1)",
                "this is the share of the runs",
            ),
            (
                "covered.update(range(start, start + n))",
                "covered.add(start)",
                "only the first word",
            ),
            ("len(covered) / len(question)", "float(bool(covered))", "whether there is a common"),
            (
                "len(covered) / len(question)",
                "len(set(question) & set(text)) / len(question)",
                "in no run of two",
            ),
        ],
        "judged_wins": [
            (
                '("second", "first"): 0.0}',
                '("second", "first"): 0.0, ("first", "first"): 1.0}',
                "only",
            ),
            (
                '{("first", "second"): 1.0, ("second", "first"): 0.0}',
                '{("first", "first"): 1.0, ("second", "second"): 0.0}',
                "was taken for A in both",
            ),
            (
                '("second", "first"): 0.0}',
                '("second", "first"): 0.0, ("first", "tie"): 0.75}',
                "a win and a tie make ½ here",
            ),
        ],
    },
    "distributed_training": {
        "ring_seconds": [
            ("2 * (n_devices - 1)", "n_devices - 1", "this is one way round"),
            ("n_bytes / n_devices / bytes_per_s", "n_bytes / bytes_per_s", "the whole vector"),
            ("n_steps * (delay_s + n", "delay_s + n_steps * (n", "the delay was paid once"),
            ("delay_s + ", "", "the delay is missing"),
            ("2 * (n_devices - 1)", "2 * n_devices", "there were 2N steps"),
        ],
        "bytes_per_device": [
            ("stage >= first", "stage >= 0", "at stage 0 nothing is divided"),
            ("{1: 12, 2: 2, 3: 2}", "{1: 2, 2: 12, 3: 2}", "the gradients were divided first"),
            ("stage >= first", "stage >= 1", "only the optimiser is divided"),
            ("{1: 12, 2: 2, 3: 2}", "{1: 8, 2: 2, 3: 2}", "a copy of the parameter and"),
            ("range(4)", "range(9)", "raised nothing"),
        ],
        "split_layer": [
            (
                "added = added + torch.relu(x @ columns + bias) @ rows",
                "added = added + torch.relu(x @ columns + bias) @ rows + b_out",
                "b_out was added by each device",
            ),
            ("return added + b_out", "return added", "b_out is missing"),
            ("x @ columns + bias", "x @ columns", "b_in is missing"),
            ("torch.relu(x @ columns + bias)", "(x @ columns + bias)", "relu is missing"),
            ("added = added + torch.relu", "added = torch.relu", "only the last device counts"),
        ],
        "batches_needed": [
            ("n_waiting * (1 - most_idle)", "n_waiting", "as a share of the work"),
            ("math.ceil", "math.floor", "got      8"),
            ("math.ceil(n_waiting", "1 + int(1e-6 + n_waiting", "it is one more than is needed"),
            ("max(1, ", "max(0, ", "one stage has no bubble"),
        ],
    },
}
DRILLS = [(page, drill) for page, drills in MISTAKES.items() for drill in drills]


@functools.cache
def page_of(name: str) -> DrillPage:
    return DrillPage(name)


def text_of(name: str) -> str:
    return (ROOT / "book" / "appendices" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MISTAKES)
def test_every_drill_has_typical_mistakes(name: str) -> None:
    assert set(page_of(name).answers) == set(MISTAKES[name])
    assert all(len(found) >= 3 for found in MISTAKES[name].values())


@pytest.mark.parametrize(("name", "drill"), DRILLS)
def test_the_answer_passes_and_the_stub_says_what_to_do(name: str, drill: str) -> None:
    page = page_of(name)
    assert page.check(drill, page.answers[drill]) == ""
    with pytest.raises(NotImplementedError, match=f"^write {drill}, then run this cell"):
        page.check(drill, page.stub(drill))


@pytest.mark.parametrize(
    ("name", "drill", "right", "wrong", "words"),
    [
        (name, drill, *mistake)
        for name, drills in MISTAKES.items()
        for drill, mistakes in drills.items()
        for mistake in mistakes
    ],
)
def test_a_mistake_is_named(name: str, drill: str, right: str, wrong: str, words: str) -> None:
    page = page_of(name)
    told = page.check(drill, page.with_mistake(drill, right, wrong))
    assert told
    assert words in told


@pytest.mark.parametrize(("name", "drill"), DRILLS)
def test_a_drill_has_a_statement_with_two_folded_hints(name: str, drill: str) -> None:
    statement = page_of(name).statement(drill)
    assert f"### Drill: `{drill}`" in statement
    assert statement.count(":::{dropdown} Hint 1") == statement.count(":::{dropdown} Hint 2") == 1


@pytest.mark.parametrize("name", MISTAKES)
def test_the_table_at_the_top_names_sections_and_drills(name: str) -> None:
    text, top = text_of(name), page_of(name).cells[0].source
    labels = re.findall(r"^\(([a-z]+-[a-z]+)\)=$", text, re.M)
    assert re.findall(r"^\| \{ref\}`.+? <(.+?)>`", top, re.M) == labels
    for drill in MISTAKES[name]:
        assert top.count(f"| `{drill}` |") == 1


@pytest.mark.parametrize("name", MISTAKES)
def test_a_page_ends_with_questions_to_oneself(name: str) -> None:
    questions = text_of(name).split("### Check yourself")[1]
    assert re.findall(r"<summary>(\d)\. ", questions) == ["1", "2", "3", "4"]


def test_the_way_on_has_something_to_read_build_and_reproduce_for_each_interest() -> None:
    interests = re.split(
        r"^### ", (ROOT / "book" / "how_to_go_on.md").read_text(encoding="utf-8"), flags=re.M
    )[1:]
    assert len(interests) >= 6
    for interest in interests:
        found = re.findall(r"^- \*\*(\w+)\*\* .*$", interest, re.M)
        assert found == ["Read", "Build", "Reproduce"], interest.partition("\n")[0]
        assert "{cite:t}" in interest
        assert "*Ask:*" in interest
