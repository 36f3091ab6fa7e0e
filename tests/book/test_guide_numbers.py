"""The instructor's guide counts what the committed table holds."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "book" / "howto" / "instructor.md").read_text(encoding="utf-8")
WORDS = {
    "got points that they do not deserve": {"undeserved"},
    "had hidden tests": {"leak"},
    "changed or left something on the machine": {"harm", "stopped"},
    "got no mark at all": {"unmarked"},
    "got fewer points than they deserve": {"lost"},
}


def rows():
    with open(ROOT / "tests" / "attacks" / "stock_nbgrader.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_counts_the_rows():
    table = rows()
    assert f"| Of {len(table)} hostile and broken notebooks |" in GUIDE
    for beginning, words in WORDS.items():
        (told,) = re.findall(rf"^\| {beginning}[^|]*\| (\d+) \| 0 \|$", GUIDE, re.MULTILINE)
        assert int(told) == sum(bool(words & set(row["wrong"].split())) for row in table), beginning


def test_the_sentence_on_those_without_a_mark():
    without = [row for row in rows() if "unmarked" in row["wrong"]]
    undeserving = [row for row in without if row["deserved and given here"] == "0"]
    assert f"Of the {len(without)} without a mark, {len(undeserving)} deserve none" in GUIDE


def test_every_attack_that_can_be_compared_is_in_the_table():
    from tests.attacks.corpus import ATTACKS

    compared = {
        (attack.kind, attack.name): f"{attack.points:g}" for attack in ATTACKS if attack.comparable
    }
    found = {(row["class"], row["attack"]): row["deserved and given here"] for row in rows()}
    assert found == compared
