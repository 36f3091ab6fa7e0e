import pytest
import torch

from autograder.exercises.ch02_self_attention.contextual_similarity import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    "wrong",
    [
        lambda a, b, i, j: right(a, b, i, j)[0],
        lambda a, b, i, j: list(right(a, b, i, j)),
        lambda a, b, i, j: right(a.detach(), b, i, j),
        lambda a, b, i, j: right(a, a, i, j),
        lambda a, b, i, j: tuple(one[None] for one in right(a, b, i, j)),
        lambda a, b, i, j: tuple(one.float() for one in right(a, b, i, j)),
        lambda a, b, i, j: tuple(one.abs() for one in right(a, -b, i, j)),
        lambda a, b, i, j: tuple(1 - one for one in right(a, b, i, j)),
        lambda a, b, i, j: tuple(one.clamp(max=0.9) for one in right(a, b, i, j)),
        lambda a, b, i, j: right(a[: max(i, j)], b[: max(i, j)], i, j),
    ],
    ids=[
        *("before only", "list", "detached", "embeddings twice", "one axis more", "float32"),
        *("absolute", "distance", "clamped", "last token lost"),
    ],
)
def test_another_mistake_fails(wrong):
    points = [judge_function(exercise, wrong, seed).points for seed in range(8)]
    assert min(points) < exercise.points


def test_changing_its_input_fails():
    def normalises_in_place(embeddings, outputs, i, j):
        with torch.no_grad():
            before = embeddings.clone()
            result = right(embeddings, outputs, i, j)
            embeddings.div_(embeddings.norm(dim=-1, keepdim=True))
            assert not torch.equal(before, embeddings)
        return right(before.requires_grad_(), outputs, i, j) if result else result

    assert "gradients flow" in failed_items(exercise, normalises_in_place)
