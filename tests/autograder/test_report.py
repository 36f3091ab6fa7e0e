import base64
import csv
import io
import re
from dataclasses import replace

import pytest

from autograder.grading import unreadable
from autograder.judge import ItemResult, Misconception, Verdict
from autograder.report import class_report, class_table, misconceptions


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
        assert "<strong>Not graded:</strong> The file is empty." in page

    def test_lists_items_hardest_first(self, page):
        assert '<td>tensors</td><td class="number">1 of 4</td>' in page

    def test_is_the_same_every_time_and_needs_no_host(self, small, results, page):
        assert class_report(small, results, [f"feedback/{n}.html" for n in range(4)]) == page
        assert "<script" not in page
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)

    def test_one_submission_without_misconceptions_is_a_class_too(self, small):
        page = class_report(small, [result(small, "ada")])
        assert "No known misconception was recognised." in page
        assert page.count("<img") == 2


def test_the_table_has_a_line_a_learner_and_no_formulas(small, results):
    rows = list(csv.reader(io.StringIO(class_table(small, results))))
    assert rows[0] == [
        *("learner", "double", "largest", "points", "max_points", "awaiting_marking", "not_graded")
    ]
    assert rows[1] == ["ada", "60.0", "30.0", "90.0", "90.0", "0.0", ""]
    assert rows[4][0] == "'=dan"
    assert rows[4][-1] == "The file is empty."
