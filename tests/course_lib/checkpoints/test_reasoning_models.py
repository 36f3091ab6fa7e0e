import pytest
import torch

from course_lib.checkpoints.reasoning_models import (
    LONGEST,
    TAUGHT,
    Learner,
    SolverSettings,
    draw_questions,
    train_solver,
    train_student,
    train_teacher,
)
from course_lib.data.arithmetic import answer_only, encode, scratchpad

QUICK = SolverSettings(
    teacher=Learner(width=16, learning_rate=1e-2, n_steps=6),
    students=Learner(width=8, learning_rate=1e-2, n_steps=4),
    n_questions=9,
    batch_size=3,
    n_warmup=2,
    n_test=5,
)


def written(totals, form):
    return ["".join(piece.text for piece in form(total)[1:]) for total in totals]


def weights(model):
    return torch.cat([parameter.flatten() for parameter in model.parameters()])


class TestQuestions:
    def test_they_are_the_same_each_time_and_none_is_held_out(self):
        asked = draw_questions(QUICK)
        assert len(asked) == 9
        assert asked == draw_questions(QUICK)
        assert not any(total.is_held_out for total in asked)

    def test_longer_ones_are_more_frequent(self):
        lengths = [len(str(total.x)) for total in draw_questions(SolverSettings(n_questions=900))]
        counts = [lengths.count(n_digits) for n_digits in range(1, LONGEST + 1)]
        assert sum(counts) == 900
        for n_digits, count in enumerate(counts, start=1):
            assert abs(count - 90 * n_digits) < 4 * (90 * n_digits) ** 0.5  # four standard errors


class TestStudents:
    ASKED = draw_questions(QUICK)
    TEXTS = written(ASKED, scratchpad)

    def test_all_begin_alike_and_end_differently(self):
        """They share their first weights; what they are given is different."""
        made = {kind: train_student(kind, 3, self.ASKED, self.TEXTS, QUICK) for kind in TAUGHT}
        flat = [weights(model) for model in made.values()]
        assert len({len(one) for one in flat}) == 1
        assert all(not torch.equal(a, b) for at, a in enumerate(flat) for b in flat[:at])
        again = train_student("reasoning", 3, self.ASKED, self.TEXTS, QUICK)
        assert torch.equal(weights(again), weights(made["reasoning"]))
        other = train_student("reasoning", 4, self.ASKED, self.TEXTS, QUICK)
        assert not torch.equal(weights(other), weights(again))

    def test_answers_are_all_that_is_left_of_solutions(self):
        """A student of answers learns the same from another way to write them."""
        short = train_student("answers", 3, self.ASKED, written(self.ASKED, answer_only), QUICK)
        long = train_student("answers", 3, self.ASKED, self.TEXTS, QUICK)
        assert torch.equal(weights(short), weights(long))

    def test_longer_is_several_times_as_many_steps(self):
        seen = []
        plain = torch.Generator().manual_seed(3)
        traces = [answer_only(total) for total in self.ASKED]

        def batches():
            while True:
                order = torch.randperm(len(traces), generator=plain).tolist()
                for start in (0, 3, 6):
                    seen.append(start)
                    yield encode([traces[place] for place in order[start : start + 3]])

        learner = Learner(width=8, learning_rate=1e-2, n_steps=3 * 4)
        by_hand = train_solver(learner, batches(), 3, QUICK)
        found = train_student("answers, longer", 3, self.ASKED, self.TEXTS, QUICK)
        assert QUICK.more_steps == 3
        assert len(seen) == 12
        assert torch.equal(weights(found), weights(by_hand))

    def test_there_are_no_other_lessons(self):
        with pytest.raises(ValueError, match="'pictures'"):
            train_student("pictures", 0, self.ASKED, self.TEXTS, QUICK)


def test_the_teacher_is_the_same_each_time():
    assert torch.equal(weights(train_teacher(QUICK)), weights(train_teacher(QUICK)))
