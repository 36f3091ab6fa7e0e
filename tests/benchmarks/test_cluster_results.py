"""The guide to grading on a cluster tells what the kept run of the benchmark printed."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "book" / "howto" / "cluster.md").read_text(encoding="utf-8")
KEPT = (ROOT / "benchmarks" / "results" / "cluster.txt").read_text(encoding="utf-8")
RUNS = {
    re.findall(r"^(\d+) submissions", run)[0]: run
    for run in re.split(r"^\$.*\n", KEPT, flags=re.M)[1:]
}
LARGE = RUNS["500"]


def rates(submissions: str) -> dict[tuple[str, str], str]:
    """Give the speeds of a kept run by way and number of workers."""
    found = re.findall(r"^\| (here|cluster) \| (\d+) \| ([\d.]+)", RUNS[submissions], re.M)
    return {(way, workers): rate for way, workers, rate in found}


def test_the_speeds():
    told = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", GUIDE, re.M)
    measured = [
        (submissions, workers, rates(submissions)["cluster", workers], rate)
        for submissions in RUNS
        for (way, workers), rate in rates(submissions).items()
        if way == "here"
    ]
    assert told == measured


def test_what_a_second_worker_brings():
    told = re.findall(r"Two workers are ([\d.]+) times as fast as one \(([\d.]+) times", GUIDE)
    measured = rates("60")
    cluster, pool = (
        float(measured[way, "2"]) / float(measured[way, "1"]) for way in ("cluster", "here")
    )
    assert told == [(f"{cluster:.2f}", f"{pool:.2f}")]


def test_the_large_class_on_paper():
    (workers,) = re.findall(r"^\| workers \| (.*) \|$", GUIDE, re.M)
    (minutes,) = re.findall(r"^\| minutes \| (.*) \|$", GUIDE, re.M)
    printed = dict(re.findall(r"^ +(\d+) workers: +([\d.]+) min", LARGE, re.M))
    told = dict(zip(workers.split(" | "), minutes.split(" | "), strict=True))
    assert told == {number: printed[number] for number in told}


def test_what_is_taken_for_granted():
    for part in (
        r"takes a worker ([\d.]+ s)",
        r"more than (\d+) workers gain nothing",
        r"gradebook and\s+pages (?:take )?([\d.]+ s each)",
    ):
        assert re.findall(part, GUIDE) == re.findall(part, LARGE) != [], part
    assert re.findall(r"this process ([\d.]+ s)", LARGE) == re.findall(
        r"home needs ([\d.]+ s)", GUIDE
    )
    assert re.findall(r"to each worker: ([\d.]+ MiB)", LARGE) == re.findall(
        r"\(([\d.]+ MiB) to each", GUIDE
    )
