import pytest

from course_lib.agents.redaction import redact_digits, redact_known


class TestKnown:
    def test_by_hand(self):
        redact = redact_known(["12", "1234", "Key.*"])
        assert redact("a 1234 b 12 key.* KEY") == "a [removed] b [removed] [removed] KEY"

    def test_without_secrets_nothing_is_removed(self):
        assert redact_known([])("a 1234") == "a 1234"

    def test_another_spelling_passes(self):
        assert redact_known(["1234"])("1 2 3 4, 4321") == "1 2 3 4, 4321"

    def test_an_empty_secret(self):
        with pytest.raises(ValueError, match="stands everywhere"):
            redact_known(["1", ""])


class TestDigits:
    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("a 1234 b", "a [removed] b"),
            ("a 1 2 3 4 b", "a [removed] b"),
            ("1-2, 34.", "[removed]."),
            ("1 and 234", "1 and 234"),
            ("123", "123"),
            ("in 2017 there were 12", "in [removed] there were 12"),
        ],
    )
    def test_by_hand(self, text, left):
        assert redact_digits(4)(text) == left

    def test_of_one(self):
        assert redact_digits(1)("a1b") == "a[removed]b"
        with pytest.raises(ValueError, match="not 0"):
            redact_digits(0)
