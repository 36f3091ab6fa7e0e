from autograder.classroom.answers import released_answers
from autograder.classroom.settings import ChapterSettings, ClassSettings


def test_none_before_they_are_released():
    chapter = "ch02_self_attention"
    assert released_answers(chapter, ClassSettings()) == {}
    other = ClassSettings(0, {"ch01_why_attention": ChapterSettings(solutions_released=True)})
    assert released_answers(chapter, other) == {}
    released = ClassSettings(0, {chapter: ChapterSettings(solutions_released=True)})
    assert "stable_softmax" in released_answers(chapter, released)
