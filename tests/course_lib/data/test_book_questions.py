import json

import pytest

from course_lib.agents.words import search_words
from course_lib.data.book_questions import (
    KINDS,
    QUESTIONS,
    for_choosing,
    for_tests,
    load_questions,
)
from course_lib.data.book_sections import load_sections


def test_every_answer_is_a_section_of_the_snapshot():
    keys = {section.key for section in load_sections()}
    for question in load_questions():
        assert question.sections <= keys, question


def test_there_are_enough_of_each_kind_and_none_twice():
    questions = load_questions()
    assert len({each.question for each in questions}) == len(questions) >= 60
    for kind in KINDS:
        assert sum(each.kind == kind for each in for_tests(questions)) >= 20
    chapters = {key.split("/")[0] for each in questions for key in each.sections}
    assert len(chapters) >= 6


def test_tests_and_choosing_share_nothing():
    questions = load_questions()
    tests, choosing = for_tests(questions), for_choosing(questions)
    assert len(tests) + len(choosing) == len(questions)
    assert not {each.question for each in tests} & {each.question for each in choosing}


def test_paraphrases_share_fewer_words_with_their_sections():
    text = {s.key: set(search_words(f"{s.heading} {s.text}")) for s in load_sections()}
    shares = {kind: [] for kind in KINDS}
    for each in load_questions():
        words = search_words(each.question)
        best = max(len([w for w in words if w in text[key]]) / len(words) for key in each.sections)
        shares[each.kind].append(best)
    means = {kind: sum(values) / len(values) for kind, values in shares.items()}
    assert means["words"] > means["paraphrase"] + 0.2


ROW = {"question": "q", "sections": ["a"], "kind": "words", "is_test": True}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"sections": []}, "needs a section"),
        ({"kind": "x"}, "needs a section"),
        ({"mood": "x"}, "no questions"),
        ({"sections": None}, "no questions"),
    ],
)
def test_damaged_files(tmp_path, change, match):
    path = tmp_path / "questions.json"
    path.write_text(json.dumps([ROW | change]))
    with pytest.raises(ValueError, match=match):
        load_questions(path)


def test_the_file_is_read_as_it_is_written():
    assert [each.question for each in load_questions()] == [
        row["question"] for row in json.loads(QUESTIONS.read_text(encoding="utf-8"))
    ]
