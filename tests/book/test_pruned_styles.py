"""Rules that cannot match any page are left out, and only those."""

import pytest
from pruned_styles import can_match, prune, words_in

PAGE = '<p class="lead fa-bars" id="top">prose</p><script>element.classList.add("shown")</script>'
WORDS = words_in([PAGE])


@pytest.mark.parametrize(
    "selector",
    [
        "p",
        ".lead",
        "#top > p.lead:hover",
        "p:not(.absent)",
        ":is(.absent, .lead) p",
        "p.shown::after",
        '[class*="absent.x"]',
        ".bs-tooltip-end",
        r".m-1\.5",
        "*",
    ],
)
def test_what_may_match_stays(selector: str) -> None:
    assert can_match(selector, WORDS)
    assert prune(f"{selector} {{ color: red; }}", WORDS).endswith("{color: red;}")


@pytest.mark.parametrize(
    "selector", [".absent", "#absent p", ".lead.absent", "p .fa-absent:before"]
)
def test_what_cannot_match_goes(selector: str) -> None:
    assert not can_match(selector, WORDS)
    assert prune(f"{selector} {{ color: red; }}", WORDS) == ""


def test_selectors_of_one_rule_are_judged_one_by_one() -> None:
    css = ".absent, p:is(.lead, .absent), #absent { color: red }"
    assert prune(css, WORDS) == "p:is(.lead, .absent){color: red}"


def test_groups_are_pruned_inside() -> None:
    css = "@media print { .absent { a: b } .lead { c: d } } @supports (x: y) { .absent { a: b } }"
    assert prune(css, WORDS) == "@media print {.lead{c: d}}"


def test_other_rules_and_licences_stay_and_comments_go() -> None:
    css = "/*! licence */ /* a note */ @font-face { font-family: F } @keyframes k { from { a: b } }"
    kept = prune(css, WORDS).splitlines()
    assert kept[0] == "/*! licence */"
    assert [line.split()[0] for line in kept[1:]] == ["@font-face", "@keyframes"]


def test_a_broken_sheet_is_an_error() -> None:
    with pytest.raises(ValueError, match="style sheet"):
        prune("p { color: red } }", WORDS)
