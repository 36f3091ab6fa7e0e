import re

import pytest

from autograder.exercises import base
from autograder.exercises.base import (
    Chapter,
    Criterion,
    Exercise,
    WrittenAnswer,
    chapters_with_exercises,
    load_chapter,
)
from autograder.files import COURSE


def whole_exercise(points=3, n_misconceptions=3, **options):
    options = {"exports": ("halve",), "hints": ("a", "b"), **options}
    exercise = Exercise(name="halve", points=points, **options)

    @exercise.item("half", points=3, sentence="Half of it.")
    def _(learner, draw): ...

    for i in range(n_misconceptions):

        def wrong(x): ...

        wrong.__name__ = f"wrong_{i}"
        exercise.misconception("Mend it.")(wrong)
    return exercise


class TestExercise:
    def test_parts_are_added_in_order_and_stay_what_they_are(self):
        exercise = whole_exercise()

        @exercise.alternative
        def otherwise(x):
            return x / 2

        assert otherwise(4) == 2
        assert [item.name for item in exercise.items] == ["half"]
        assert [answer.name for answer in exercise.misconceptions] == [
            "wrong_0",
            "wrong_1",
            "wrong_2",
        ]
        assert exercise.misconceptions[0].sentence == "Mend it."
        assert exercise.alternatives[0].function is otherwise
        exercise.check_definition()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"points": 4}, "the items add up to 3, the exercise has 4"),
            ({"n_misconceptions": 2}, "2 misconceptions, wanted at least 3"),
            ({"hints": ("a",)}, "1 hints, wanted 2"),
            ({"exports": ()}, "no exported name"),
            ({"classes": {"Other": ()}}, "Other is a class, but is not exported"),
        ],
    )
    def test_what_is_missing_is_told(self, options, message):
        with pytest.raises(ValueError, match=message):
            whole_exercise(**options).check_definition()

    def test_a_name_that_stands_twice_is_told(self):
        exercise = whole_exercise()
        exercise.alternative(exercise.misconceptions[0].function)
        with pytest.raises(ValueError, match="two parts are called wrong_0"):
            exercise.check_definition()


class TestWrittenAnswer:
    def test_the_rubric_adds_up(self):
        rubric = (Criterion("a", 6), Criterion("b", 4))
        assert WrittenAnswer(name="written", points=10, rubric=rubric).points == 10
        with pytest.raises(ValueError, match="the rubric adds up to 10, the exercise has 9"):
            WrittenAnswer(name="written", points=9, rubric=rubric)


class TestChapter:
    def test_finds_exercises_and_adds_points(self):
        exercise = whole_exercise()
        written = WrittenAnswer(name="written", points=10, rubric=(Criterion("a", 10),))
        chapter = Chapter("ch01_x", 1, "X", (exercise, written))
        assert chapter.points == 13
        assert chapter.autograded == (exercise,)
        assert chapter.exercise("written") is written
        with pytest.raises(ValueError, match="has no exercise 'third'; it has halve, written"):
            chapter.exercise("third")


class TestLoadChapter:
    @pytest.mark.parametrize("slug", chapters_with_exercises())
    def test_every_chapter_is_whole(self, slug):
        chapter = load_chapter(slug)
        assert chapter.slug == slug
        assert chapter.prefix == (f"ch{chapter.number:02}" if chapter.number else "capstone")
        assert sum(one.points for one in chapter.autograded if not one.bonus) == 90
        assert chapter.points == 100
        assert len(chapter.autograded) >= 8
        (written,) = (one for one in chapter.exercises if isinstance(one, WrittenAnswer))
        assert 3 <= len(written.rubric) <= 5

    @pytest.mark.parametrize("slug", chapters_with_exercises())
    def test_exercises_stand_in_the_order_of_the_text(self, slug):
        text = (COURSE.solutions / f"{slug}.md").read_text(encoding="utf-8")
        names = re.findall(r'^\+\+\+ \{"statement": "(\w+)"', text, re.MULTILINE)
        assert [one.name for one in load_chapter(slug).exercises] == names

    def test_a_chapter_is_called_by_its_number_and_the_capstone_by_its_name(self):
        assert load_chapter("ch02_self_attention").label == "Chapter 2"
        assert load_chapter("capstone_mini_gpt").label == "Capstone"

    def test_an_unknown_chapter_is_told(self):
        with pytest.raises(ValueError, match="no chapter 'ch99' has exercises; there are cap"):
            load_chapter("ch99")

    def test_an_exercise_is_named_after_its_file(self, monkeypatch):
        monkeypatch.setattr(
            load_chapter("ch02_self_attention").exercise("embed"), "name", "embedding"
        )
        with pytest.raises(ValueError, match="defines 'embedding'; name it after its file"):
            base.load_chapter("ch02_self_attention")
