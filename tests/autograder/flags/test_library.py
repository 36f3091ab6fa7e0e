import ast
import time

import pytest

from autograder.chapters.twins import functions_of
from autograder.files import COURSE
from autograder.flags.flag import Kind
from autograder.flags.library import library_flag, read_library
from autograder.flags.passages import ALIKE, MIN_PASSAGES
from tests.autograder.flags.made_up import PLAIN, disguised
from tests.sample_class.workshop import Workshop

ATTENTION = COURSE.root / "course_lib" / "attention.py"


@pytest.fixture(scope="module")
def library():
    return read_library()


@pytest.fixture(scope="module")
def softmax():
    """The library's masked softmax, as a learner would find it."""
    text = ATTENTION.read_text(encoding="utf-8")
    (function,) = [one for one in functions_of(text) if one.name == "masked_softmax"]
    return ast.unparse(function)


def test_a_function_under_other_names_is_the_same(library, softmax):
    copied = softmax.replace("masked_softmax", "stable_softmax")
    for text in (copied, disguised(copied).replace("stable", "my")):
        flag = library_flag("ada", {"stable_softmax": text}, library)
        assert flag is not None
        assert (flag.kind, flag.learners) == (Kind.LIBRARY, ("ada",))
        assert flag.similarity is not None
        assert flag.similarity >= ALIKE
        assert "course_lib/attention.py: masked_softmax" in flag.evidence[0].where
    exact = library_flag("ada", {"stable_softmax": copied}, library)
    assert exact is not None
    assert exact.similarity == 1.0
    assert "the same but for names" in exact.evidence[0].where
    assert exact.evidence[0].text.startswith("def stable_softmax")


def test_a_function_with_one_thing_changed_is_nearly_the_same(library, softmax):
    changed = softmax.replace("return ", "y = 3\n    return y * ", 1)
    assert changed != softmax
    flag = library_flag("ada", {"stable_softmax": changed}, library)
    assert flag is not None
    assert flag.similarity is not None
    assert ALIKE <= flag.similarity < 1.0
    assert "% the same as course_lib/attention.py" in flag.evidence[0].where


def test_a_helper_in_the_answer_is_looked_at_too(library, softmax):
    text = f"import torch\n\n{softmax}\n\ndef stable_softmax(x, dim):\n    return 2 * x\n"
    flag = library_flag("ada", {"stable_softmax": text}, library)
    assert flag is not None
    assert "ada, stable_softmax, masked_softmax" in flag.evidence[0].where


def test_no_right_and_no_wrong_answer_of_the_course_is_flagged(library):
    shop = Workshop.of("ch02")
    for one in shop.exercises:
        ways = [way.as_cell(one.exports) for way in (*one.alternatives, *one.misconceptions)]
        plain = [texts[one.name] for texts in PLAIN.values() if one.name in texts]
        for text in (shop.solutions[one.name], *ways, *plain):
            assert library_flag("ada", {one.name: text}, library) is None, text


def test_short_functions_are_left_out(library):
    assert library.passages
    assert all(len(held) >= MIN_PASSAGES for held in library.passages.values())
    text = ATTENTION.read_text(encoding="utf-8")
    (short,) = [one for one in functions_of(text) if one.name == "merge_heads"]
    assert library_flag("ada", {"x": ast.unparse(short)}, library) is None


def test_a_class_of_a_thousand_takes_seconds(library):
    shop = Workshop.of("ch02")
    began = time.perf_counter()
    for number in range(1000):
        answers = {e: f"{text}\nx = {number}" for e, text in shop.solutions.items()}
        answers.pop("written")
        assert library_flag("ada", answers, library) is None
    assert time.perf_counter() - began < 60  # 4 s on an idle processor
