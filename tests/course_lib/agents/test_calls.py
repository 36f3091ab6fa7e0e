import pytest

from course_lib.agents.calls import Call, Result, read_call, run_call
from course_lib.agents.tools import toolbox


def repeat(text: str, times: int) -> str:
    """Repeat a text."""
    if times < 0:
        raise ValueError(f"times is {times}")
    return text * times


def boom() -> str:
    """Fail."""
    raise KeyError("gone")


TOOLS = toolbox(repeat, boom)


class TestRead:
    @pytest.mark.parametrize(
        "text",
        [
            'call repeat {"text": "a}b", "times": 2}',
            'I think.\n  call repeat  {"text": "a}b", "times": 2} and so on }',
            'call repeat\t{\n"text": "a}b",\n"times": 2\n}\ncall boom {}',
        ],
    )
    def test_the_first_call_is_read_wherever_it_stands(self, text):
        assert read_call(text, TOOLS) == Call("repeat", {"text": "a}b", "times": 2})

    def test_a_call_is_written_as_it_is_read(self):
        call = Call("repeat", {"text": 'ä "quoted" {\n', "times": 3})
        assert read_call(str(call), TOOLS) == call

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "no line begins"),
            ("please call repeat {}", "no line begins"),
            ("call shout {}", "there is no tool shout; there are: repeat, boom"),
            ("call repeat", "not JSON"),
            ('call repeat {"text": "a"', "not JSON"),
            ('call repeat {"text": "a", "times": 2, "times": 3}', "'times' is given twice"),
            ("call repeat " + "[" * 100_000, "not JSON"),
            ("call repeat [1]", "must be an object"),
            ('call repeat {"text": "a", "times": "2"}', "times must be an integer, not '2'"),
            ('call repeat {"times": 2}', "text is missing"),
        ],
    )
    def test_what_is_wrong_is_said(self, text, sentence):
        found = read_call(text, TOOLS)
        assert isinstance(found, Result)
        assert found.is_error
        assert sentence in found.text


class TestRun:
    def test_by_hand(self):
        assert run_call(Call("repeat", {"text": "ab", "times": 3}), TOOLS) == Result("ababab")

    @pytest.mark.parametrize(
        ("call", "text"),
        [
            (Call("boom"), "boom failed: KeyError: 'gone'"),
            (
                Call("repeat", {"text": "a", "times": -1}),
                "repeat failed: ValueError: times is -1",
            ),
            (Call("shout"), "there is no tool shout; there are: repeat, boom"),
            (
                Call("repeat", {"text": "a"}),
                "repeat was not called: times is missing from the arguments",
            ),
        ],
    )
    def test_what_goes_wrong_becomes_a_sentence(self, call, text):
        assert run_call(call, TOOLS) == Result(text, is_error=True)

    def test_a_long_result_is_cut_and_says_so(self):
        result = run_call(Call("repeat", {"text": "ab", "times": 30}), TOOLS, longest=7)
        assert result == Result("abababa… (cut after 7 of 60 characters)")
