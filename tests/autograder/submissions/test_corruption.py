"""Damaged files: reading and transplanting refuse with a reason, or give a whole notebook.

Three kinds of damage are done to real submissions of the small chapter: to their bytes, to the
values in their JSON, and documents that have a notebook's shape and anything inside.
"""

import copy
import json

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.errors import UnreadableError
from autograder.submissions.assignment import grade_id, is_answer
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import is_added, transplant
from tests.autograder.small_chapter import CHAPTER, SOLUTIONS, assignment

# Same examples in every run: a mark of the course does not hang on luck, nor does its build.
fixed = settings(
    deadline=None,
    derandomize=True,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def submission():
    """A solved notebook with a cell of the learner's own, as Jupyter saves one."""
    notebook = copy.deepcopy(assignment().notebook)
    for cell in notebook.cells:
        name = grade_id(cell).removeprefix("ch99_")
        cell.source = SOLUTIONS.get(name, cell.source)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("mine = 'été'", id="of-my-own"))
    return json.loads(nbformat.writes(notebook))


DOCUMENT = submission()
WHOLE = json.dumps(DOCUMENT, ensure_ascii=False).encode()
ENCODED = {name: WHOLE.decode().encode(name) for name in ("utf-8", "utf-16", "utf-8-sig")}


transplant_into = transplant  # a name of this module's own, for the test of the test


def refused_or_whole(data):
    """Read and transplant; say why it is refused, or check that the notebook is whole."""
    try:
        read = read_submission(data)
    except UnreadableError as error:
        reason = str(error)
        assert reason.endswith("."), reason
        assert "\x1b" not in reason
        return reason
    made = transplant_into(assignment(), read)
    nbformat.validate(made.notebook)
    rest = [cell for cell in made.notebook.cells if not is_added(cell)]
    for cell, ours in zip(rest, assignment().notebook.cells, strict=True):
        if not is_answer(ours):
            assert cell.source == ours.source
        assert (cell.id, cell.cell_type, cell.metadata) == (ours.id, ours.cell_type, ours.metadata)
    assert made.notebook.metadata == assignment().notebook.metadata
    assert all(type(repair) is str for repair in made.repairs)
    json.dumps(made.notebook, allow_nan=False).encode()  # no lone surrogate, no NaN
    return ""


@fixed
@given(st.sampled_from(sorted(ENCODED)), st.integers(0, len(WHOLE) * 2))
def test_cut_off_anywhere(encoding, length):
    data = ENCODED[encoding][:length]
    reason = refused_or_whole(data)
    assert reason or len(data) == len(ENCODED[encoding])


@fixed
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 7)), max_size=30))
def test_flipped_bits(flips):
    data = bytearray(WHOLE)
    for place, bit in flips:
        data[place] ^= 1 << bit
    refused_or_whole(bytes(data))


@fixed
@given(st.integers(0, len(WHOLE)), st.binary(max_size=40), st.integers(0, 200))
def test_bytes_put_in_for_others(place, data, lost):
    refused_or_whole(WHOLE[:place] + data + WHOLE[place + lost :])


@fixed
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04"]))
@example(b"\x00\x00", b"\xff\xfe")
@example(b"{" * 40_000, b"")
def test_anything_at_all(data, mark):
    assert refused_or_whole(mark + data)  # never a notebook by chance


# Everything that JSON as Python reads it can hold: lone surrogates, huge numbers, nan.
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**300, 10**301),
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.sampled_from(["code", "markdown", "ch99_double", "ch99_double_test", "\ud800", "\x00", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(node, path=()):
    """Every place in a document: the keys and positions that lead there."""
    yield path
    if isinstance(node, dict | list):
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(inner, (*path, key))


PLACES = list(places(DOCUMENT))


@fixed
@given(st.lists(st.tuples(st.sampled_from(PLACES[1:]), values), min_size=1, max_size=6))
def test_values_put_in_for_others(changes):
    document = copy.deepcopy(DOCUMENT)
    for path, value in changes:
        node = document
        for key in path[:-1]:
            held = isinstance(node, dict) and key in node
            held = held or (isinstance(node, list) and type(key) is int and key < len(node))
            node = node[key] if held else None
        if isinstance(node, dict) or (isinstance(node, list) and path[-1] in range(len(node))):
            node[path[-1]] = value
    refused_or_whole(json.dumps(document).encode())


GRADE_IDS = [f"ch99_{one.name}{end}" for one in CHAPTER.exercises for end in ("", "_test")]
sources = st.one_of(st.sampled_from([*SOLUTIONS.values(), "x = 1", ""]), values)
nbgrader_metadata = st.dictionaries(
    st.sampled_from(["grade_id", "points", "solution", "locked", "grade"]),
    st.one_of(st.sampled_from(GRADE_IDS), values),
)
metadata = st.fixed_dictionaries(
    {"nbgrader": st.one_of(nbgrader_metadata, values)}, optional={"tags": values}
)
cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw", "heading", "evil"])},
    optional={
        "source": st.one_of(sources, st.lists(sources, max_size=3)),
        "input": sources,
        "id": st.one_of(st.sampled_from(["ch99_double", "ch99-0002", "added-0001"]), values),
        "metadata": st.one_of(metadata, values),
        "outputs": values,
        "execution_count": values,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.one_of(st.lists(st.one_of(cells, values), max_size=12), values)},
    optional={
        "nbformat": st.one_of(st.sampled_from([2, 3, 4, 5]), values),
        "nbformat_minor": st.one_of(st.sampled_from([0, 4, 5, 99]), values),
        "metadata": values,
        "worksheets": st.one_of(
            values, st.lists(st.fixed_dictionaries({"cells": st.lists(cells, max_size=3)}))
        ),
    },
)


@fixed
@given(notebooks)
def test_notebooks_of_a_plausible_shape(document):
    refused_or_whole(json.dumps(document).encode())


@pytest.mark.parametrize("encoding", ENCODED)
def test_the_undamaged_notebook_is_read_without_loss(encoding):
    assert refused_or_whole(ENCODED[encoding]) == ""
    made = transplant(assignment(), read_submission(ENCODED[encoding]))
    answers = [cell.source for cell in made.notebook.cells if is_answer(cell)]
    assert answers == list(SOLUTIONS.values())


def test_the_check_itself_sees_a_changed_cell_of_ours(monkeypatch):
    def careless(assigned, read):
        made = transplant(assigned, read)
        made.notebook.cells[1].source = "import evil"
        return made

    monkeypatch.setitem(globals(), "transplant_into", careless)
    with pytest.raises(AssertionError):
        refused_or_whole(WHOLE)
