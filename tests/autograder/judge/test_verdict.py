import json

from autograder.judge.verdict import Example, ItemResult, Misconception, Verdict

VERDICT = Verdict(
    exercise="halve",
    points=3.0,
    max_points=6.0,
    items=(
        ItemResult("half of it", "Each number is halved.", 3.0, 3.0, True),
        ItemResult(
            "nothing of nothing",
            "Half of nothing is nothing.",
            0.0,
            3.0,
            False,
            "the result is None",
            Example("halve([])", "None", "[]"),
        ),
    ),
    misconceptions=(Misconception("forgot", "You forgot."),),
)


class TestVerdict:
    def test_comes_back_from_json(self):
        assert Verdict.from_json(VERDICT.to_json()) == VERDICT

    def test_json_is_plain_and_sorted(self):
        data = json.loads(VERDICT.to_json())
        assert list(data) == sorted(data)
        assert type(data["points"]) is float

    def test_is_told_in_words(self):
        assert VERDICT.as_text() == (
            "halve: 3 of 6 points\n"
            "  ✓ half of it (3/3)\n"
            "  ✗ nothing of nothing (0/3): Half of nothing is nothing.\n"
            "      the result is None\n"
            "      halve([])\n"
            "        got      None\n"
            "        expected []\n"
            "  This looks like a mistake that many make: You forgot."
        )

    def test_a_reason_stands_for_all_items(self):
        verdict = Verdict("halve", 0.0, 6.0, VERDICT.items, reason="nothing was handed in")
        assert verdict.as_text() == "halve: 0 of 6 points\n  nothing was handed in"
