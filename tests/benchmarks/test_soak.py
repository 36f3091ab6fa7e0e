"""A leak is found, and what is none is not taken for one: the arithmetic and the looking."""

import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import soak
from soak_samples import Sample, Table, look, peaks, read_table
from soak_verdict import BOUNDS, MIB, faults, trends

SUBMISSIONS = 48  # a round


def quiet(rounds=40, seed=1):
    """A run as it should be: memory scatters and steps once, the first rounds fill caches."""
    draw = random.Random(seed)
    for n in range(1, rounds + 1):
        filling = 10 * MIB // n
        step = 3 * MIB * (n > rounds // 2)

        def memory(base, more=step - filling):
            return int(base * MIB + more + draw.gauss(0, 0.5 * MIB))

        yield Sample(
            time_s=60.0 * n,
            round=n,
            submissions=SUBMISSIONS * n,
            at_rest=1,
            worker_pid=4711,
            parent_bytes=memory(300),
            worker_bytes=memory(220),
            warm_bytes=memory(200),
            tree_bytes=memory(700),
            parent_fds=12 + (n > rounds // 3),
            tree_fds=32 + draw.choice((0, 0, 0, 1)),
            threads=2,
            processes=4,
            temporary_files=0,
            shared_files=3,
            out_files=190 + draw.choice((-1, 0, 1)),
            out_bytes=2 * MIB + draw.randrange(50_000),
        )


def leaking(column, each_round, every=1, rounds=40):
    """The same run, in which a column grows."""
    return [
        replace(one, **{column: getattr(one, column) + each_round * (one.round // every)})
        for one in quiet(rounds)
    ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rounds", [8, 40, 65])
def test_a_run_as_it_should_be_has_no_fault(rounds, seed):
    assert faults(list(quiet(rounds, seed))) == []


@pytest.mark.parametrize("column", [one.column for one in BOUNDS if one.each > 1024])
def test_memory_that_grows_with_each_submission_is_found(column):
    (fault,) = faults(leaking(column, SUBMISSIONS * 20 * 1024))
    assert fault.startswith(f"{column} grows: ")


@pytest.mark.parametrize("column", [one.column for one in BOUNDS if not one.each])
def test_what_is_left_open_now_and_then_is_found(column):
    (fault,) = faults(leaking(column, 1, every=5))
    assert fault.startswith(f"{column} grows: ")


@pytest.mark.parametrize("at", [12, 20, 24, 28, 36])
def test_one_step_is_no_leak_and_many_are(at):
    def stepped(*rounds):
        return [
            replace(one, worker_bytes=one.worker_bytes + sum(one.round >= n for n in rounds) * step)
            for one in quiet()
        ]

    step = 40 * MIB
    assert faults(stepped(at)) == []
    (fault,) = faults(stepped(*range(2, 40, 4)))
    assert fault.startswith("worker_bytes grows: ")


def test_files_that_grow_are_found():
    (fault,) = faults(leaking("out_bytes", 5 * 2**16))
    assert fault.startswith("out_bytes grows: ")


@pytest.mark.parametrize("column", ["processes", "temporary_files"])
def test_a_single_one_that_is_left_is_found(column):
    (fault,) = faults(leaking(column, 1, every=39))
    assert fault.startswith(column)
    assert "round 39" in fault


def test_the_process_that_should_live_must():
    samples = list(quiet())
    samples[-1] = replace(samples[-1], worker_pid=4712)
    assert faults(samples) == ["the grading process that was to live through all rounds has died"]


def test_looks_at_work_are_not_judged():
    at_work = [
        replace(one, at_rest=0, tree_bytes=one.tree_bytes * one.round, processes=9)
        for one in quiet()
    ]
    assert faults([*quiet(), *at_work]) == []


def test_the_rise_is_that_of_the_line_and_the_start_is_left_out():
    samples = leaking("parent_bytes", 2 * MIB)
    (trend,) = [one for one in trends(samples) if one.bound.column == "parent_bytes"]
    assert trend.n_submissions == 29 * SUBMISSIONS
    assert trend.rise == pytest.approx((29 * 2 + 3) * MIB, rel=0.1)


def test_too_few_looks_are_no_verdict():
    with pytest.raises(ValueError, match="5 looks at rest are too few"):
        faults(list(quiet(6)))


def test_what_is_left_is_seen(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out" / "log").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    before = look(0.0, 1, 0, True, 0, tmp_path / "out")
    child = subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    child.stdout.readline()
    opened = [os.open(tmp_path / f"{n}", os.O_CREAT) for n in range(5)]
    (tmp_path / "tmp" / "left").touch()
    (tmp_path / "out" / "marks").write_bytes(bytes(1000))
    (tmp_path / "out" / "log" / "run").write_bytes(bytes(7))
    kept = bytearray(b"x") * (64 * MIB)
    after = look(1.0, 1, 48, True, child.pid, tmp_path / "out")
    for one in opened:
        os.close(one)
    child.communicate(b"\n")
    assert after.processes == before.processes + 1
    assert after.parent_fds == before.parent_fds + 5 + 2  # and the two pipes
    assert after.tree_fds >= after.parent_fds + 3
    assert after.temporary_files == before.temporary_files + 1
    assert (after.out_files, after.out_bytes) == (1, 1000)
    assert after.parent_bytes - before.parent_bytes > 0.9 * len(kept)
    assert 0 < after.worker_bytes < after.tree_bytes - after.parent_bytes + MIB
    assert (before.worker_bytes, before.warm_bytes, after.warm_bytes) == (0, 0, 0)


def test_one_that_is_dead_is_ending_until_it_is_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    process = psutil.Process(child.pid)
    deadline = time.monotonic() + 20
    while not soak._is_ending(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert soak._is_ending(process)
    child.wait()
    assert not soak._is_ending(process)


@pytest.mark.parametrize("rounds", [0, 1, 6])
def test_wrong_marks_are_wrong_however_few_the_rounds_were(rounds, capsys):
    samples = list(quiet(rounds))
    assert soak._told(samples, []) == 2
    assert soak._told(samples, ["round 1: ada got 0, not 90"]) == 1
    assert "WRONG: round 1: ada got 0" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", None])
def test_what_is_no_table_is_no_verdict(tmp_path, monkeypatch, capsys, text):
    path = tmp_path / "soak.csv"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(sys, "argv", ["soak.py", "--judge", str(path)])
    with pytest.raises(SystemExit) as end:
        soak.main()
    assert end.value.code == 2
    assert "soak.csv" in capsys.readouterr().err


def test_a_table_comes_back_as_it_was_written(tmp_path):
    samples = list(quiet(3))
    with Table(tmp_path / "made" / "soak.csv") as table:
        for one in samples:
            table.add(one)
        assert read_table(tmp_path / "made" / "soak.csv") == samples == table.samples
    assert peaks(samples)["submissions"] == 3 * SUBMISSIONS
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no table of samples"):
        read_table(tmp_path / "other.csv")
