import json

import pytest

from course_lib.checkpoints import reasoning_runs
from course_lib.checkpoints.reasoning_models import (
    LONGEST,
    SETTINGS,
    TAUGHT,
    Learner,
    SolverSettings,
    draw_questions,
    train_teacher,
)
from course_lib.checkpoints.reasoning_runs import (
    MAX_CHARACTERS,
    RECORD,
    SEEDS,
    Solutions,
    Solver,
    measure,
    record,
    recorded_solutions,
    recorded_solvers,
)
from course_lib.data.arithmetic import Sum, read_answer, scratchpad

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


def test_no_solution_is_longer_than_may_be_written():
    longest = Sum(10**LONGEST - 1, 10**LONGEST - 1)
    assert len(written([longest], scratchpad)[0]) <= MAX_CHARACTERS


def test_a_measured_share_is_that_of_right_answers():
    teacher = train_teacher(QUICK)
    found = measure(teacher, "rules", 7, QUICK)
    assert (found.taught, found.seed) == ("rules", 7)
    assert len(found.right) == LONGEST
    assert found.right == [0.0] * LONGEST  # after six steps
    assert found.n_parameters == sum(parameter.numel() for parameter in teacher.parameters())


def test_solutions_that_are_right_count(monkeypatch):
    def rule(model, totals, longest):
        return [*written(totals[:-2], scratchpad), "1;", "2"]

    monkeypatch.setattr(reasoning_runs, "write_solutions", rule)
    found = measure(train_teacher(QUICK), "rules", 0, QUICK)
    assert found.right == [0.6] * LONGEST


def test_a_record_is_read_back(tmp_path, monkeypatch):
    def rule(model, totals, longest):
        return written(totals, scratchpad)

    monkeypatch.setattr(reasoning_runs, "write_solutions", rule)
    made = record((1, 0), ("answers",), QUICK)
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(made))
    asked = draw_questions(QUICK)
    assert recorded_solutions(path) == Solutions(9, 1.0, written(asked[:3], scratchpad))
    assert [solver.seed for solver in recorded_solvers("answers", path)] == [0, 1]
    [teacher] = recorded_solvers("rules", path)
    assert teacher.right == [1.0] * LONGEST
    with pytest.raises(ValueError, match="'reasoning'"):
        recorded_solvers("reasoning", path)


def test_the_script_writes_what_is_read(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    run = {"taught": "rules", "seed": 0, "n_parameters": 9, "right": [1.0]}
    monkeypatch.setattr(reasoning_runs, "RECORD", path)
    monkeypatch.setattr(reasoning_runs, "record", lambda seeds: {"runs": [run]})
    reasoning_runs.main()
    assert recorded_solvers("rules", path) == [Solver("rules", 0, 9, [1.0])]


class TestTheRecord:
    def test_it_is_of_these_settings(self):
        kept = json.loads(RECORD.read_text(encoding="utf-8"))
        sizes = kept["settings"]
        learners = {name: Learner(**sizes[name]) for name in ("teacher", "students")}
        assert SolverSettings(**sizes | learners) == SETTINGS
        assert kept["longest"] == LONGEST
        for kind in TAUGHT:
            assert [solver.seed for solver in recorded_solvers(kind)] == list(SEEDS)
        [teacher] = recorded_solvers("rules")
        students = recorded_solvers("reasoning")
        assert 8 * students[0].n_parameters < teacher.n_parameters

    def test_what_it_shows_of_the_teachers_writing_are_solutions(self):
        solutions = recorded_solutions()
        assert solutions.n == SETTINGS.n_questions
        for total, text in zip(draw_questions(), solutions.examples, strict=False):
            assert read_answer(text) == total.answer
            assert ":" in text
