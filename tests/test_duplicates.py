"""No logic stands twice that one function could serve."""

import pytest

from tests.duplicates import FUNCTION, RUN, find_duplicates
from tests.test_house import ROOT

FOLDERS = (
    *("course_lib", "autograder"),
    *("book/editions", "book/epub", "book/extensions", "book/print"),
)
MODELS = "course_lib/models"
KERNELS = "course_lib/kernels/flash_triton"
CH07 = "autograder/exercises/ch07_inference_engineering"
CH09 = "autograder/exercises/ch09_where_next"

# What may stand twice: the places, each with its reason.
ALLOWED = {
    "a public model is assembled whole in its own file, to be read from end to end": [
        {f"{MODELS}/llama.py: from_pretrained", f"{MODELS}/mixtral.py: from_pretrained"},
        {f"{MODELS}/{name}.py: attention" for name in ("bert", "diffusion_transformer")},
        {f"{MODELS}/{name}.py: __call__" for name in ("t5", "whisper")},
        {f"{MODELS}/{name}.py: __post_init__" for name in ("expert_decoder", "mixtral")},
        {f"{MODELS}/plain_stack.py: attention_sources", f"{MODELS}/t5_checkpoint.py: _attention"},
    ],
    "a kernel is compiled whole and read whole; both passes walk the same tiles": [
        {f"{KERNELS}_backward.py: queries_kernel", f"{KERNELS}_forward.py: forward_kernel"},
    ],
    "an exercise says itself what it expects, so that one can change without another": [
        {f"{CH07}/decode_step_checks.py: _parts", f"{CH09}/linear_attention_checks.py: _parts"},
        {f"{CH07}/{name}_checks.py: _expected" for name in ("flash_attention", "triton_flash")},
    ],
}


@pytest.mark.slow
def test_nothing_is_said_twice():
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    groups = {frozenset(p.name for p in group): group for group in find_duplicates(paths, ROOT)}
    allowed = {frozenset(names) for pairs in ALLOWED.values() for names in pairs}
    unknown = [groups[names] for names in groups.keys() - allowed]
    twice = [[f"{p.name}, lines {p.first}–{p.last}" for p in group] for group in unknown]
    assert twice == []
    assert allowed - groups.keys() == set(), "no longer twice: strike from the list"


LONG = """
def mean_of_squares(rows, weights):
    '''Say what it does.'''
    total, count = 0.0, 0
    for row in rows:
        for value, weight in zip(row, weights):
            total += weight * value ** 2 + (weight - value) / (weight + value + 1.0)
            count += int(value > weight) + max(0, int(weight - 1.0)) // 2
    if count == 0:
        raise ValueError("there is nothing")
    return total / count
"""

RENAMED = """
@cached
def score(pairs: list, by) -> float:
    number, of_them = 0.0, 0
    for pair in pairs:
        for one, factor in zip(pair, by):
            number += factor * one ** 2 + (factor - one) / (factor + one + 1.0)
            of_them += int(one > factor) + max(0, int(factor - 1.0)) // 2
    if of_them == 0:
        raise ValueError("there is nothing")
    return number / of_them
"""


def duplicates(tmp_path, *sources):
    for number, source in enumerate(sources):
        (tmp_path / f"m{number}.py").write_text(source)
    groups = find_duplicates(sorted(tmp_path.glob("*.py")), tmp_path)
    return [[(place.name, place.last - place.first) for place in group] for group in groups]


def test_a_function_under_other_names_is_found_once(tmp_path):
    assert duplicates(tmp_path, LONG, RENAMED) == [
        [("m0.py: mean_of_squares", 9), ("m1.py: score", 8)]
    ]


def test_another_operation_is_another_function(tmp_path):
    assert duplicates(tmp_path, LONG, RENAMED.replace("one ** 2", "one * 2")) == []


def test_a_run_with_other_constants_is_found_wherever_it_stands(tmp_path):
    run = LONG.split("'''\n")[1].split("    return")[0]
    run = run.replace('"there is nothing"', '"no rows"').replace("** 2", "** 3")
    longer = f"def f(rows, weights, out):\n    out.clear()\n{run}    out[0] = total\n"
    ((first, second),) = duplicates(tmp_path, LONG, longer)
    assert (first[0], second[0]) == ("m0.py: mean_of_squares", "m1.py: f")


def test_two_runs_of_one_function_count_and_a_run_is_no_twin_of_itself(tmp_path):
    assert duplicates(tmp_path, LONG) == []
    loop = LONG.split("'''\n")[1].split("    if count")[0]
    ((first, second),) = duplicates(tmp_path, f"def f(rows, weights):\n{loop}{loop}")
    assert first == second == ("m0.py: f", 4)


def test_short_functions_and_answers_of_exercises_may_repeat(tmp_path):
    short = "def f(x):\n    return x + 1\n"
    answer = f"@exercise.misconception('It is not.')\n{LONG.strip()}\n"
    assert duplicates(tmp_path, short, short, LONG, answer) == []


def test_the_limits_are_small_enough_to_matter():
    assert FUNCTION <= 22 < RUN <= 40
