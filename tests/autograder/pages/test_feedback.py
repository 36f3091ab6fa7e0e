import html
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autograder.classroom.by_hand import Entry
from autograder.grading import grade, unreadable
from autograder.judge import Example, ItemResult, Verdict
from autograder.pages.feedback import feedback_page, prose, title_of
from autograder.plain_text import MAX_CHARACTERS
from autograder.result import CellRun, WrittenResult
from tests.autograder.small_chapter import SOLUTIONS

SQUARED = "def double(x):\n    return x * x"


@pytest.fixture
def page(small, worker, hand_in):
    def write(**changes):
        return feedback_page(small, grade(hand_in(**changes), small, "ada", 0, worker))

    return write


# One pixel.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJ"
    "ggg=="
)
HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": '"\' onload=\'x\' "><b onclick="y">',
    "template": "{{ 7 * 7 }}{% raw %}",
    "terminal": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "override": "\u202egnp.exe\u2066\u200f",
    "null": "a\x00b",
    "surrogate": "\ud800\udfff",
    "long line": "x" * 3_000_000,
    "long text": "line\n" * 500_000,
    "closing": "</pre></details></main></style><!--]]>",
}


@pytest.fixture
def hostile_result(small):
    """A result in which every text that comes from a learner is the given one."""

    def make(text):
        item = ItemResult(
            "whole", "It is twice.", 0.0, 60.0, False, text, Example(text, text, text)
        )
        verdicts = (
            Verdict("double", 0.0, 60.0, (item, replace(item, name="more", message="m"))),
            Verdict("largest", 0.0, 30.0, (), reason=text),
        )
        cells = (
            CellRun("ch99_double", text, text, text, (PNG,)),
            CellRun("added-0001", text, text, text, (PNG, PNG)),
        )
        return replace(
            unreadable(small, text, 0, ""),
            verdicts=verdicts,
            cells=cells,
            repairs=(text,),
            written=(WrittenResult("written", 10.0, text),),
        )

    return make


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
    assert "To look at next: Double ." in said


def test_words_await_marking_with_their_rubric(page):
    said = words(page())
    assert "Another 10 points are awaiting marking" in said
    assert "Says what doubling is 4" in said
    assert SOLUTIONS["written"] in said
    assert "Well done" in said


class TestAPersonsMarks:
    def test_count_and_are_told_with_the_words(self, small, worker, hand_in):
        result = grade(hand_in(double=SQUARED), small, "ada", 0, worker)
        entries = {
            "written": Entry(7.0, comment="Two lines\nof <b>praise</b>."),
            "double": Entry(20.0, comment="For the idea."),
        }
        text = feedback_page(small, result, entries)
        said = words(text)
        # 20 by a person, 30 by the checks, 7 for the words.
        assert "57 of 100 points" in said
        assert "These points were given by a person; the checks gave 0." in said
        assert "Your marker says: Two lines of <b>praise</b>." in said
        assert "<b>praise" not in text
        assert "A person has marked this answer by these criteria" in said
        assert "awaiting" not in said

    def test_an_answer_to_be_reviewed_awaits_marking_and_keeps_its_words(
        self, small, worker, hand_in
    ):
        result = grade(hand_in(), small, "ada", 0, worker)
        entries = {"written": Entry(7.0, comment="Fine.", review=True)}
        said = words(feedback_page(small, result, entries))
        assert "90 of 90 points" in said
        assert "Another 10 points are awaiting marking" in said
        assert "Your marker says: Fine." in said


ANSWERS = {"double": "def double(x):\n    return x + x  # <ours>", "written": "It is twice."}


class TestReleasedAnswers:
    def test_stand_below_their_exercises(self, small, worker, hand_in):
        result = grade(hand_in(double=SQUARED), small, "ada", 0, worker)
        text = feedback_page(small, result, answers=ANSWERS)
        said = words(text)
        assert "The course's answer to Double def double(x): return x + x # <ours>" in said
        assert "The course's answer to In words It is twice." in said
        assert text.count("The course's answer") == 2
        _Outline(text)

    def test_are_not_there_before(self, small, worker, hand_in):
        result = grade(hand_in(), small, "ada", 0, worker)
        assert "The course's answer" not in feedback_page(small, result)


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


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_harmless_wherever_it_stands(small, hostile_result, kind):
    page = feedback_page(small, hostile_result(HOSTILE[kind]))
    page.encode()
    outline = _Outline(page)
    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "b", "iframe", "object", "form", "link"}
    for tag, attributes in outline.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/png;base64,")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200f\u202e\u2066\ud800-\udfff]", page)
    assert kind != "template" or "{{ 7 * 7 }}" in words(page)
    assert len(page) < 400_000


def test_long_text_is_cut_and_says_so(small, hostile_result):
    said = words(feedback_page(small, hostile_result(HOSTILE["long line"])))
    assert f"({3_000_000 - MAX_CHARACTERS:,} more characters are not shown)" in said
    assert "more characters are not shown" in words(
        feedback_page(small, hostile_result(HOSTILE["long text"]))
    )


def test_what_cannot_be_seen_is_shown(small, hostile_result):
    said = words(feedback_page(small, hostile_result(HOSTILE["override"])))
    assert "⟨U+202E⟩gnp.exe" in said
    assert "␛[2J" in words(feedback_page(small, hostile_result(HOSTILE["terminal"])))


def test_plots_are_kept_with_words_under_what_drew_them(small, hostile_result):
    page = feedback_page(small, hostile_result("x"))
    images = [attributes for tag, attributes in _Outline(page).tags if tag == "img"]
    assert [one["src"] for one in images] == [f"data:image/png;base64,{PNG}"] * 3
    assert [one["alt"] for one in images] == [
        "Figure 1 of 1 that your cell drew",
        "Figure 1 of 2 that your cell drew",
        "Figure 2 of 2 that your cell drew",
    ]
    sections = page.split("<section")
    (answer,) = [part for part in sections if 'aria-labelledby="ch99_double"' in part]
    assert answer.count("<img") == 1
    (others,) = [part for part in sections if "Your other cells" in part]
    assert others.count("<img") == 2


def test_a_cell_of_ones_own_is_shown_when_it_drew_or_failed(small):
    cells = (
        CellRun("added-0001", "drew = 1", "", "", (PNG,)),
        CellRun("added-0002", "failed = 1", "", "NameError: x"),
        CellRun("added-0003", "printed = 1", "hello", ""),
        *(CellRun(f"added-1{n:03d}", "again = 1", "", "NameError: y") for n in range(30)),
    )
    said = words(feedback_page(small, replace(unreadable(small, "ada", 0, ""), cells=cells)))
    assert "drew = 1" in said
    assert "failed = 1" in said
    assert "printed = 1" not in said
    assert said.count("again = 1") == 18
    assert "12 more such cells are not shown." in said


def test_numbers_stand_in_columns_and_those_that_differ_are_marked(small, hostile_result):
    result = hostile_result("x")
    example = Example("double([1, 2])", "[[1, 4], [9, 16]]", "[[1, 4], [6, 8]]")
    item = replace(result.verdicts[0].items[0], example=example, message="2 of 4 numbers differ")
    verdict = replace(result.verdicts[0], items=(item, replace(item, name="b", message="other")))
    page = feedback_page(small, replace(result, verdicts=(verdict, result.verdicts[1])))
    assert "[[1,  4],\n [<mark>9</mark>, <mark>16</mark>]]</pre>" in page
    assert "[[1,  4],\n [<mark>6</mark>,  <mark>8</mark>]]</pre>" in page
    assert "Numbers that differ are underlined." in page
    # The first failure's example is open, the others' are one key away.
    assert re.findall(r'<details class="why"( open)?>', page) == [" open", ""]


def test_headings_go_down_one_step_at_a_time(small, hostile_result):
    tags = [tag for tag, _ in _Outline(feedback_page(small, hostile_result("x"))).tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_every_table_heading_has_its_scope(small, hostile_result):
    heads = [
        a for tag, a in _Outline(feedback_page(small, hostile_result("x"))).tags if tag == "th"
    ]
    assert heads
    assert all(attributes.get("scope") in ("col", "row") for attributes in heads)


def test_the_title_is_the_heading_of_the_statement(small):
    assert title_of(small, "double") == "Double"
    assert title_of(small, "nothing_such") == "nothing_such"


def test_prose_marks_code_and_emphasis_and_escapes_the_rest():
    assert prose("the *root*, `q.shape[-1]`") == "the <em>root</em>, <code>q.shape[-1]</code>"
    assert prose("<script>a && b</script> [x](http://y)") == (
        "&lt;script&gt;a &amp;&amp; b&lt;/script&gt; [x](http://y)"
    )
