# ruff: noqa: N999 - named as the exercise is
import pytest

from autograder.exercises.ch05_transformer_block.PreNormBlock import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


class ScaledByTheDepth(right):
    def forward(self, x, mask=None):
        return x + 0.5 * (super().forward(x, mask) - x)


class SecondNormTwice(right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm_2(x), mask).x
        return x + self.feed_forward(self.norm_2(x))


class MaskInverted(right):
    def forward(self, x, mask=None):
        return super().forward(x, None if mask is None else ~mask)


class StreamCutOff(right):
    def forward(self, x, mask=None):
        return super().forward(x, mask) - x + x.detach()


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (ScaledByTheDepth, "both parts, one after the other"),
        (SecondNormTwice, "each part has a norm of its own"),
        (MaskInverted, "the mask reaches the attention"),
        (StreamCutOff, "everything learns"),
    ],
    ids=["scaled", "norm_2 twice", "mask inverted", "no gradient past the parts"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
