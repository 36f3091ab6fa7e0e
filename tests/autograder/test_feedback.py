import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autograder.feedback import feedback_page, prose, title_of
from autograder.grading import grade, unreadable
from tests.autograder.small_chapter import SOLUTIONS

SQUARED = "def double(x):\n    return x * x"


@pytest.fixture
def page(small, worker, hand_in):
    def write(**changes):
        return feedback_page(small, grade(hand_in(**changes), small, "ada", 0, worker))

    return write


class _Outline(HTMLParser):
    """Collects tags, and fails on one that is closed out of turn."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def words(text):
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_says_what_failed_with_an_example_and_the_misconception(page):
    said = words(page(double=SQUARED))
    assert "30 of 90 points" in said
    assert "0 of 60 points" in said
    assert "Twice a whole number is twice that number." in said
    assert re.search(r"call double\(\d\) got \d+ expected \d+", said)
    assert "This looks familiar. You squared: twice 3 is 6, not 9." in said
    assert "To look at next: Double." in said


def test_words_await_marking_with_their_rubric(page):
    said = words(page())
    assert "Another 10 points are awaiting marking" in said
    assert "Says what doubling is 4" in said
    assert SOLUTIONS["written"] in said
    assert "Well done" in said


def test_shows_neither_checks_nor_answers(page):
    text = page(double=SQUARED)
    for secret in ("expect_close", "learner.double", "2 * number", "by_adding", "return 2 * x"):
        assert secret not in text


def test_what_the_learner_wrote_is_escaped(page):
    evil = "<script>alert(1)</script>"
    text = page(double=f"print('{evil}')\nraise ValueError('{evil}')", written=evil)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 3


def test_a_learners_name_is_escaped(small):
    text = feedback_page(small, unreadable(small, "<b onload=x>", 0, "<i>Why</i>"))
    assert "<b onload" not in text
    assert "<i>Why" not in text


def test_needs_no_script_and_no_host_and_reads_in_order(page):
    text = page(double=SQUARED)
    outline = _Outline(text)
    names = [tag for tag, _ in outline.tags]
    assert "script" not in names
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text)
    assert "default-src 'none'" in text
    assert names.count("h1") == names.count("main") == 1
    assert dict(outline.tags)["html"] == {"lang": "en"}
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    labels = [attrs["aria-labelledby"] for _, attrs in outline.tags if "aria-labelledby" in attrs]
    assert set(labels) <= set(ids)


def test_an_unreadable_submission_says_why_and_nothing_else(small):
    said = words(feedback_page(small, unreadable(small, "ada", 0, "The file is empty.")))
    assert "Nothing could be graded. The file is empty." in said
    assert "Double" not in said


def test_an_untouched_exercise_is_not_scolded(page, small):
    said = words(page(double=small.by_grade_id["ch99_double"].source))
    assert "This one is as it was handed out." in said
    assert "NotImplementedError" not in said


def test_repairs_are_told_and_cost_nothing(small, worker, hand_in):
    result = grade(hand_in(), small, "ada", 0, worker)
    said = words(feedback_page(small, replace(result, repairs=("The cell stood 2 times.",))))
    assert "None of this cost points. The cell stood 2 times." in said


def test_an_error_in_another_cell_is_shown(small, worker, hand_in):
    def add(notebook):
        from nbformat.v4 import new_code_cell

        notebook.cells.insert(2, new_code_cell("import a_module_that_is_not"))

    said = words(feedback_page(small, grade(hand_in(add), small, "ada", 0, worker)))
    assert "Your other cells" in said
    assert "ModuleNotFoundError: No module named 'a_module_that_is_not'" in said


def test_the_title_is_the_heading_of_the_statement(small):
    assert title_of(small, "double") == "Double"
    assert title_of(small, "nothing_such") == "nothing_such"


def test_prose_marks_code_and_emphasis_and_escapes_the_rest():
    assert prose("the *root*, `q.shape[-1]`") == "the <em>root</em>, <code>q.shape[-1]</code>"
    assert prose("<script>a && b</script> [x](http://y)") == (
        "&lt;script&gt;a &amp;&amp; b&lt;/script&gt; [x](http://y)"
    )
