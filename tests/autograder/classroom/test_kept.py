import json
from dataclasses import replace

import pytest

from autograder.classroom.kept import (
    NEVER,
    Kept,
    content_key,
    keep,
    read_kept,
    recall,
    submission_hash,
)
from autograder.grading import unreadable
from autograder.submissions.collect import HandedIn


@pytest.fixture
def kept(small):
    return Kept(unreadable(small, "Zoë", 3, "Ünlesbar."), "key", "hash")


def test_comes_back_as_it_was_kept(kept, tmp_path):
    path = tmp_path / "results" / "Zoë.json"
    keep(path, kept)
    assert read_kept(path) == kept
    assert recall(path, "key") == kept
    assert recall(path, "another key") is None


def test_the_same_result_is_the_same_file(kept, tmp_path):
    for name in ("a", "b"):
        keep(tmp_path / name, kept)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "null",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"submission"', '"other"'),
        lambda text: text.replace('"chapter"', '"other"'),
        lambda text: json.dumps({**json.loads(text), "result": 5}),
        lambda text: text.replace("Ü", "\udcff"),
    ],
)
def test_what_is_damaged_is_as_good_as_nothing(kept, tmp_path, damage):
    path = tmp_path / "ada.json"
    keep(path, kept)
    path.write_bytes(damage(path.read_text("utf-8")).encode("utf-8", "surrogateescape"))
    assert recall(path, "key") is None
    with pytest.raises(ValueError, match=r"."):
        read_kept(path)


def test_nothing_is_recalled_where_nothing_is_or_should_be(kept, small, tmp_path):
    assert recall(tmp_path / "ada.json", "key") is None
    keep(tmp_path / "ada.json", replace(kept, key=NEVER))
    assert recall(tmp_path / "ada.json", content_key(small, HandedIn("ada", b"x"), 0)) is None


def test_the_key_changes_with_everything_that_the_result_depends_on(small):
    handed_in = HandedIn("ada", b"data", note="odd")
    keys = [
        content_key(small, handed_in, 0),
        content_key(small, handed_in, 1),
        content_key(small, handed_in, 0, unconfined=True),
        content_key(small, replace(handed_in, data=b"datb"), 0),
        content_key(small, replace(handed_in, learner="bob"), 0),
        content_key(small, replace(handed_in, note=""), 0),
        content_key(small, replace(handed_in, problem="a link"), 0),
        content_key(replace(small, notebook={**small.notebook, "cells": []}), handed_in, 0),
    ]
    assert len(set(keys)) == len(keys)
    assert content_key(small, HandedIn("ada", b"data", note="odd"), 0) == keys[0]


def test_no_file_can_pass_for_another_with_a_note(small):
    """The parts of the key are not run together."""
    plain = HandedIn("ada", b"data\x1fnote", note="")
    assert content_key(small, plain, 0) != content_key(
        small, HandedIn("ada", b"data", "", "note"), 0
    )


def test_the_hash_of_a_submission_is_that_of_what_was_handed_in_alone():
    first = submission_hash(HandedIn("ada", b"data"))
    assert first == submission_hash(HandedIn("bob", b"data", note="odd"))
    assert (
        len(
            {first, submission_hash(HandedIn("ada", b"")), submission_hash(HandedIn("a", b"", "?"))}
        )
        == 3
    )
