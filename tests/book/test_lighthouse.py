"""The table of Lighthouse's scores and the bars, on one recorded report cut down to what is read.

The report is of the chapter before its styles and scripts were cut: 74 for performance, 560 KB.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.book import lighthouse
from tests.book.lighthouse_scores import (
    Scores,
    median_of,
    missed_bars,
    note_on_noise,
    read_report,
    table,
)

CHAPTER = "chapters/ch02_self_attention"
REPORT = Path(__file__).with_name("lighthouse_sample.json")


def report() -> dict:
    return json.loads(REPORT.read_text(encoding="utf-8"))


def scores(**changes: object) -> Scores:
    best = {"performance": 100, "accessibility": 100, "best-practices": 100, "seo": 100}
    page = Scores(
        page=CHAPTER,
        form="phone",
        theme="light",
        scores=best,
        n_bytes=230_000,
        faults=(),
        speeds=(3500,),
    )
    return replace(page, **changes)


def test_a_report_is_read() -> None:
    found = read_report(report(), CHAPTER, "phone", "light")
    expected = {"performance": 74, "accessibility": 100, "best-practices": 100, "seo": 100}
    assert found.scores == expected
    assert found.n_bytes == 559_638
    assert found.speeds == (3494,)
    assert found.faults == ()  # what has no weight costs nothing


def test_an_audit_that_costs_points_is_named() -> None:
    changed = report()
    first = changed["categories"]["accessibility"]["auditRefs"][0]["id"]
    changed["audits"][first]["score"] = 0
    changed["categories"]["accessibility"]["score"] = 0.97
    found = read_report(changed, CHAPTER, "phone", "light")
    title = changed["audits"][first]["title"]
    assert found.faults == (title,)
    assert f"{CHAPTER} (phone, light) has 97 for accessibility, below 100: {title}." in (
        missed_bars(found)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"runtimeError": {"message": "no page"}}, "could not look at .* no page"),
        ({"categories": {"seo": {"score": None, "auditRefs": []}}}, "no score for seo"),
    ],
)
def test_a_report_without_scores_is_an_error(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_report(report() | change, CHAPTER, "phone", "light")


def test_the_median_counts_and_the_largest_weight() -> None:
    runs = [
        scores(scores={"performance": performance}, n_bytes=weight)
        for performance, weight in ((88, 1), (97, 3), (91, 2))
    ]
    assert median_of(runs).scores == {"performance": 91}
    assert median_of(runs).n_bytes == 3


def test_full_marks_miss_no_bar() -> None:
    assert missed_bars(scores()) == []


@pytest.mark.parametrize(("form", "bar"), [("phone", 90), ("desktop", 95)])
def test_performance_has_a_bar_on_chapters_only(form: str, bar: int) -> None:
    def at(performance: int, page: str = CHAPTER) -> list[str]:
        changed = scores().scores | {"performance": performance}
        return missed_bars(scores(page=page, form=form, scores=changed))

    assert at(bar) == []
    assert at(bar - 1) == [f"{CHAPTER} ({form}, light) has {bar - 1} for performance, below {bar}."]
    assert at(10, page="index") == []


@pytest.mark.parametrize("category", ["accessibility", "best-practices", "seo"])
def test_everything_else_must_be_full_on_every_page(category: str) -> None:
    changed = scores(page="index", scores=scores().scores | {category: 99})
    assert len(missed_bars(changed)) == 1


def test_a_page_must_stay_under_400_kilobytes() -> None:
    assert missed_bars(scores(n_bytes=399_999)) == []
    (sentence,) = missed_bars(scores(n_bytes=400_000))
    assert sentence == f"{CHAPTER} (phone, light) fetches 400 KB, not under 400 KB."


def test_the_table_has_one_line_a_page_in_columns() -> None:
    dark = scores(page="glossary", theme="dark", scores={"accessibility": 100}, n_bytes=None)
    assert table([scores(page="index"), dark]).splitlines() == [
        "page      form   theme  performance  accessibility  practices  SEO   KB",
        "index     phone  light          100            100        100  100  230",
        "glossary  phone  dark             -            100          -    -    -",
    ]


@pytest.mark.parametrize(("performance", "code"), [(100, 0), (74, 1)])
def test_the_exit_code_says_whether_a_bar_is_missed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    performance: int,
    code: int,
) -> None:
    (tmp_path / "index.html").touch()
    found = scores(scores=scores().scores | {"performance": performance})
    monkeypatch.setattr(lighthouse, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(lighthouse, "CHROMIUM", tmp_path)
    monkeypatch.setattr(lighthouse, "look_at_all", lambda *_: [found])
    assert lighthouse.main(["--site", str(tmp_path)]) == code
    printed = capsys.readouterr().out
    assert printed.startswith("page ")
    assert ("Every bar is reached." in printed) == (code == 0)
    (kept,) = json.loads((tmp_path / "reports" / "summary.json").read_text(encoding="utf-8"))
    assert kept["scores"]["performance"] == performance


def test_a_busy_machine_is_named() -> None:
    assert note_on_noise([scores(speeds=(3000, 3500))]) == ""
    note = note_on_noise([scores(speeds=(3500,)), scores(speeds=(2900, 3400))])
    assert "between 2900 and 3500" in note


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lighthouse.main(["--site", str(tmp_path)]) == 2
    assert "run `make book` first" in capsys.readouterr().err
