import math
from dataclasses import dataclass

import pytest
import torch

from autograder.exercises.draw import Draw
from autograder.judge.recognise import _same_value, _without_words, recognise
from autograder.judge.running import run_item
from autograder.sandbox.wire import Record

from .toys import make_exercise, send_to

EXERCISE = make_exercise()


def named(function, exercise=EXERCISE):
    def run(item, send):
        return run_item(exercise, item, send, Draw(1))

    runs = [run(item, send_to(function)) for item in exercise.items]
    return [found.name for found in recognise(exercise, runs, run)]


class TestRecognise:
    @pytest.mark.parametrize("answer", EXERCISE.misconceptions, ids=lambda answer: answer.name)
    def test_a_misconception_is_recognised(self, answer):
        assert named(answer.function) == [answer.name]

    def test_written_otherwise_it_is_recognised_too(self):
        assert named(lambda x: x + x) == ["doubled"]
        assert named(lambda x: torch.stack([x, x]).sum(0) * (1 + 1e-7)) == ["doubled"]
        assert named(lambda x: torch.tensor(x.tolist()) * 0.5) == ["detached"]

    @pytest.mark.parametrize(
        "function",
        [lambda x: x * 3, lambda x: None, lambda x: x.double() * 2.001, lambda x: 1 / 0],
        ids=["tripled", "nothing", "nearly doubled", "raises"],
    )
    def test_another_mistake_is_not(self, function):
        assert named(function) == []

    def test_records_and_dicts_are_compared_part_by_part(self):
        one = Record("Costs", {"x": torch.tensor([1.0, math.nan]), "y": {"a": 0.5}})
        close = Record("Costs", {"x": torch.tensor([1.00001, math.nan]), "y": {"a": 0.50001}})
        assert _same_value(one, close)
        assert not _same_value(one, Record("Others", one.fields))
        assert not _same_value(one, Record("Costs", {**one.fields, "y": {"a": 0.6}}))
        assert not _same_value(one, Record("Costs", {**one.fields, "y": {"b": 0.5}}))

    def test_free_words_are_left_out_wherever_they_stand(self):
        def result(words, number=1):
            refused = Record("Refused", {"message": words, "code": number})
            return [(refused, {"a": Record("Step", {"result": refused, "message": "kept"})})]

        free = {"Refused": "message"}
        assert _same_value(_without_words(result("no"), free), _without_words(result("oh"), free))
        assert not _same_value(
            _without_words(result("no", 1), free), _without_words(result("no", 2), free)
        )
        assert "kept" in str(_without_words(result("no"), free))
        wrong_kind = Record("Refused", {"message": None, "code": 1})
        assert _without_words(wrong_kind, free) == wrong_kind
        assert _without_words(result("no"), {}) == result("no")

    def test_a_mistake_is_recognised_in_other_words(self):
        @dataclass(frozen=True)
        class Refused:
            message: str

        exercise = make_exercise()
        exercise.free_words = {"Refused": "message"}
        exercise.misconceptions.clear()

        @exercise.misconception("It is not refused.")
        def refuses(x):
            return Refused("in the course's words")

        assert named(lambda x: Refused("in other words"), exercise) == ["refuses"]
        exercise.free_words = {}
        assert named(lambda x: Refused("in other words"), exercise) == []

    def test_a_right_answer_has_none(self):
        assert named(lambda x: x * 0.5) == []

    def test_errors_of_torch_are_told_apart_by_their_words(self):
        def other_words(x):
            if x.numel() == 0:
                raise RuntimeError("something else")
            return x * 0.5

        assert named(EXERCISE.misconceptions[2].function) == ["fails_on_nothing"]
        assert named(other_words) == []

    def test_a_timeout_is_no_misconception(self):
        def loop(x):
            while x.numel() == 0:
                pass
            return x * 2

        assert named(loop) == []

    def test_where_two_qualify_the_one_with_the_same_failures_is_meant(self):
        exercise = make_exercise()

        @exercise.misconception("You lose the gradient and fail on nothing.")
        def detached_and_fails(x):
            return x.detach() * 0.5 if x.max() > -1e9 else x

        # Both lose the gradient in the same way; only one fails on nothing too.
        assert named(lambda x: x.detach() * 0.5, exercise) == ["detached"]
        assert named(detached_and_fails, exercise) == ["detached_and_fails"]
