import pytest

from autograder.pages.spreadsheet import harmless, is_formula


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_a_formula_becomes_text(text):
    assert is_formula(text)
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize("text", ["Ada", "", "a=b", "'=1", " =1"])
def test_other_text_stays(text):
    assert not is_formula(text)
    assert harmless(text) == text


def test_what_cannot_be_seen_is_shown_and_numbers_stay_numbers():
    assert harmless("a\x1b") == "a␛"
    assert harmless(-1.5) == -1.5
    assert harmless(None) is None
