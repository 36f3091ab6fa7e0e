"""Each chapter's sample class gets the marks that its table states, through `course grade`."""

import csv
import json

import pytest

from autograder import cli
from autograder.exercises.base import chapters_with_exercises
from autograder.grading import submission_seed
from autograder.judge import judge_exercise
from autograder.result import Result
from autograder.sandbox.agent import Agent
from autograder.session import plan
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.sample_class.__main__ import write_class
from tests.sample_class.learners import learners
from tests.sample_class.workshop import Workshop

pytestmark = pytest.mark.slow


# In `make test` so many learners of each chapter have misconceptions (that the checks name them
# all is in `selftest/test_report.py`), and the endless ones sit in one class alone. In
# `make test-full` everybody is in every chapter.
FEW = 2
PATIENT = "ch02_self_attention"
CLASSES = [
    *(pytest.param((slug, False), id=slug) for slug in chapters_with_exercises()),
    *(
        pytest.param((slug, True), id=f"{slug}-whole", marks=pytest.mark.load)
        for slug in chapters_with_exercises()
    ),
]


@pytest.fixture(scope="module", params=CLASSES)
def sample(request):
    slug, is_whole = request.param
    shop = Workshop.of(slug)
    everybody = learners(shop)
    if is_whole:
        return shop, {one.name: one for one in everybody}
    mistaken = [one for one in everybody if one.names]
    impatient = slug != PATIENT
    left_out = [*mistaken[FEW:], *(one for one in everybody if one.endless and impatient)]
    return shop, {one.name: one for one in everybody if one not in left_out}


@pytest.fixture(scope="module")
def shop(sample):
    return sample[0]


@pytest.fixture(scope="module")
def table(sample):
    return sample[1]


@pytest.fixture(scope="module")
def graded(tmp_path_factory, shop, table):
    """The class, written and graded as `make course` does it."""
    folder = tmp_path_factory.mktemp("sample")
    chapter, out = shop.assignment.slug, folder / "out"
    write_class(chapter, table.values(), folder / "class")
    with pytest.raises(SystemExit) as end:
        cli.main(["grade", str(folder / "class"), "--chapter", chapter, "--out", str(out)])
    assert end.value.code == 1, "some of the files cannot be read, and the exit code says so"
    out = out / chapter
    kept = [json.loads(path.read_text()) for path in out.glob("results/*.json")]
    results = [Result.from_json(json.dumps(one["result"])) for one in kept]
    assert len(results) == len(table) >= 12
    return out, {result.learner: result for result in results}


def test_every_learner_gets_the_stated_mark(graded, table):
    _, results = graded
    stated = {n: one.points for n, one in table.items() if one.points is not None}
    assert {name: results[name].points for name in stated} == stated
    assert set(results) == set(table)


def test_every_misconception_fails_is_named_and_costs_no_other_exercise(
    graded, table, shop, request
):
    _, results = graded
    n_seen = 0
    for name, learner in table.items():
        if not learner.names:
            continue
        wrong = dict(learner.names)
        for verdict in results[name].verdicts:
            if verdict.exercise in wrong:
                n_seen += 1
                assert verdict.points < verdict.max_points, (name, verdict.exercise)
                named = [one.name for one in verdict.misconceptions]
                assert wrong[verdict.exercise] in named, (name, verdict.exercise)
            else:
                assert verdict.points == verdict.max_points, (name, verdict.exercise)
    all_of_them = sum(len(exercise.misconceptions) for exercise in shop.exercises)
    assert FEW * len(shop.exercises) <= n_seen == sum(len(one.names) for one in table.values())
    _, is_whole = request.node.callspec.params["sample"]
    assert n_seen == all_of_them >= 24 if is_whole else n_seen < all_of_them


def test_the_marks_of_mistakes_are_those_of_the_judge_alone(graded, table, shop):
    """The way through the notebook, the processes and the files changes no verdict.

    One mistake of each exercise; what the judge says of all is in `selftest/test_report.py`.
    """
    _, results = graded
    left = {exercise.name: exercise for exercise in shop.exercises}
    for name, learner in table.items():
        chosen = [(one, mistake) for one, mistake in learner.names if one in left]
        if not chosen:
            continue
        rebuilt = transplant(shop.assignment, read_submission(learner.data))
        seed = submission_seed(0, name, plan(shop.assignment, rebuilt.notebook))
        for exercise_name, misconception in chosen:
            exercise = left.pop(exercise_name)
            answer = next(a for a in exercise.misconceptions if a.name == misconception)
            send = Agent(answer.namespace(exercise.exports)).answer
            alone = judge_exercise(exercise, send, seed)
            through = next(v for v in results[name].verdicts if v.exercise == exercise_name)
            assert through.points == alone.points, (name, exercise_name)
    assert not left


def test_reasons_and_repairs_are_said(graded, table):
    _, results = graded
    for name, learner in table.items():
        result = results[name]
        assert bool(result.reason) == bool(learner.reason), name
        assert learner.reason in result.reason
        assert learner.repair in " ".join(result.repairs), name


def test_words_await_marking_where_there_are_any(graded, table):
    _, results = graded
    awaiting = {name: result.awaiting for name, result in results.items()}
    assert awaiting == {n: 10.0 if one.answered else 0.0 for n, one in table.items()}


def test_there_is_a_page_for_everybody_and_a_table(graded, table):
    out, results = graded
    with open(out / "marks.csv", newline="") as file:
        rows = {row["learner"]: float(row["points"]) for row in csv.DictReader(file)}
    assert rows == {name: result.points for name, result in results.items()}
    for name in table:
        assert (out / "feedback" / f"{name}.html").stat().st_size > 1000
    assert "Commonest misconceptions" in (out / "report.html").read_text()


def test_feedback_holds_no_line_of_the_checks(graded, shop):
    """What a check says on purpose, and what a learner wrote, is not its source."""
    import inspect

    out, _ = graded
    page = (out / "feedback" / "emil.html").read_text()
    page += (out / "feedback" / "ugur.html").read_text() + (out / "report.html").read_text()
    written = {line.strip() for text in shop.solutions.values() for line in text.splitlines()}
    for exercise in shop.exercises:
        for item in exercise.items:
            for line in map(str.strip, inspect.getsource(item.check).splitlines()[1:]):
                assert len(line) <= 20 or line in written or line not in page
