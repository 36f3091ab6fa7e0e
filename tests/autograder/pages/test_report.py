import base64
import csv
import html
import io
import itertools
import re
from dataclasses import replace

import pytest

from autograder.classroom.by_hand import Entry, marks_of
from autograder.classroom.times import Times
from autograder.flags import Evidence, Flag, Kind
from autograder.grading import unreadable
from autograder.judge import ItemResult, Misconception, Verdict
from autograder.pages.report import MAX_FLAGS, class_report, class_table, misconceptions
from autograder.result import WrittenResult


def words(page):
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
    return re.sub(r" ([:,.])", r"\1", said)


def result(small, learner, double=60.0, largest=30.0, named=(), reason=""):
    known = tuple(Misconception(name, f"{name} helps.") for name in named)
    item = ItemResult("tensors", "…", double, 60.0, double == 60.0)
    verdicts = (
        Verdict("double", double, 60.0, (item,), known),
        Verdict("largest", largest, 30.0, ()),
    )
    return replace(unreadable(small, learner, 0, reason), verdicts=verdicts)


@pytest.fixture
def results(small):
    return [
        result(small, "ada"),
        result(small, "bob", 0.0, named=["squared"]),
        result(small, "<i>cyd", 20.0, 0.0, named=["squared", "added"]),
        result(small, "=dan", 0.0, 0.0, reason="The file is empty."),
    ]


def test_misconceptions_come_commonest_first(results):
    seen = misconceptions(results)
    assert [(one.sentence, one.learners) for one in seen] == [
        ("squared helps.", ("<i>cyd", "bob")),
        ("added helps.", ("<i>cyd",)),
    ]


class TestReport:
    @pytest.fixture
    def page(self, small, results):
        links = [f"feedback/{n}.html" for n in range(4)]
        return class_report(small, results, links)

    def test_gives_the_class_in_numbers(self, page):
        # Marks 90, 30, 20, 0: the middle is 25, the quartiles 15 and 45.
        assert "4 submissions" in page
        assert "Middle mark 25 of 90 points; half lie between 15 and 45" in page

    def test_plots_are_svg_with_words(self, page):
        plots = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
        assert len(plots) == 3
        for data, alt in plots:
            assert b"<svg" in base64.b64decode(data)
            assert len(alt) > 20
        assert "1 with 0 to 10, 1 with 20 to 30, 1 with 30 to 40, 1 with 80 to 90" in page
        # Means of double: (60 + 0 + 20 + 0) / 240, of largest: 60 / 120.
        assert "double 33 %, largest 50 %" in page
        assert "2 × double: squared helps." in page

    def test_names_are_escaped_and_link_to_feedback(self, page):
        assert "<i>cyd" not in page
        assert '<a href="feedback/2.html">&lt;i&gt;cyd</a>' in page
        assert '<a href="feedback/3.html">=dan</a></bdi>: The file is empty.' in page
        assert "<strong>Not graded</strong>" in page

    def test_lists_items_hardest_first(self, page):
        assert '<td>tensors</td><td class="number">1 of 4</td>' in page

    def test_without_times_and_flags_it_says_so(self, page):
        assert "Nothing was seen that hides a call" in page
        assert 'id="time"' not in page

    def test_is_the_same_every_time_and_needs_no_host(self, small, results, page):
        assert class_report(small, results, [f"feedback/{n}.html" for n in range(4)]) == page
        assert "<script" not in page
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)

    def test_one_submission_without_misconceptions_is_a_class_too(self, small):
        page = class_report(small, [result(small, "ada")])
        assert "No known misconception was recognised." in page
        assert page.count("<img") == 2


class TestTimes:
    def test_sums_the_slowest_and_the_most_memory(self, small, results):
        times = {
            "ada": Times(1.25, 1.0, 50 * 2**20, "one"),
            "bob": Times(60.5, 40.0, None, "two"),
            "<i>cyd": Times(0.25, 0.5, 10 * 2**20, "one"),
            "nobody": Times(1e6, 1e6, 2**40, "three"),
        }
        said = words(class_report(small, results, times=times))
        assert "62.0 s on the wall, 41.5 s of processor time, for 3 submissions" in said
        assert "1.25 s in the middle" in said
        assert "50 MiB in one submission" in said
        assert "Machines one, two" in said
        slowest = said.split("The slowest")[1]
        assert slowest.index("bob 60.50 s 40.00 s") < slowest.index("ada 1.25 s 1.00 s")

    def test_memory_that_was_not_measured_is_said_to_be(self, small, results):
        said = words(class_report(small, results, times={"ada": Times(300.0, 1.0)}))
        assert "Most memory not measured" in said
        assert "5 min on the wall" in said


class TestFlags:
    FLAGS = (
        Flag(Kind.HIDDEN, ("bob",), "Lines.", (Evidence("bob, line 1: uses exec", "exec('x')"),)),
        Flag(Kind.ALIKE, ("ada", "bob"), "Alike.", (Evidence("pairs", "ada and bob"),), 0.976),
    )

    def test_are_places_to_look_and_never_verdicts(self, small, results):
        said = words(class_report(small, results, flags=self.FLAGS))
        assert "These are never verdicts." in said
        assert "May hide a call: bob" in said
        assert "Alike, 98 %: ada, bob" in said
        assert "bob, line 1: uses exec exec('x')" in said
        assert "Places to look at 2" in said
        for word in ("cheat", "guilty", "plagiar", "suspicious"):
            assert word not in said.lower()

    def test_a_big_group_and_many_flags_stay_readable(self, small, results):
        crowd = tuple(f"learner {n}" for n in range(40))
        group = Flag(Kind.ALIKE, crowd, "Alike.", (Evidence("x", "y"),) * 30, 1.0)
        said = words(class_report(small, results, flags=[group] * (MAX_FLAGS + 7)))
        assert "and 32 more" in said
        assert "All 40: learner 0" in said
        assert "18 more lines like these." in said
        assert "7 more are not shown." in said
        assert f"Places to look at {MAX_FLAGS + 7}" in said


def test_hostile_names_reasons_and_lines_are_harmless(small, results):
    evil = "<script>\x1b[2J\u202e\ud800\x00\"'" + "x" * 100_000
    odd = replace(results[3], learner=evil, reason=evil, repairs=(evil,))
    flag = Flag(Kind.HIDDEN, (evil,), "Lines.", (Evidence(evil, evil),))
    named = replace(results[1], learner=evil, repairs=(evil,))
    page = class_report(
        small, [odd, named], [evil, ""], times={evil: Times(1, 1, 1, evil)}, flags=[flag]
    )
    page.encode()
    assert "<script" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", page)
    assert class_table(small, [odd]).encode()
    assert "\x1b" not in class_table(small, [odd])


def test_headings_and_tables_are_in_order(small, results):
    page = class_report(small, results, times={"ada": Times(1.0, 1.0)}, flags=TestFlags.FLAGS)
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    heads = re.findall(r"<th\b[^>]*>", page)
    assert heads
    assert all('scope="' in head for head in heads)
    anchors = set(re.findall(r'href="#([\w-]+)"', page))
    assert anchors <= set(re.findall(r'id="([\w-]+)"', page))


def test_who_awaits_marking_and_what_was_mended_is_counted(small, results):
    answered = replace(results[0], written=(WrittenResult("written", 10.0, "Twice."),))
    mended = replace(results[1], repairs=("A cell was twice there.",))
    said = words(class_report(small, [answered, mended, results[3]]))
    assert "To mark by hand 1 written answer" in said
    assert "Not graded 1 submission" in said
    assert "Mended 1 submission" in said
    assert "bob: A cell was twice there." in said


def test_marks_by_hand_are_in_the_table_and_leave_the_list_of_what_is_to_mark(small, results):
    answered = [
        replace(one, written=(WrittenResult("written", 10.0, "Twice."),)) for one in results[:2]
    ]
    by_hand = {"written": Entry(7.0), "largest": Entry(12.0, extra=2.0)}
    marks = [marks_of(small, answered[0], by_hand), marks_of(small, answered[1], {})]
    ada, bob = csv.DictReader(io.StringIO(class_table(small, answered, marks)))
    # 60 by the checks, 12 in place of their 30, 7 for the words, 2 beside.
    assert [ada[name] for name in ("points", "total", "out_of")] == ["72.0", "81.0", "100.0"]
    assert (ada["written"], ada["extra_credit"], ada["awaiting_marking"]) == ("7.0", "2.0", "0.0")
    assert (bob["written"], bob["total"], bob["awaiting_marking"]) == ("", "30.0", "10.0")
    said = words(class_report(small, answered, marks=marks))
    assert "To mark by hand 1 written answer" in said


def test_the_table_has_a_line_a_learner_and_no_formulas(small, results):
    rows = list(csv.reader(io.StringIO(class_table(small, results))))
    assert rows[0] == [
        *("learner", "double", "largest", "written", "points", "max_points"),
        *("extra_credit", "total", "out_of", "awaiting_marking", "not_graded"),
    ]
    assert rows[1] == [
        *("ada", "60.0", "30.0", "0.0", "90.0", "90.0", "0.0", "90.0", "100.0", "0.0", "")
    ]
    assert rows[4][0] == "'=dan"
    assert rows[4][-1] == "The file is empty."
